"""Archives that students and platforms pack hand-ins into: unpacked as hostile input.

Only ordinary files inside the given folder are written, counted as they are written: what an archive says of itself is not
believed. Links, devices and paths that lead out are left out and named.
"""

import gzip
import re
import stat
import tarfile
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple, cast

from grader.discovery.names import shown

UNPACKED = (".zip", ".tar", ".tgz", ".tar.gz")
MEBIBYTE = 2**20
PIECE = 2**16  # bytes read at a time
DEEPEST = 20  # folders in a member's path
LONGEST = 255  # bytes of one name in it, as file systems have it
LAST = 66_000  # bytes at the end of a zip archive, in which the records of its list of contents stand
LISTED = 1_000  # bytes of that list for one file; 46 and its path, as a rule
RECORDS = re.compile(rb"(?=PK\x05\x06.{8}(.{4})|PK\x06\x06.{36}(.{8}))", re.DOTALL)  # with the list's length
SAYS_UTF8 = 0x800  # flag of a zip archive's member
GZIP = b"\x1f\x8b"
AT_ONCE = MEBIBYTE  # bytes of a tar file; a header's text has a path, as a rule
HEADERS = 10_240  # bytes of a tar file for one file beside its content
DRIVE = re.compile(r"[A-Za-z]:")  # of Windows; macOS has colons in names
NAMED = 20  # things left out of one archive
TOO_MUCH = "it holds too much. Data sets need not be handed in."


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
    try:
        return written(archive, into, room)
    except (NotUnpacked, OSError):
        raise
    except Exception as error:  # what readers and decompressors raise on damaged data is no closed list
        if type(error) is RuntimeError:  # zipfile's, for a password
            raise NotUnpacked("it is locked by a password. Hand it in without one.") from error
        raise NotUnpacked(
            f"it is damaged or of a kind that is not read ({error}). Pack it again as .zip."
        ) from error


def written(archive: Path, into: Path, room: Room) -> list[str]:
    """Raises NotUnpacked, and whatever reading damaged data raises."""
    check_list(archive, room)
    left_out: list[str] = []
    taken = 0
    for number, member in enumerate(members(archive, room), start=1):
        if number > room.files:
            raise NotUnpacked(f"it holds more than {room.files:,} files. Hand in the lab alone.")
        place = inside(member.path)
        if member.kind == "folder" or is_of_a_system(member.path):
            continue
        if place is None or member.content is None:
            left_out.append(
                f"{shown(member.path)[:200]}: {why_left_out(member)}, left out of {shown(archive.name)}."
            )
            continue
        with closing(member.content) as content:
            try:
                taken += write(content, into / place, room.bytes - taken)
            except (FileExistsError, NotADirectoryError, IsADirectoryError):
                left_out.append(f"{shown(member.path)[:200]}: a file and a folder of one name, left out.")
    more = len(left_out) - NAMED
    return left_out if more <= 0 else [*left_out[:NAMED], f"{shown(archive.name)}: {more} more left out."]


def check_list(archive: Path, room: Room) -> None:
    """zipfile reads a whole list of contents at once; its length stands near the archive's end, for large archives in a
    second record. Whichever of them zipfile goes by, the longest counts. Raises NotUnpacked."""
    if not is_zip(archive):
        return
    size = archive.stat().st_size
    with archive.open("rb") as file:
        file.seek(max(0, size - LAST))
        records = RECORDS.findall(file.read())
    lengths = [int.from_bytes(short or long, "little") for short, long in records]
    if any(room.files * LISTED < length <= size for length in lengths):
        raise NotUnpacked(f"it holds more than {room.files:,} files. Hand in the lab alone.")


def write(content: IO[bytes], target: Path, most: int) -> int:
    """Bytes written; a second file of a name replaces the first, and half of one does not stay. Raises NotUnpacked."""
    target.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    with target.open("wb") as file:
        try:
            while piece := content.read(PIECE):
                size += len(piece)
                if size > most:
                    raise NotUnpacked(TOO_MUCH)
                file.write(piece)
        except Exception:
            target.unlink()
            raise
    return size


def inside(path: str) -> PurePosixPath | None:
    """The relative path of a member; None where it leads out or is none."""
    parts = PurePosixPath(path.replace("\\", "/")).parts
    if not parts or len(parts) > DEEPEST or DRIVE.match(parts[0]) or "\0" in path:
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


def is_zip(archive: Path) -> bool:
    return archive.name.lower().endswith(".zip")


def members(archive: Path, room: Room) -> Iterator[Member]:
    """In the archive's order; the content is open until the next one is asked for."""
    if is_zip(archive):
        with zipfile.ZipFile(archive) as packed:
            for info in packed.infolist():
                mode = info.external_attr >> 16
                folder = info.filename.endswith(("/", "\\"))  # Windows' own sign too
                kind = "folder" if folder else "link" if stat.S_ISLNK(mode) else "file"
                yield Member(name_in(info), kind, packed.open(info) if kind == "file" else None)
    else:
        with archive.open("rb") as file:
            packed_again = file.read(2) == GZIP
            file.seek(0)
            plain = cast(IO[bytes], gzip.GzipFile(fileobj=file)) if packed_again else file
            tape = cast(IO[bytes], Tape(plain, room.bytes + HEADERS * room.files))
            with tarfile.open(fileobj=tape, mode="r:") as read:
                for entry in read:
                    kind = (
                        "folder" if entry.isdir() else "link" if entry.issym() or entry.islnk() else "other"
                    )
                    kind = "file" if entry.isreg() else kind
                    name = unicodedata.normalize("NFC", entry.name)
                    yield Member(name, kind, read.extractfile(entry) if kind == "file" else None)


def name_in(info: zipfile.ZipInfo) -> str:
    """Many programs write UTF-8 without saying so; zipfile reads what says nothing as MS-DOS wrote it. macOS takes accents
    apart, which `import` puts together."""
    name = info.filename
    if not info.flag_bits & SAYS_UTF8:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return unicodedata.normalize("NFC", name)


class Tape:
    """A tar file of which not more than `most` bytes are read, and not much at once: the text of a header may claim to be
    gigabytes, which tarfile would take into memory."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self.file, self.most = file, most
        self.tell = file.tell

    def read(self, size: int) -> bytes:
        if not 0 <= size <= AT_ONCE:
            raise NotUnpacked("it is damaged. Pack it again as .zip.")
        self.check(self.file.tell() + size)
        return self.file.read(size)

    def seek(self, position: int) -> int:
        self.check(position)
        return self.file.seek(position)

    def check(self, position: int) -> None:
        if position > self.most:
            raise NotUnpacked(TOO_MUCH)
