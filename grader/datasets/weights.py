"""Published weights that the course gives: found, and whole, before a student's notebook is blamed for them."""

import hashlib
import json
import os
import re
import zipfile
from contextlib import suppress
from pathlib import Path

from grader.errors import UsageError
from grader.given import place
from grader.store import digest, write_text

_PUBLISHED = re.compile(
    r".*-([0-9a-f]{8})\.pth"
)  # the name holds the beginning of the file's SHA-256 (torch.hub)
READ_BY_ALL = 0o004


def weights_folder(given: Path | None, cache: Path) -> Path | None:
    """Where the published files lie: the folder itself, or where torch.hub puts them below it. Raises UsageError."""
    if given is None:
        return None
    home = place(given, "--weights")
    for folder in (home, home / "checkpoints", home / "hub" / "checkpoints"):
        if files := weights_in(folder):
            problems = [said for path in files if (said := problem_with(path, cache))]
            if problems:
                count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
                raise UsageError("\n  ".join([f"--weights {given}: {count}.", *problems]))
            return folder
    raise UsageError(
        f"--weights {given}: no *.pth there, nor in checkpoints or hub/checkpoints below it. Expected files by the names "
        "they are published under, such as resnet18-f37072fd.pth."
    )


def weights_in(folder: Path | None) -> list[Path]:
    """Published files: their names hold a digest of what is in them."""
    return sorted(path for path in folder.glob("*.pth") if path.is_file()) if folder is not None else []


def problem_with(path: Path, cache: Path) -> str:
    """Why kernels could not use the file; "" if they can. A file that was found whole is not read again."""
    try:
        found = path.stat()
        if kernels_are_others() and not found.st_mode & READ_BY_ALL:
            return (
                f"{path.name}: kernels run as other users and may not read it. Make it readable: chmod a+r."
            )
        named = _PUBLISHED.fullmatch(path.name)
        seen = (
            cache
            / "derived"
            / f"weights-{digest(str(path), str(found.st_size), str(found.st_mtime_ns))}.json"
        )
        if named is None or seen.exists():
            return ""
        with path.open("rb") as file:
            has = hashlib.file_digest(file, "sha256").hexdigest()
        # some files were published under the digest of another one: those that carry checksums of their own will do
        if not has.startswith(named[1]) and not is_whole_archive(path):
            expected = f"a SHA-256 that begins with {named[1]}, found {has[:8]}"
            return f"{path.name}: damaged: expected {expected}. Download it again."
        with suppress(OSError):  # a cache that cannot be written costs time only
            write_text(seen, json.dumps({"file": path.name}))
    except OSError as error:
        return f"{path.name}: it cannot be read ({error.strerror})."
    return ""


def kernels_are_others() -> bool:
    """Root's kernels are given users of their own."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def is_whole_archive(path: Path) -> bool:
    """What torch.save writes is a zip archive, in which every part has a checksum; before PyTorch 1.6 it was none.
    Raises OSError where the file cannot be opened."""
    with path.open("rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                return archive.testzip() is None
        except Exception:  # what decompressors raise on damaged data is no closed list
            return False
