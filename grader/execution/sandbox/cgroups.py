"""Memory and number of processes of a kernel with all that it starts, held by the kernel of the machine. cgroups(7).

Processor time too is shared by kernels, not by processes, where there is a controller for it: a kernel that starts hundreds
of them does not slow down its neighbours. Version 2 does so by itself.

Version 1 and 2. Whether groups can be made is a matter of the machine and its container: probing.py finds out. Without them
watch.py looks from time to time.
"""

import time
from contextlib import suppress
from pathlib import Path

from grader.execution.sandbox.plan import Limits

ROOT = Path("/sys/fs/cgroup")
PREFIX = "grade-"
REMOVE_SECONDS = 2.0  # a group can be removed a moment after its last process has gone


def create(name: str, limits: Limits, root: Path = ROOT) -> list[Path]:
    """Make the groups; raises OSError, and then leaves none."""
    if (root / "cgroup.controllers").exists():
        wanted = {
            root / name: {
                "memory.max": limits.memory,
                "memory.swap.max": 0,
                "memory.oom.group": 1,
                "pids.max": limits.processes,
            }
        }
    else:
        wanted = {
            root / "memory" / name: {"memory.limit_in_bytes": limits.memory},
            root / "pids" / name: {"pids.max": limits.processes},
        }
    made: list[Path] = []
    try:
        for group, settings in wanted.items():
            group.mkdir()
            made.append(group)
            for file, value in settings.items():
                if (group / file).exists():  # a machine without swap has no file for it
                    (group / file).write_text(str(value))
    except OSError:
        remove(made)
        raise
    return [*made, *shares_of_processor(root, name)]


def shares_of_processor(root: Path, name: str) -> list[Path]:
    """The group of version 1; none where that cannot be made, which opens nothing."""
    group = root / "cpu" / name
    try:
        group.mkdir()
    except OSError:
        return []
    return [group]


def join(groups: list[Path]) -> None:
    """This process, and all that it starts from now on. Raises OSError."""
    for group in groups:
        (group / "cgroup.procs").write_text("0")


def out_of_memory(groups: list[Path]) -> bool:
    """Whether the machine ended a process of these groups for its memory."""
    for group in groups:
        for file in ("memory.events", "memory.oom_control"):
            with suppress(OSError):
                for line in (group / file).read_text().splitlines():
                    name, _, count = line.partition(" ")
                    if name == "oom_kill" and int(count):
                        return True
    return False


def remove(groups: list[Path]) -> None:
    """Groups without processes; what cannot be removed stays, empty and harmless."""
    deadline = time.monotonic() + REMOVE_SECONDS
    for group in groups:
        while group.exists() and time.monotonic() < deadline:
            try:
                group.rmdir()
            except OSError:
                time.sleep(0.005)


def remove_left_overs(run: int, root: Path = ROOT) -> None:
    """Groups of a grading run, given by its process id, that was killed."""
    for folder in (root, root / "memory", root / "pids", root / "cpu"):
        remove(list(folder.glob(f"{PREFIX}{run}-*")))
