"""Names that learning platforms give to files when all hand-ins are downloaded at once.

Moodle, mod/assign/feedback/file/importziplib.php: "Full name_123_assignsubmission_file_", a folder or before a file's name.
Canvas, lib/content_zipper.rb: "lastnamefirstname[_LATE]_user_attachment_file.ext", all in one folder; "anon_ab12C"
stands for name and user where they are hidden; what was typed into its page is "lastnamefirstname[_LATE]_user_text.html",
or link.html.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

_MOODLE = re.compile(
    r"(?P<name>[^_].*?)_(?P<id>\d+)_assignsubmission_(?P<kind>file|onlinetext)(?:_(?P<file>.*))?"
)
_CANVAS = re.compile(
    r"(?P<name>[^\W_](?:\w*?[^\W_])??)(?P<late>_LATE)?_(?P<id>\d+)_(?:(?P<attachment>\d+)_(?P<file>.+)|(?P<typed>text|link)\.html)"
)
_HIDDEN = re.compile(
    r"(?P<name>(?P<id>anon_[^\W_]+))(?P<late>_LATE)?_(?:(?P<attachment>\d+)_(?P<file>.+)|(?P<typed>text|link)\.html)"
)
_AGAIN = re.compile(r"-\d+(?=\.\w+$)")
LATE = "handed in late, says its name on the platform"


class Owned(NamedTuple):
    """A file or folder of a bulk download."""

    student: str
    id: str  # the platform's: Moodle's participant, Canvas's user
    file: str  # as the student called it; "" for a folder
    late: bool = False
    text_only: bool = False  # what was typed into the platform's page


def of_moodle(name: str) -> Owned | None:
    """None where the name is none of Moodle's."""
    found = _MOODLE.fullmatch(name)
    if found is None:
        return None
    return Owned(found["name"], found["id"], found["file"] or "", text_only=found["kind"] == "onlinetext")


def of_platform(files: Iterable[Path]) -> Mapping[Path, Owned]:
    """Whose files these of one folder are; empty unless every name is the platform's: students write numbers too."""
    moodle = {file: of_moodle(file.name) for file in files}
    owned = {file: one for file, one in moodle.items() if one is not None and one.file}
    if owned:
        return owned
    canvas = {file: _HIDDEN.fullmatch(file.name) or _CANVAS.fullmatch(file.name) for file in moodle}
    if not canvas or not all(canvas.values()):
        return {}
    attachments = Counter(found["attachment"] for found in canvas.values() if found and found["attachment"])
    if max(attachments.values(), default=2) > 1:  # an attachment is one file
        return {}
    return {file: of_canvas(found) for file, found in canvas.items() if found}


def of_canvas(found: re.Match[str]) -> Owned:
    file = found["file"] or f"{found['typed']}.html"
    return Owned(found["name"], found["id"], file, late=bool(found["late"]), text_only=bool(found["typed"]))


def without_number(file: str) -> str:
    """Canvas numbers files of one name that are handed in again, lab-1.ipynb; students write such names too."""
    return _AGAIN.sub("", file)


def told_apart(owners: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """(student, id) -> name; the id stands behind names that several have."""
    pairs = list(dict.fromkeys(owners))
    names = Counter(student for student, _ in pairs)
    return {(name, id): f"{name} ({id})" if names[name] > 1 else name for name, id in pairs}
