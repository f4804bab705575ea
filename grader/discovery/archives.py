"""Archives that students and platforms pack hand-ins into: unpacked as hostile input.

Only ordinary files inside the given folder are written, counted as they are written: what an archive says of itself is not
believed. Links, devices and paths that lead out are left out and named.
"""

import stat
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from grader.discovery.names import shown

UNPACKED = (".zip", ".tar", ".tgz", ".tar.gz")
MEBIBYTE = 2**20
PIECE = 2**16  # bytes read at a time
DEEPEST = 20  # folders in a member's path
LONGEST = 200  # bytes of one name in it
LAST = 66_000  # bytes at the end of a zip archive, in which the record of its list of contents stands
LISTED = 1_000  # bytes of that list for one file; 46 and its path, as a rule


@dataclass(frozen=True)
class Room:
    """What may come out of one archive."""

    bytes: int
    files: int


STUDENT = Room(500 * MEBIBYTE, 5_000)
CLASS = Room(50_000 * MEBIBYTE, 200_000)


class Member(NamedTuple):
    """`kind`: file, folder, link or other."""

    path: str
    kind: str
    content: IO[bytes] | None


class NotUnpacked(Exception):
    """The archive is damaged, locked or too large; the message says so, and what to do."""


def can_unpack(file: Path) -> bool:
    return file.name.lower().endswith(UNPACKED)


def unpack(archive: Path, into: Path, room: Room = STUDENT) -> list[str]:
    """Write its files below `into`; returns a sentence for each that was left out. Raises NotUnpacked, OSError of `into`."""
    left_out: list[str] = []
    taken, files = 0, 0
    try:
        check_list(archive, room)
        for member in members(archive):
            place = inside(member.path)
            if member.kind == "folder" or is_of_a_system(member.path):
                continue
            if place is None or member.content is None:
                left_out.append(
                    f"{shown(member.path)[:200]}: {why_left_out(member)}, left out of {shown(archive.name)}."
                )
                continue
            files += 1
            target = into / place
            if files > room.files:
                raise NotUnpacked(f"it holds more than {room.files:,} files. Hand in the lab alone.")
            with closing(member.content) as content:
                try:
                    taken += write(content, target, room.bytes - taken)
                except (FileExistsError, NotADirectoryError, IsADirectoryError):
                    left_out.append(f"{shown(member.path)[:200]}: a file and a folder of one name, left out.")
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        EOFError,
        ValueError,
        NotImplementedError,
        UnicodeError,
    ) as error:
        raise NotUnpacked(
            f"it is damaged or of a kind that is not read ({error}). Pack it again as .zip."
        ) from error
    except RuntimeError as error:  # zipfile's, for a password
        raise NotUnpacked("it is locked by a password. Hand it in without one.") from error
    return left_out


def check_list(archive: Path, room: Room) -> None:
    """zipfile reads a whole list of contents at once; its length stands at the archive's end. Raises NotUnpacked."""
    if not archive.name.lower().endswith(".zip"):
        return
    with archive.open("rb") as file:
        file.seek(max(0, archive.stat().st_size - LAST))
        last = file.read()
    end = last.rfind(b"PK\x05\x06")
    length = int.from_bytes(last[end + 12 : end + 16], "little") if end >= 0 else 0
    if length > room.files * LISTED:
        raise NotUnpacked(f"it holds more than {room.files:,} files. Hand in the lab alone.")


def write(content: IO[bytes], target: Path, most: int) -> int:
    """Bytes written; a second file of a name replaces the first. Raises NotUnpacked."""
    target.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    with target.open("wb") as file:
        while piece := content.read(PIECE):
            size += len(piece)
            if size > most:
                raise NotUnpacked("it holds too much. Data sets need not be handed in.")
            file.write(piece)
    return size


def inside(path: str) -> PurePosixPath | None:
    """The relative path of a member; None where it leads out or is none."""
    parts = PurePosixPath(path.replace("\\", "/")).parts
    if not parts or len(parts) > DEEPEST or ":" in parts[0] or "\0" in path:
        return None
    if any(part in ("..", "/") or len(part.encode("utf-8", "surrogateescape")) > LONGEST for part in parts):
        return None
    return PurePosixPath(*parts)


def is_of_a_system(path: str) -> bool:
    """What macOS adds to archives."""
    parts = PurePosixPath(path).parts
    return "__MACOSX" in parts or ".DS_Store" in parts


def why_left_out(member: Member) -> str:
    if member.kind == "link":
        return "a link"
    return (
        "its path leads out of the archive or is too long"
        if member.kind == "file"
        else "not an ordinary file"
    )


def members(archive: Path) -> Iterator[Member]:
    """In the archive's order; the content is open until the next one is asked for."""
    if archive.name.lower().endswith(".zip"):
        with zipfile.ZipFile(archive) as packed:
            for info in packed.infolist():
                mode = info.external_attr >> 16
                kind = "folder" if info.is_dir() else "link" if stat.S_ISLNK(mode) else "file"
                yield Member(info.filename, kind, packed.open(info) if kind == "file" else None)
    else:
        with tarfile.open(archive) as tape:
            for entry in tape:
                kind = "folder" if entry.isdir() else "link" if entry.issym() or entry.islnk() else "other"
                kind = "file" if entry.isreg() else kind
                yield Member(entry.name, kind, tape.extractfile(entry) if kind == "file" else None)
