"""Folders as found on disk, without following a link to a folder, and which of them is a student."""

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.discovery.lms import of_moodle
from grader.discovery.names import natural_key, shown

NOTEBOOKS = (".ipynb", ".ipynb.txt", ".ipynb.json")  # browsers append the last two when a link is saved
WORK = (*NOTEBOOKS, ".py")
DEEPEST = 20  # folders; nobody nests deeper by hand

_IGNORED_FOLDERS = {"__pycache__", "__macosx", "node_modules", "site-packages", "venv"}
_IGNORED_FILES = {"thumbs.db", "desktop.ini"}
_PART = re.compile(
    r"(src|source|sources|code|python|py|notebooks?|scripts?|work|project|projet|submission|rendu|final"
    r"|data|datasets?|images?|figures?|models?|report|rapport|assignments?|homework"
    r"|(part|partie|stage|step|etape|étape|lab|tp|td|ex|exo|exercise|exercice|question|q|task|week|ps|hw|v)?"
    r"[ _.-]*\d+)",
    re.IGNORECASE,
)

_LAB = re.compile(r"(lab|tp|td|task|week|ps|hw|assignments?|homework|project|projet)[ _.-]*\d", re.IGNORECASE)


@dataclass
class Folder:
    """A folder that was listed. `unreadable` names entries of it that could not be, each with a sentence."""

    path: Path
    files: list[Path] = field(default_factory=list)
    folders: list["Folder"] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)

    @property
    def holds_work(self) -> bool:
        return any(is_work(file) for file in self.all_files())

    def all_files(self) -> Iterator[Path]:
        yield from self.files
        for folder in self.folders:
            yield from folder.all_files()

    def all_unreadable(self) -> Iterator[str]:
        yield from (sentence for _, sentence in self.unreadable)
        for folder in self.folders:
            yield from folder.all_unreadable()


def is_work(file: Path) -> bool:
    return file.name.lower().endswith(WORK)


def is_notebook(file: Path) -> bool:
    return file.name.lower().endswith(NOTEBOOKS)


def scan(path: Path, root: Path, depth: int = 0, out: Path | None = None) -> Folder:
    """All files below `path` that are not ignored, in natural order. Links to folders are never followed.

    `out`: where this run writes, which is no hand-in even before it holds the files of a whole run.
    """
    folder = Folder(path)
    try:
        with os.scandir(path) as entries:
            found = sorted(entries, key=lambda entry: natural_key(entry.name))
    except OSError as error:
        reason = f"{_place(path, root)}: the folder cannot be read ({error.strerror}). Check its permissions."
        folder.unreadable.append((path.name, reason))
        return folder
    for entry in found:
        is_folder = entry.is_dir(follow_symlinks=False)
        if _ignored(entry, is_folder, top=depth == 0) or (out is not None and entry.path == str(out)):
            continue
        reason = _unreadable(entry, depth)
        if reason:
            folder.unreadable.append((entry.name, f"{_place(Path(entry.path), root)}: {reason}"))
        elif is_folder:
            folder.folders.append(scan(Path(entry.path), root, depth + 1, out))
        else:
            folder.files.append(Path(entry.path))
    return folder


def students(root: Folder) -> list[tuple[str, Folder]]:
    """The folder of each student, with the student's name.

    A folder directly below the root is a student. It is a group of students instead, and its folders are
    looked at in the same way, when it has no notebook or script of its own and two or more of its folders
    hold some, unless these have the names of parts of one hand-in: src, notebooks, stage2, lab1, 3, or a
    name that recurs in another student's folder. Beside a group, a folder with a single subfolder that
    holds work is a group of one: groupA/alice/x.ipynb beside groupB/{bob,carol} gives groupA/alice, and
    alice/src/x.ipynb always alice.
    """
    return list(_students(root, ""))


