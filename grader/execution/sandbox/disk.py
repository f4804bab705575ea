"""Disk space that a kernel uses: below its folders, however deep, and in open files that have no name any more."""

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

LONG = 3_000  # characters of a path, of 4,096 that the system takes: beyond, it is opened and named anew
MOST_FILES = 300_000  # and folders; 1 s to look at. CIFAR-10 as single images has 60,000
MOST_OPEN = 64  # folders held open for that, one below the other
ENTRY = 1_024  # bytes that a name and its inode take on common file systems, at least
ENOUGH = 2**60  # bytes
BLOCK = 512  # bytes; st_blocks counts these on Linux whatever the file system


class TooDeep(Exception):
    """Folders are nested deeper than can be followed."""


class TooMany(Exception):
    """More files than a look gets through in a moment."""


def disk_used(folder: str, but: tuple[str, ...] = ()) -> int:
    """Bytes on the disk below `folder`, without the folders of `but` that lie in it. Links are not followed.

    Raises TooDeep, TooMany.
    """
    total = seen = 0
    waiting: list[str | int] = [folder]  # a number: close it, all below was seen
    held: list[int] = []
    try:
        while waiting:
            path = waiting.pop()
            if isinstance(path, int):
                held.remove(path)
                os.close(path)
                continue
            try:
                if len(path) > LONG:
                    if len(held) >= MOST_OPEN:
                        raise TooDeep
                    held.append(os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW))
                    waiting.append(held[-1])
                    path = f"/proc/self/fd/{held[-1]}"
                with os.scandir(path) as entries:
                    for entry in entries:
                        seen += 1
                        if seen > MOST_FILES:
                            raise TooMany
                        total += entry.stat(follow_symlinks=False).st_blocks * BLOCK + ENTRY
                        if entry.is_dir(follow_symlinks=False) and entry.path not in but:
                            waiting.append(entry.path)
            except OSError:  # removed meanwhile
                continue
    finally:
        for number in held:
            os.close(number)
    return total


def free_on(folders: Iterable[str]) -> int:
    """Bytes that may still be written below the fullest of these folders' file systems."""
    found = []
    for folder in folders:
        with suppress(OSError):  # a kernel may have removed it
            disk = os.statvfs(folder)
            found.append(disk.f_bavail * disk.f_frsize)
    return min(found, default=ENOUGH)


def written(processes: Iterable[int]) -> int:
    """Bytes that these processes, and children that they waited for, have sent to disks; 0 where nobody counts."""
    total = 0
    for process in processes:
        with suppress(OSError, ValueError):
            for line in Path(f"/proc/{process}/io").read_text().splitlines():
                if line.startswith("write_bytes:"):
                    total += int(line.split()[1])
    return total


def nameless(processes: Iterable[int], folders: tuple[str, ...]) -> int:
    """Bytes of removed files that these processes hold open, on the disks of `folders`; each file counts once."""
    disks = {Path(folder).stat().st_dev for folder in folders if Path(folder).is_dir()}
    sizes: dict[tuple[int, int], int] = {}
    found: dict[tuple[str, str], int] = {}
    for process in processes:
        try:
            files = list(Path(f"/proc/{process}/fd").iterdir())
        except OSError:  # it has ended, or we may not look
            continue
        found |= mapped(process, disks)
        for file in files:
            try:
                one = file.stat()
            except OSError:
                continue
            if not one.st_nlink and stat.S_ISREG(one.st_mode) and one.st_dev in disks:
                sizes[one.st_dev, one.st_ino] = one.st_blocks * BLOCK
    open_files = {str(inode) for _, inode in sizes}
    return sum(sizes.values()) + sum(size for (_, inode), size in found.items() if inode not in open_files)


def mapped(process: int, disks: set[int]) -> dict[tuple[str, str], int]:
    """Bytes of removed files that lie in a process's memory, by device and inode."""
    names = {f"{os.major(disk):02x}:{os.minor(disk):02x}" for disk in disks}
    found: dict[tuple[str, str], int] = {}
    try:
        lines = Path(f"/proc/{process}/maps").read_text(errors="replace").splitlines()
    except OSError:
        return found
    for line in lines:
        if line.endswith(" (deleted)"):
            area, _, offset, device, inode = line.split()[:5]
            begin, end = (int(number, 16) for number in area.split("-"))
            if device in names:
                size = int(offset, 16) + end - begin
                with suppress(OSError):  # a file with holes takes less; only some may look
                    size = min(size, Path(f"/proc/{process}/map_files/{area}").stat().st_blocks * BLOCK)
                found[device, inode] = max(found.get((device, inode), 0), size)
    return found
