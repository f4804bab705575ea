"""Which files are whose: folders, single files, archives, and the downloads of learning platforms."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from grader.discovery.archives import CLASS, STUDENT, NotUnpacked, Room, can_unpack, unpack
from grader.discovery.folders import NOTEBOOKS, Folder, is_notebook, is_work, labs_in, scan, students
from grader.discovery.handin import ARCHIVES, NOTEBOOK_BYTES, HandIn
from grader.discovery.lms import LATE, Owned, of_moodle, of_platform, told_apart, without_number
from grader.discovery.names import natural_key, shown
from grader.discovery.scripts import is_helper_name, notebook_code, read, uses
from grader.errors import UsageError

_DOCUMENTS = (
    ".pdf",
    ".html",
    ".htm",
    ".docx",
    ".doc",
    ".odt",
    ".rtf",
    *ARCHIVES,
)  # somebody's work, unreadable here


def single(file: Path) -> HandIn:
    """One notebook or script, with what lies beside it."""
    beside = scan(file.parent, file.parent).files
    shared = [other for other in beside if other != file and not is_notebook(other)]
    return HandIn(_stem(file.name), file.parent, [file], shared=shared)


def unpacked_class(archive: Path, unpacked: Path) -> tuple[Path, list[HandIn]]:
    """The folder that a class was packed from, and as one more hand-in what was left out. Raises UsageError."""
    into = unpacked / "class"
    into.mkdir()
    try:
        left_out = unpack(archive, into, CLASS)
    except (NotUnpacked, OSError) as error:
        raise UsageError(f"{archive}: {error} Or unpack it yourself and give the folder.") from error
    inner = list(into.iterdir())
    alone = len(inner) == 1 and inner[0].is_dir() and of_moodle(inner[0].name) is None
    root = inner[0] if alone and not _is_one_hand_in(scan(inner[0], inner[0]).files) else into
    return root, [HandIn(shown(archive.name), root, [], unread=left_out)] if left_out else []


def _is_one_hand_in(files: list[Path]) -> bool:
    """Of the files that lie in a folder: it holds work, but not several people's notebooks."""
    return any(map(is_work, files)) and not _owned(files) and sum(map(is_notebook, files)) < 2


def handins_in(
    root: Path, out: Path | None, unpacked: Path | None, lab: str | None = None
) -> Iterator[HandIn]:
    """Those of a class; `lab`: the folder of each student's that is meant, "." for all in it. Raises UsageError."""
    top = scan(root, root, out=out)
    yield from _of_folders(_of_lab(students(top), lab), unpacked)
    files = top.files
    if unpacked is not None:
        owned = _owned(files)
        files = [file for file in files if file not in owned]
        yield from _of_platform(owned, unpacked)
    yield from _of_files(root, files, unpacked)
    for name, reason in top.unreadable:
        yield HandIn(_stem(name), root, [], [reason])


def _of_lab(found: list[tuple[str, Folder]], lab: str | None) -> list[tuple[str, Folder]]:
    """Of each student the folder of one lab, where a name was given; who has none has handed in nothing."""
    if lab == ".":
        return found
    labs = labs_in([folder for _, folder in found])
    listed = ", ".join(f"{name} ({count} students)" for name, count in labs.items())
    if lab is None and not labs:
        return found
    if lab is None:
        raise UsageError(
            f"the folders of the students hold several labs each: {listed}. Say which one with --folder NAME, or "
            "--folder . if together they are one hand-in."
        )
    chosen = [(name, _below(folder, lab)) for name, folder in found]
    if not any(folder.holds_work for _, folder in chosen):
        held = sorted(
            {shown(one.path.name) for _, folder in found for one in folder.folders}, key=natural_key
        )
        there = f"There are: {', '.join(held[:10])}" if held else "Their folders hold no folders"
        raise UsageError(f"--folder {lab}: no student has work in a folder of that name. {there}.")
    return chosen


def _below(folder: Folder, lab: str) -> Folder:
    """A student's folder of one lab; an empty one where there is none, with the reason if that may be why."""
    named = (one for one in folder.folders if one.path.name.casefold() == lab.casefold())
    return next(named, Folder(folder.path, unreadable=folder.unreadable))


def _owned(files: list[Path]) -> Mapping[Path, Owned]:
    """Files whose names a platform gave; the names of work and documents decide. A link may lead anywhere and is none."""
    plain = [file for file in files if not file.is_symlink()]
    owned = of_platform(file for file in plain if is_work(file) or _is_document(file))
    return (of_platform(plain) or owned) if owned else {}