def _students(parent: Folder, prefix: str) -> Iterator[tuple[str, Folder]]:
    names = Counter(child.path.name.casefold() for folder in parent.folders for child in folder.folders)
    sizes = [_people(folder, names) for folder in parent.folders]
    in_groups = any(size >= 2 for size in sizes)
    for folder, size in zip(parent.folders, sizes, strict=True):
        name = prefix + shown(folder.path.name)
        if size >= 2 or (size == 1 and in_groups):
            yield from _students(folder, f"{name}/")
            yield from (
                (f"{name}/{shown(entry)}", _lost(folder, reason)) for entry, reason in folder.unreadable
            )
        else:
            yield name, folder


def _people(folder: Folder, names: Counter[str]) -> int:
    """How many subfolders look like students: they hold work and are not parts of one hand-in. A folder that Moodle named
    after a student holds nobody else."""
    if of_moodle(folder.path.name) is not None:
        return 0
    working = [child.path.name for child in folder.folders if child.holds_work]
    if any(map(is_work, folder.files)) or any(_PART.fullmatch(n) or names[n.casefold()] > 1 for n in working):
        return 0
    return len(working)


def labs_in(folders: Sequence[Folder]) -> dict[str, int]:
    """Labs in a layout as nbgrader's, submitted/<student>/<lab>/x.ipynb, and how many students have each; none in another.

    Every student's folder holds folders only, and two or more names of folders with notebooks recur. Names of parts of one
    hand-in (part1, stage2, src) are none of labs.
    """
    working = [folder for folder in folders if folder.holds_work]
    if any(folder.files for folder in folders):
        return {}
    lists = [
        [child.path.name for child in f.folders if any(map(is_notebook, child.all_files()))] for f in working
    ]
    counts = Counter(
        name for names in lists for name in names if _LAB.match(name) or not _PART.fullmatch(name)
    )
    shared = {shown(name): count for name, count in counts.items() if count > 1}
    return dict(sorted(shared.items(), key=lambda item: natural_key(item[0]))) if len(shared) > 1 else {}


def _lost(folder: Folder, reason: str) -> Folder:
    return Folder(folder.path, unreadable=[("", reason)])


def _ignored(entry: os.DirEntry[str], is_folder: bool, top: bool) -> bool:
    name = entry.name.lower()
    if name.startswith((".", "~$")) or name in _IGNORED_FILES or name.endswith(".pyc"):
        return True
    if not is_folder:
        return False
    path = Path(entry.path)
    environment = (path / "pyvenv.cfg", path / "conda-meta")
    return (
        name in _IGNORED_FOLDERS
        or (top and name == "results" and not _has_work_of_its_own(path))
        or any(_exists(mark) for mark in environment)
        or is_run_folder(path)
    )


def is_run_folder(path: Path) -> bool:
    """Whether `grade` has written its results there. A student may hand in files of these names beside a notebook."""
    written = _exists(path / "results.json") and _exists(path / "gradebook.csv")
    return written and not _has_work_of_its_own(path)


def _has_work_of_its_own(path: Path) -> bool:
    """Directly in it, where `grade` writes none."""
    try:
        return any(map(is_work, path.iterdir()))
    except OSError:  # said when the folder is listed
        return False


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # not allowed to look inside: said when the folder is listed
        return False


def _unreadable(entry: os.DirEntry[str], depth: int) -> str:
    """Why this entry is left out, or nothing."""
    if entry.name != entry.name.encode("utf-8", "replace").decode("utf-8"):
        return "its name is not valid UTF-8. Rename it."
    try:
        entry.stat()
    except FileNotFoundError:
        pass
    except OSError as error:  # a link that leads to itself
        return f"it cannot be followed ({error.strerror}). Hand in the file itself."
    if entry.is_symlink() and entry.is_dir():
        return "it is a link to a folder, which is not followed. Hand in the files themselves."
    if entry.is_dir() and depth >= DEEPEST:
        return f"folders are nested deeper than {DEEPEST}. Move the work up."
    if entry.is_symlink() and not entry.is_file():
        return "it is a link to nothing. Hand in the file itself."
    if not entry.is_dir() and not entry.is_file():
        return "it is neither a file nor a folder."
    return ""


def _place(path: Path, root: Path) -> str:
    return shown(path.relative_to(root).as_posix()) or "."
