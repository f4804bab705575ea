"""Evidence comes home: every file the kernel wrote is a stranger. Only known names, regular files, bounded sizes."""

import json
import os
import re
import shutil
import stat
from pathlib import Path

from pydantic import ValidationError

from grader.schema.evidence import Evidence

MEGABYTE = 1_000_000
ALLOWED = (  # name, most bytes
    (re.compile(r"evidence\.json"), 60 * MEGABYTE),
    (re.compile(r"net\d{1,4}\.(train|eval)\.json"), 20 * MEGABYTE),
    (re.compile(r"net\d{1,4}\.safetensors"), 1200 * MEGABYTE),
    (re.compile(r"phase\d{1,5}\.safetensors"), 60 * MEGABYTE),
)
TOTAL = 4000 * MEGABYTE


def collect(source: Path, target: Path) -> str:
    """Copy what is allowed from the kernel's folder; returns "" or what was wrong with evidence.json."""
    target.mkdir(parents=True, exist_ok=True)
    total = 0
    for entry in sorted(os.scandir(source), key=lambda e: e.name) if source.is_dir() else []:
        bound = next((most for name, most in ALLOWED if name.fullmatch(entry.name)), None)
        if bound is None or not stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode):
            continue
        size = entry.stat(follow_symlinks=False).st_size
        total += size
        if size > bound or total > TOTAL:
            continue
        copy_without_following(Path(entry.path), target / entry.name)
    return problem_with(target / "evidence.json")


def copy_without_following(source: Path, target: Path) -> None:
    """A link put in place of the file between the look and the copy is refused by O_NOFOLLOW."""
    descriptor = os.open(source, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    with os.fdopen(descriptor, "rb") as reader, target.open("wb") as writer:
        shutil.copyfileobj(reader, writer)


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
    """Raises ValueError for anything that is not an Evidence within its bounds."""
    try:
        return Evidence.model_validate(json.loads(path.read_bytes()))
    except ValidationError as error:
        raise ValueError(f"{error.error_count()} fields are wrong") from error