def _of_folders(found: list[tuple[str, Folder]], unpacked: Path | None) -> Iterator[HandIn]:
    """A folder a student; Moodle's own names for them are read, and what was typed into its page is no hand-in."""
    known: dict[str, Owned] = {}
    for name, _ in found:
        owned = of_moodle(name.rpartition("/")[2])
        if owned is not None and not owned.file:
            known[name] = owned
    names = told_apart((one.student, one.id) for one in known.values())
    with_files = {one.id for one in known.values() if not one.text_only}
    for name, folder in found:
        one = known.get(name)
        if one is not None and one.text_only and one.id in with_files:
            continue
        student, identity = (names[one.student, one.id], one.id) if one is not None else (name, "")
        handin = HandIn(
            student, folder.path, list(folder.all_files()), list(folder.all_unreadable()), lms_id=identity
        )
        yield _opened(handin, unpacked)


def _of_platform(owned: Mapping[Path, Owned], unpacked: Path) -> Iterator[HandIn]:
    """Files of one folder whose names say whose they are: copied under the names that students gave them, which their code
    imports."""
    names = told_apart((one.student, one.id) for one in owned.values())
    for number, ((student, identity), name) in enumerate(names.items()):
        home = unpacked / f"student{number}"
        home.mkdir()
        copies = []
        unread: list[str] = []
        own = {file: one for file, one in owned.items() if (one.student, one.id) == (student, identity)}
        late = any(one.late for one in own.values())
        for file, given in as_given({file: one.file for file, one in own.items()}, home).items():
            copy = home / (given if not (home / given).exists() else file.name)
            if copied(file, copy, unread):
                copies.append(copy)
        remarks = [LATE] if late else []
        handin = HandIn(name, home, copies, remarks=remarks, unread=unread, lms_id=identity)
        yield _opened(handin, unpacked)


def as_given(names: Mapping[Path, str], home: Path) -> dict[Path, str]:
    """One student's files and their names, without the number that Canvas adds where their code tells that it did: it uses
    the name without it, and not the one with it."""
    if all(without_number(name) == name for name in names.values()):
        return dict(names)
    code = {file: _code(file) for file in names if is_work(file)}
    found = {}
    for file, name in names.items():
        others = [text for other, text in code.items() if other != file]
        plain = without_number(name)
        certain = plain not in names.values() and any(uses(text, home / plain, home) for text in others)
        found[file] = plain if certain and not any(uses(text, home / name, home) for text in others) else name
    return found


def _code(file: Path) -> str:
    try:
        if file.stat().st_size > NOTEBOOK_BYTES:
            return ""
        return notebook_code(file) if is_notebook(file) else read(file)
    except OSError:
        return ""


def _of_files(root: Path, files: list[Path], unpacked: Path | None) -> Iterator[HandIn]:
    """A notebook, script or document a student; others belong to those whose code names them."""
    owned: dict[str, list[Path]] = {}
    shared = []
    for file in files:
        if (is_work(file) and not is_helper_name(file)) or _is_document(file):
            owned.setdefault(_stem(file.name), []).append(file)
        else:
            shared.append(file)
    for student, own in owned.items():
        yield _opened(HandIn(student, root, own, shared=shared), unpacked)


def _opened(handin: HandIn, unpacked: Path | None) -> HandIn:
    """With what is in its archives, where it holds no other work but helpers. Several are kept apart: they may hold the same
    names."""
    packed = [file for file in handin.files if can_unpack(file) and not file.is_symlink()]
    work = [file for file in handin.files if is_work(file) and not is_helper_name(file)]
    if unpacked is None or not packed or work:
        return handin
    into = unpacked / f"archive{len(list(unpacked.iterdir()))}"
    into.mkdir()
    problems, remarks, unread = list(handin.problems), list(handin.remarks), list(handin.unread)
    room = Room(STUDENT.bytes // len(packed), STUDENT.files // len(packed))
    for archive in packed:
        path = archive.relative_to(handin.root)
        try:
            problems += unpack(archive, into / path if len(packed) > 1 else into, room)
            remarks.append(f"{shown(path.as_posix())}: unpacked")
        except (NotUnpacked, OSError) as error:
            unread.append(f"{shown(path.as_posix())}: not unpacked, {error}")
    for file in handin.files:
        if file not in packed and not file.is_symlink():
            copied(file, into / file.relative_to(handin.root), unread)
    folder = scan(into, into)
    problems += folder.all_unreadable()
    return replace(
        handin,
        root=into,
        files=list(folder.all_files()),
        problems=problems,
        remarks=remarks,
        unread=unread,
        shared=(),
    )


def copied(file: Path, target: Path, unread: list[str]) -> bool:
    """Whether a copy lies there now; what lay there stays."""
    if target.exists():
        return True
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    except OSError as error:
        unread.append(f"{shown(file.name)}: it cannot be read ({error.strerror}). Check its permissions.")
        return False
    return True


def _is_document(file: Path) -> bool:
    return file.name.lower().endswith(_DOCUMENTS)


def _stem(name: str) -> str:
    endings = (*NOTEBOOKS, ".py", ".tar.gz", *_DOCUMENTS)
    ending = max((ending for ending in endings if name.lower().endswith(ending)), key=len, default="")
    return shown(name[: len(name) - len(ending)]) or shown(name)
