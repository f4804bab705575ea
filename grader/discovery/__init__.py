"""Finds submissions: one folder, file or group member a student, and nobody is lost."""

import difflib
import fnmatch
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

from grader.discovery.archives import can_unpack
from grader.discovery.folders import is_run_folder, is_work, scan
from grader.discovery.gather import handins_in, single, unpacked_class
from grader.discovery.handin import HandIn, sort
from grader.discovery.names import natural_key, unique_slugs
from grader.errors import UsageError
from grader.given import place
from grader.schema.submission import Submission


def discover(
    folder: Path,
    only: str | None = None,
    out: Path | None = None,
    unpacked: Path | None = None,
    lab: str | None = None,
) -> list[Submission]:
    """The class, in natural order of the students' names. Runs nothing, and writes in `unpacked` alone.

    Below `folder` a folder is a student or a group of students (`folders.students` has the rule), and a
    notebook, script or document directly in it is the student of that name; files with the same stem
    belong together. Scripts there named like helpers (utils.py) and other files are helpers of those
    whose code names them. A notebook or script given instead of a folder is a class of one.
    `unpacked`: an empty folder for what comes out of archives (None: they stay packed). An archive is read
    where a hand-in holds no other work, and in place of the folder, as a platform packs a class.
    Names of a bulk download from Moodle or Canvas (lms.py) are read as students and their own file names.
    `only` keeps the students whose name or slug equals it, or else contains or matches it (* and ?, any
    case). `out` is where results go: it is no hand-in. `lab`: the name of the folder, below each student's, that is graded;
    "." for all that lies there, which several labs side by side may not be without being asked for.
    Raises UsageError when there is nothing at `folder`, no submission in it, none that `only` names, or hand-ins at `out`.
    """
    path = place(folder)
    if not path.exists():
        raise UsageError(f"{folder}: no such file or folder. Give the folder that holds the submissions.")
    left_out: list[HandIn] = []
    if path.is_file() and unpacked is not None and can_unpack(path):
        path, left_out = unpacked_class(path, unpacked)
    if not path.is_dir() and not (path.is_file() and is_work(path)):
        raise UsageError(
            f"{folder}: neither a folder, an archive of one, nor a notebook (.ipynb) or script (.py)."
        )
    results = place(out, "--out") if out is not None else None
    if results is not None and results.is_file():
        raise UsageError(f"--out {out}: a file lies there; results need a folder. Give another name.")
    if results is not None and path.is_dir() and _holds_hand_ins(results, path):
        raise UsageError(
            f"--out {out}: the hand-ins lie there, and results would mix with them. Give another folder."
        )
    handins = [single(path)] if path.is_file() else [*handins_in(path, results, unpacked, lab), *left_out]
    if not handins:
        raise UsageError(f"{folder}: no submissions. Expected a folder or a notebook for each student.")
    handins.sort(key=lambda handin: natural_key(handin.student))
    slugs = unique_slugs(handin.student for handin in handins)
    kept = _selected([(handin.student, slug) for handin, slug in zip(handins, slugs, strict=True)], only)
    return [sort(handins[index], slugs[index]) for index in kept]


def _holds_hand_ins(out: Path, root: Path) -> bool:
    """Results left by a killed run look like notebooks too: its scratch folder tells it from a student's."""
    if out == root:
        return True
    unfinished = (out / ".work").exists() or is_run_folder(out)
    return out.is_dir() and out.is_relative_to(root) and not unfinished and scan(out, out).holds_work


def _selected(names: Sequence[tuple[str, str]], only: str | None) -> list[int]:
    """Which of (student, slug) `only` means: an exact match wins over a part or a pattern."""
    if only is None:
        return list(range(len(names)))
    wanted = _folded(only)
    tests: list[Callable[[str], bool]] = [
        lambda name: name == only,
        lambda name: _folded(name) == wanted,
        lambda name: wanted in _folded(name) or fnmatch.fnmatchcase(_folded(name), wanted),
    ]
    for test in tests:
        found = [index for index, pair in enumerate(names) if any(map(test, pair))]
        if found:
            return found
    known = [student for student, _ in names]
    folded = {_folded(student): student for student in known}
    near = [folded[match] for match in difflib.get_close_matches(wanted, folded, n=5, cutoff=0.5)]
    some = ", ".join(known[:10]) + (", ..." if len(known) > 10 else ".")
    hint = f"Did you mean {', '.join(near)}?" if near else f"There are: {some}"
    raise UsageError(f"no student matches {only!r} among {len(known)}. {hint}")


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
