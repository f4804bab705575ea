"""Evidence comes home: every file the kernel wrote is a stranger. Only known names, regular files, bounded sizes."""

import json
import os
import re
import stat
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from grader.schema.evidence import Evidence

MEGABYTE = 1_000_000
ALLOWED = (  # name, most bytes
    (re.compile(r"evidence\.json"), 30 * MEGABYTE),
    (re.compile(r"net\d{1,4}\.(train|eval)\.json"), 5 * MEGABYTE),
    (re.compile(r"net\d{1,4}\.safetensors"), 1200 * MEGABYTE),
    (re.compile(r"net\d{1,4}\.stream\.safetensors"), 20 * MEGABYTE),
    (re.compile(r"functions\.safetensors"), 20 * MEGABYTE),
    (re.compile(r"pipeline\d{1,3}\.safetensors"), 20 * MEGABYTE),
    (re.compile(r"phase\d{1,5}\.safetensors"), 60 * MEGABYTE),
)
TOTAL = 4000 * MEGABYTE
# Together, 36 of DenseNet-201: reading them takes 0.5 s a MB and twenty times the memory, in the grader itself.
GRAPHS = 16 * MEGABYTE


def collect(source: Path, target: Path, total: int | None = None) -> str:
    """Copy what is allowed of the kernel's folder, `total` bytes at most; returns "" or what is wrong with evidence.json."""
    target.mkdir(parents=True, exist_ok=True)
    left, graphs = TOTAL if total is None else max(0, total), GRAPHS
    for name in names_in(source):
        bound = next((most for allowed, most in ALLOWED if allowed.fullmatch(name)), None)
        if bound is not None:
            is_graph = name.startswith("net") and name.endswith(".json")
            size = copy_regular(source / name, target / name, min(bound, left, graphs if is_graph else left))
            left -= size
            graphs -= size if is_graph else 0
    problem = problem_with(target / "evidence.json")
    if problem:  # read once, and never again
        (target / "evidence.json").unlink(missing_ok=True)
    return problem


def names_in(folder: Path) -> list[str]:
    """Nothing of a folder that was replaced by a link to another one."""
    if folder.is_symlink() or not folder.is_dir():
        return []
    try:
        folder.chmod(0o700)  # a kernel that runs as ourselves may have closed it
        return sorted(path.name for path in folder.iterdir())
    except OSError:
        return []


def copy_regular(source: Path, target: Path, most: int) -> int:
    """Bytes copied: 0 for anything but a regular file of at most `most` bytes. Looks at what it opened, so that
    nothing can be swapped in between; a link is not followed, a pipe does not block."""
    try:
        descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return 0
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_size > most:
        os.close(descriptor)
        return 0
    with os.fdopen(descriptor, "rb") as reader, target.open("wb") as writer:
        left = found.st_size  # whatever is appended meanwhile
        while left and (part := reader.read(min(left, MEGABYTE))):
            left -= writer.write(part)
    return found.st_size


def problem_with(path: Path) -> str:
    """Why evidence.json cannot be used, or "" if it can."""
    if not path.exists():
        return "the kernel ended before the probe had written anything"
    try:
        read_evidence(path)
    except (ValueError, RecursionError) as error:
        return f"the probe's notes are not what it writes: {type(error).__name__}"
    return ""


def read_evidence(path: Path) -> Evidence:
    """Raises ValueError for anything that is not an Evidence within its bounds, OSError."""
    found = path.stat()
    return parsed(path, found.st_mtime_ns, found.st_size, found.st_ino)


@lru_cache(maxsize=8)
def parsed(path: Path, *_: int) -> Evidence:
    """Once for all who ask: the largest take seconds, in which no other kernel is looked after."""
    try:
        return Evidence.model_validate(json.loads(path.read_bytes()))
    except ValidationError as error:
        raise ValueError(f"{error.error_count()} fields are wrong") from error
