"""Memory and number of processes of a kernel with all that it starts, held by the kernel of the machine. cgroups(7).

Processor time too is shared by kernels, not by processes, where there is a controller for it: a kernel that starts hundreds
of them does not slow down its neighbours.

Version 1 and 2. Whether groups can be made is a matter of the machine and its container: probing.py finds out. Without them
watch.py looks from time to time.
"""

import os
import time
from contextlib import suppress
from pathlib import Path

from grader.execution.sandbox.plan import Limits
from grader.machine import OURS, VERSION_2, own_groups

ROOT = Path("/sys/fs/cgroup")
PREFIX = "grade-"
NEEDED = {"memory", "pids"}  # controllers
REMOVE_SECONDS = 2.0  # a group can be removed a moment after its last process has gone


def create(name: str, limits: Limits, root: Path = ROOT, ours: Path = OURS) -> list[Path]:
    """Make the groups; raises OSError, and then leaves none."""
    if version_2(root):
        above = parent(root, ours)
        wanted = {above / name: {"memory.max": limits.memory, "pids.max": limits.processes}}
        helpful = {
            above / "cgroup.subtree_control": "+cpu",
            above / name / "memory.swap.max": "0",
            above / name / "memory.oom.group": "1",
        }
    else:
        wanted = {
            root / "memory" / name: {"memory.limit_in_bytes": limits.memory},
            root / "pids" / name: {"pids.max": limits.processes},
        }
        helpful = {}
    made: list[Path] = []
    try:
        for group, settings in wanted.items():
            group.mkdir()
            made.append(group)
            for file, value in settings.items():
                (group / file).write_text(str(value))
    except OSError:
        remove(made)
        raise
    for path, text in helpful.items():
        with suppress(OSError):  # no such controller, no swap
            path.write_text(text)
    return made if version_2(root) else [*made, *shares_of_processor(root, name)]


def version_2(root: Path) -> bool:
    return (root / "cgroup.controllers").exists()


def parent(root: Path, ours: Path) -> Path:
    """The nearest group of version 2 in which groups that hold memory and processes can be made. Raises OSError.

    The nearest, for what limits us, such as a batch job, limits our kernels too then; and because an ordinary user may move
    processes only within the part of the tree that is theirs.
    """
    for group in own_groups(VERSION_2, root, ours):
        with suppress(OSError):
            shared = set((group / "cgroup.subtree_control").read_text().split())
            if shared >= NEEDED and os.access(group, os.W_OK) and os.access(group / "cgroup.procs", os.W_OK):
                return group
    raise OSError("no control group in which others that hold memory and processes can be made")


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


def remove_left_overs(run: int, root: Path = ROOT, ours: Path = OURS) -> None:
    """Groups of a grading run, given by its process id, that was killed."""
    version_1 = (root / "memory", root / "pids", root / "cpu")
    for folder in (root, *version_1, *own_groups(VERSION_2, root, ours)):
        remove(list(folder.glob(f"{PREFIX}{run}-*")))
