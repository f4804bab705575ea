"""A submission: one student's files, as found on disk."""

from pathlib import Path
from typing import Literal

from grader.schema.base import Model


class WorkFile(Model):
    """A file that is run: a notebook, or a script handed in as the work itself."""

    path: Path
    kind: Literal["notebook", "script"]


class Submission(Model):
    """What one student handed in. Files beside the work stay importable; `problems` could not be read at all."""

    student: str  # as shown to people
    slug: str  # safe as a folder name, unique in the class
    work: tuple[WorkFile, ...]
    helpers: tuple[Path, ...] = ()  # everything else, copied beside the work
    root: Path  # the folder that relative paths of helpers start from
    problems: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()  # those of the problems that may hide the work, where none was found
    remarks: tuple[str, ...] = ()
    lms_id: str = ""  # Moodle's participant or Canvas's user, where the names of the download tell
