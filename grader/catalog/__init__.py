"""The assignments: finds them, reads them with every mistake in one at once, and tells which one a class did."""

from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

import grader
from grader.catalog.recognition import recognise, text_of
from grader.catalog.rubric import RUBRIC, near, read_rubric, report
from grader.errors import RubricError, UsageError
from grader.schema.assignment import Assignment
from grader.schema.calibration import Calibration
from grader.schema.submission import Submission

__all__ = [
    "all_assignments",
    "assignment_folder",
    "assignment_ids",
    "choose_assignment",
    "load_assignment",
    "load_calibration",
    "recognise",
]

ASSIGNMENTS = Path(grader.__file__).resolve().parent.parent / "assignments"


def assignment_folder(assignment: str, folder: Path = ASSIGNMENTS) -> Path:
    """The folder of one assignment. Raises UsageError, with near names, when there is none of that id."""
    known = assignment_ids(folder)
    if assignment not in known:
        raise UsageError(
            f"no assignment {assignment!r}. {near(assignment, known) or 'There are: ' + (', '.join(known) or 'none')}"
        )
    return folder / assignment


def assignment_ids(folder: Path = ASSIGNMENTS) -> list[str]:
    return sorted(path.parent.name for path in folder.glob(f"*/{RUBRIC}"))


def load_assignment(assignment: str, folder: Path = ASSIGNMENTS) -> Assignment:
    """The rubric of one assignment. Raises RubricError with all mistakes in it, UsageError for an unknown id."""
    home = assignment_folder(assignment, folder)
    loaded, mistakes = read_rubric(home)
    if loaded is None or mistakes:
        raise RubricError(report(home, mistakes))
    return loaded


def all_assignments(folder: Path = ASSIGNMENTS) -> list[Assignment]:
    """Every assignment, by id. Raises RubricError with all mistakes in all of them."""
    homes = [folder / name for name in assignment_ids(folder)]
    read = [(home, *read_rubric(home)) for home in homes]
    reports = [report(home, mistakes) for home, _, mistakes in read if mistakes]
    if reports:
        raise RubricError("\n".join(reports))
    return [loaded for _, loaded, _ in read if loaded is not None]


def load_calibration(assignment: str, folder: Path = ASSIGNMENTS) -> Calibration:
    """What the reference reached, from calibration.json; empty before the first `grade calibrate`."""
    path = assignment_folder(assignment, folder) / "calibration.json"
    if not path.exists():
        return Calibration()
    try:
        return Calibration.model_validate_json(path.read_bytes())
    except ValidationError as error:
        sentences = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}." for e in error.errors()]
        raise RubricError(report(path.parent, sentences, path.name)) from error


def choose_assignment(assignment: str | None, submissions: Iterable[Submission]) -> Assignment:
    """The assignment that was asked for, or else the one that the class did. Raises as load_assignment and recognise."""
    if assignment is not None:
        return load_assignment(assignment)
    texts = {s.slug: "\n".join(text_of(work) for work in s.work) for s in submissions}
    return recognise(texts, all_assignments())
