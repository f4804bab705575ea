"""What of this machine we may use: a container, a batch system or `taskset` may leave us less than it has.

Control groups: cgroups(7); version 2 (cpu.max, memory.max) or 1 (cpu.cfs_quota_us, memory.limit_in_bytes), of our own group
and of all above it.
"""

import math
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

GROUPS = Path("/sys/fs/cgroup")
OURS = Path("/proc/self/cgroup")
VERSION_2 = ""  # in place of a controller: groups of version 2 alone, which have no controller in their names
UNLIMITED = 2**60  # bytes; version 1 writes the largest number there is


def cores(groups: Path = GROUPS, ours: Path = OURS) -> int:
    """Processor cores that this process may use at a time, one or more."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    for group in own_groups("cpu", groups, ours):
        quota, _, period = words(group / "cpu.max").partition(" ")
        quota = quota or words(group / "cpu.cfs_quota_us")
        period = period or words(group / "cpu.cfs_period_us")
        if quota.isdigit() and period.isdigit() and int(period):
            allowed = min(allowed, math.ceil(int(quota) / int(period)))
    return max(1, allowed)


def free_memory(groups: Path = GROUPS, ours: Path = OURS) -> int:
    """Bytes that can still be taken."""
    free = int(psutil.virtual_memory().available)
    for group in own_groups("memory", groups, ours):
        limit = words(group / "memory.max") or words(group / "memory.limit_in_bytes")
        used = words(group / "memory.current") or words(group / "memory.usage_in_bytes")
        if limit.isdigit() and used.isdigit() and int(limit) < UNLIMITED:
            free = min(free, int(limit) - int(used) + cached(group))
    return max(0, free)


def cached(group: Path) -> int:
    """Bytes of files that the group has read and that give way at once."""
    for line in words(group / "memory.stat").splitlines():
        name, _, size = line.partition(" ")
        if name in ("inactive_file", "total_inactive_file") and size.isdigit():
            return int(size)
    return 0


def own_groups(controller: str, groups: Path, ours: Path) -> Iterator[Path]:
    """Our group and those above it, as far as they can be seen from here; a container may see its own as the root."""
    for line in words(ours).splitlines():
        number, names, path = [*line.split(":", 2), "", ""][:3]
        if number == "0" and not names:
            root = groups
        elif controller in names.split(","):
            root = groups / controller
        else:
            continue
        within = Path(path.lstrip("/"))
        for folder in (within, *within.parents):
            if ".." not in folder.parts and (root / folder).is_dir():
                yield root / folder


def words(path: Path) -> str:
    """What the file says; "" where there is none."""
    with suppress(OSError, UnicodeDecodeError):
        return path.read_text().strip()
    return ""
