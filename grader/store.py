"""The run folder: what is written when, and whether what is stored still holds.

Every file is written beside itself and moved into place; a stage's record is written last. A killed run leaves whole files.
"""

import hashlib
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

M = TypeVar("M", bound=BaseModel)

_DRAFT = re.compile(r"\..+\.\d+\.part")  # as write_text names them


def write_text(path: Path, text: str) -> None:
    """Atomic: the old file or the new one, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def remove_drafts(folder: Path) -> None:
    """What writes that were cut off have left, in a results folder and in those of its students; nobody may be writing."""
    for draft in (*folder.glob(".*.part"), *folder.glob("*/.*.part")):
        if _DRAFT.fullmatch(draft.name):
            with suppress(OSError):
                draft.unlink()


def write_model(path: Path, model: BaseModel) -> None:
    write_text(path, model.model_dump_json(indent=1))


def read_model(path: Path, kind: type[M]) -> M | None:
    """The stored record, or None if there is none or it is not one."""
    try:
        return kind.model_validate_json(path.read_bytes())
    except (OSError, ValidationError, ValueError):
        return None


def remove_folder(folder: Path) -> None:
    """Whatever a notebook left in it, nested deeper than Python recurses or closed to us. What cannot be removed stays."""
    for _ in range(2):
        open_up(folder)
        try:
            shutil.rmtree(folder, ignore_errors=True)
            return
        except RecursionError:
            with suppress(OSError):
                flatten(folder)


def open_up(folder: Path) -> None:
    """Folders of our own that a notebook, which has ended, closed to their owner; no links."""
    waiting = [] if folder.is_symlink() else [folder]
    while waiting:
        path = waiting.pop()
        with suppress(OSError):
            if path.lstat().st_mode & stat.S_IRWXU != stat.S_IRWXU:
                path.chmod(stat.S_IRWXU)
            with os.scandir(path) as entries:
                waiting += [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]


def flatten(folder: Path) -> None:
    """Move every folder below into `folder` itself. Raises OSError."""
    waiting = [entry.path for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False)]
    moved = 0
    while waiting:
        for entry in list(os.scandir(waiting.pop())):
            if entry.is_dir(follow_symlinks=False):
                moved += 1
                place = folder / f".moved-{secrets.token_hex(8)}-{moved}"
                with suppress(OSError):
                    Path(entry.path).rename(place)
                    waiting.append(str(place))


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Nobody else is in here meanwhile; the system lets go when the process ends. Raises BlockingIOError, OSError."""
    if fcntl is None:
        yield
        return
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(held)


def printable(value: Any) -> Any:
    """JSON data whose texts can be written as UTF-8: half of a surrogate pair, which cannot, becomes a question mark."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [printable(item) for item in value]
    if isinstance(value, dict):
        return {printable(name): printable(item) for name, item in value.items()}
    return value


def digest(*parts: bytes | str) -> str:
    """A short content hash; parts are kept apart by their lengths."""
    state = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        state.update(f"{len(data)}:".encode() + data)
    return state.hexdigest()[:24]


@lru_cache(maxsize=8)
def source_digest(*packages: str) -> str:
    """Hash of our own code in these folders of grader: an update of the grader makes stored stages stale."""
    root = Path(__file__).parent
    files = sorted(path for package in packages for path in (root / package).rglob("*.py"))
    return digest(*(part for path in files for part in (str(path.relative_to(root)), path.read_bytes())))
