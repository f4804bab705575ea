"""One student's files sorted into work, helpers, and what cannot be read."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.discovery import scripts
from grader.discovery.folders import is_notebook, is_work
from grader.discovery.names import natural_key, shown
from grader.schema.submission import Submission, WorkFile

MEBIBYTE = 2**20
NOTEBOOK_BYTES = 50 * MEBIBYTE  # a notebook with every figure of a lab has a few; more is a loop that prints
SCRIPT_BYTES = 2 * MEBIBYTE  # the length of a long novel; parsing takes some hundred times as much memory
HELPER_BYTES = 200 * MEBIBYTE  # all helpers of a student together; CIFAR-10 as downloaded has 163
HELPER_FILES = 5_000
MOST_SCRIPTS = 500  # beside the work; beyond, somebody else's package, and nothing is said of what is not run
ARCHIVES = (".zip", ".zipx", ".rar", ".7z", ".tar", ".tgz", ".tar.gz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz")
MOST_WORK = 40  # files that are run; a lab has five stages
NO_WORK = "no notebook or script found"


@dataclass(frozen=True)
class HandIn:
    """The files of one student before they are sorted. Links may lead anywhere below `root`, nowhere else."""

    student: str
    root: Path
    files: Sequence[Path]
    problems: Sequence[str] = ()
    shared: Sequence[
        Path
    ] = ()  # files beside the student's own that count as helpers where the work uses them
    remarks: Sequence[str] = ()
    unread: Sequence[str] = ()  # sentences for what may be work and could not be opened
    lms_id: str = ""  # of the student, on the platform that the class was downloaded from


def sort(handin: HandIn, slug: str) -> Submission:
    """A submission. Without notebooks scripts are the work; beside notebooks they are helpers."""
    problems, remarks, unread = list(handin.problems), list(handin.remarks), list(handin.unread)
    files = _readable(handin.files, handin.root, problems)
    notebooks = [file for file in files if is_notebook(file)]
    sources = {file: scripts.read(file) for file in files if is_work(file) and file not in notebooks}
    work = notebooks or scripts.choose(sources, handin.root)
    code = {file: scripts.notebook_code(file) if file in notebooks else sources[file] for file in work}
    unused = {file: text for file, text in sources.items() if file not in work}
    remarks += _not_run(unused, code.values(), handin.root)
    for file in notebooks:
        if file.suffix.lower() != ".ipynb":
            remarks.append(f"{_name(file, handin.root)}: read as a notebook in spite of its ending")
    for file in files:
        if file.name.lower().endswith(ARCHIVES):
            unread.append(
                f"{_name(file, handin.root)}: an archive, not looked into. If it holds work, unpack it."
            )
    problems += unread
    if len(work) > MOST_WORK:
        problems.append(
            f"{len(work) - MOST_WORK} of {len(work)} notebooks or scripts not run, from "
            f"{_name(work[MOST_WORK], handin.root)} on: more than {MOST_WORK}. Hand in the lab alone."
        )
        work = work[:MOST_WORK]
    if not work:
        found = ", ".join(_name(file, handin.root) for file in files[:5])
        problems.insert(0, f"{NO_WORK} (found: {found})" if found else NO_WORK)
    beside = {file: _text(file) for file in _readable(handin.shared, handin.root, [])}
    helpers = [file for file in files if file not in work]
    helpers += scripts.needed("\n".join(code.values()), beside, handin.root)
    return Submission(
        student=handin.student,
        slug=slug,
        work=tuple(WorkFile(path=file, kind="notebook" if file in notebooks else "script") for file in work),
        helpers=tuple(_affordable(helpers, problems)),
        root=handin.root,
        problems=tuple(problems),
        unread=() if work else tuple(unread),
        remarks=tuple(remarks),
        lms_id=handin.lms_id,
    )


def _readable(files: Iterable[Path], root: Path, problems: list[str]) -> list[Path]:
    """Files in natural order; those that cannot or must not be read become problems."""
    kept = []
    for file in sorted(files, key=lambda file: natural_key(file.relative_to(root).as_posix())):
        reason = _obstacle(file, root)
        if reason:
            problems.append(f"{_name(file, root)}: {reason}")
        else:
            kept.append(file)
    return kept


def _obstacle(file: Path, root: Path) -> str:
    if file.is_symlink() and not file.resolve().is_relative_to(root.resolve()):
        return "a link that leaves the folder, not followed. Hand in the file itself."
    try:
        size = file.stat().st_size
    except OSError as error:
        return f"it cannot be read ({error.strerror})."
    if not os.access(file, os.R_OK):
        return "reading it is not permitted. Check its permissions."
    limit = NOTEBOOK_BYTES if is_notebook(file) else SCRIPT_BYTES
    if is_work(file) and size > limit:
        remedy = "Clear its outputs and save it again." if is_notebook(file) else "Move data to files."
        return f"{size / MEBIBYTE:.1f} MiB, more than {limit // MEBIBYTE} MiB, not read. {remedy}"
    return ""


def _not_run(unused: dict[Path, str], code: Iterable[str], root: Path) -> list[str]:
    """Scripts that look like work but that nothing uses, or of which only the imported part runs."""
    if len(unused) > MOST_SCRIPTS:
        return []
    used = scripts.needed("\n".join(code), unused, root)
    remarks = []
    for file, text in unused.items():
        if scripts.has_main_guard(text) and file in used:
            remarks.append(f"{_name(file, root)}: imported by the work; its __main__ part is not run")
        elif file not in used and (scripts.has_main_guard(text) or scripts.trains(text)):
            remarks.append(f"{_name(file, root)}: not run, since nothing that is run imports it")
    return remarks


def _affordable(helpers: Iterable[Path], problems: list[str]) -> list[Path]:
    """As many helpers as the limits allow, scripts and small files first."""
    sizes = {file: file.stat().st_size for file in helpers}
    kept: set[Path] = set()
    total = 0
    for file in sorted(sizes, key=lambda file: (file.suffix.lower() != ".py", sizes[file])):
        if total + sizes[file] <= HELPER_BYTES and len(kept) < HELPER_FILES:
            kept.add(file)
            total += sizes[file]
    left_out = [file for file in sizes if file not in kept]
    if left_out:
        names = ", ".join(shown(file.name) for file in left_out[:3])
        problems.append(
            f"{len(left_out)} of {len(sizes)} files beside the work left out ({names}): together "
            f"{sum(sizes.values()) / MEBIBYTE:.0f} MiB, more than {HELPER_BYTES // MEBIBYTE} MiB "
            f"or {HELPER_FILES} files. Data sets need not be handed in."
        )
    return [file for file in sizes if file in kept]


def _text(file: Path) -> str:
    return scripts.read(file) if is_work(file) else ""


def _name(file: Path, root: Path) -> str:
    return shown(file.relative_to(root).as_posix())
