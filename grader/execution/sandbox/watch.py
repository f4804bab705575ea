"""What nothing else holds: disk space, and memory and processes where there is no control group. It looks, so it is late."""

import os
import time
from pathlib import Path

from grader.execution.fate import gigabytes
from grader.execution.linux import descendants
from grader.execution.sandbox.disk import (
    MOST_FILES,
    TooDeep,
    TooMany,
    disk_used,
    free_on,
    nameless,
    written,
)
from grader.execution.sandbox.plan import Plan

MEMORY_SECONDS = 0.1  # between two looks; a torch allocation of 1 GB takes 0.3 s to be touched
DISK_SECONDS = 0.5
DISK_SHARE = 20  # a look at the disk takes at most one part in so many of the time
LITTLE = 2 * 10**9  # bytes free on a disk, below which whoever wrote more than its limit is ended
NEARLY_NONE = 5 * 10**8  # below which everybody is: a write that fails must not count against a student
CLOSE = 0.7  # of the limit, by the cheap count, from which on the exact one is made


class DiskIsFull(Exception):
    """Of the machine, and it cannot be told by whom: a fault of the machine."""


class Watch:
    """Of one kernel. `held`: a control group limits memory and processes already."""

    def __init__(self, plan: Plan, held: bool) -> None:
        self._plan = plan
        self._held = held
        self._inherited = own_memory("self")
        self._next_disk = time.monotonic() + DISK_SECONDS
        self._free, self._used = free_on(plan.disk), 0  # at the last look

    @property
    def seconds(self) -> float:
        """Until the next look is due."""
        return DISK_SECONDS if self._held else MEMORY_SECONDS

    def broken(self) -> str:
        """The limit that the kernel has passed, in words; "" if none. Raises DiskIsFull."""
        limits = self._plan.limits
        if not self._held:
            below = descendants(os.getpid())
            if len(below) > limits.processes:
                return f"it started more than {limits.processes} processes"
            if self._memory(below) > limits.memory:
                return out_of_memory(limits.memory)
        return self._disk()

    def _disk(self) -> str:
        """A look takes long where there are many files; it is made early when so much space is gone that the kernel may
        have passed its limit since the last one."""
        free, most = free_on(self._plan.disk), self._plan.limits.disk
        if free < LITTLE:
            if written([os.getpid(), *descendants(os.getpid())]) > most:
                return f"it wrote more than {gigabytes(most)} until the machine's disk was nearly full"
            if free < NEARLY_NONE:
                raise DiskIsFull(f"the machine's disk has less than {gigabytes(NEARLY_NONE)} left")
        if time.monotonic() < self._next_disk and self._free - free <= most - self._used:
            return ""
        began = time.process_time()  # what it costs; a busy machine makes it no dearer
        try:
            self._used = self._disk_used()
        except TooDeep:
            return "its folders were nested without end"
        except TooMany:
            return f"it made more than {MOST_FILES:,} files"
        self._free = free
        self._next_disk = time.monotonic() + max(DISK_SECONDS, DISK_SHARE * (time.process_time() - began))
        return f"its files took more than {gigabytes(most)}" if self._used > most else ""

    def _disk_used(self) -> int:
        folders = self._plan.disk
        used = [disk_used(folder, but=folders) for folder in folders]
        return max(used, default=0) + nameless(descendants(os.getpid()), folders)

    def _memory(self, processes: list[int]) -> int:
        """Bytes. Pages that are still shared with the fork server count for nobody."""
        rough = sum(max(0, own_memory(p) - self._inherited) for p in processes)
        if rough < CLOSE * self._plan.limits.memory:
            return rough
        exact = [proportional(p) for p in processes]
        return rough if None in exact else sum(size or 0 for size in exact)


def out_of_memory(limit: int) -> str:
    return f"it ran out of memory (limit {gigabytes(limit)})"


def own_memory(process: int | str) -> int:
    """Resident bytes that belong to no file, shared ones counted for each who shares; 0 for a process that has gone."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(("RssAnon:", "RssShmem:")))


def proportional(process: int) -> int | None:
    """Bytes of memory without files, shared pages divided among those who share; None if we may not look."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except (PermissionError, ProcessLookupError, FileNotFoundError) as error:
        return None if isinstance(error, PermissionError) else 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(("Pss_Anon:", "Pss_Shmem:")))
