"""Another user, no capability, no way to gain one; and the limits that the system holds for each process. setrlimit(2)."""

import ctypes
import grp
import os
import pwd
import resource
import struct
from contextlib import suppress
from pathlib import Path

from grader.execution.linux import (
    PR_CAP_AMBIENT,
    PR_CAPBSET_DROP,
    PR_SET_DUMPABLE,
    checked,
    libc,
    no_new_privileges,
    prctl,
)
from grader.execution.sandbox.plan import Plan

FIRST_USER, USERS = 20_000, 40_000  # ids that few systems give to people; in every container's map
TRIES, STRIDE = 100, 397  # apart, since directories give ids in a row
CAPABILITIES = 64  # more than there are
CLEAR_AMBIENT = 4
CPU_GRACE = 5  # seconds from SIGXCPU, which says why, to SIGKILL, for who ignores it
VERSION_3 = 0x20080522  # of struct __user_cap_header_struct


def new_user(supervisor: int) -> int:
    """A user id for the kernel of this supervisor (its process id): another one for each, and no account of this machine
    or its directory. Raises OSError where all that were tried are accounts."""
    for number in range(supervisor, supervisor + TRIES * STRIDE, STRIDE):
        user = FIRST_USER + number % USERS
        if not is_taken(user):
            return user
    raise OSError(f"accounts have all user ids tried from {FIRST_USER} to {FIRST_USER + USERS}")


def is_taken(user: int) -> bool:
    for known in (pwd.getpwuid, grp.getgrgid):
        with suppress(KeyError):
            known(user)
            return True
    return False


def own(path: str, user: int) -> None:
    """Give a folder of ours, with what lies in it, to the kernel's user."""
    for folder, folders, files in os.walk(path):
        for name in (".", *folders, *files):
            os.chown(Path(folder, name), user, user, follow_symlinks=False)


def become_user(user: int) -> None:
    """Leave root for good. The bounding set goes first: afterwards one may not. Raises OSError."""
    drop_bounding_set()
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    prctl(PR_SET_DUMPABLE, 1)  # else /proc/self belongs to root


def drop_bounding_set() -> None:
    for number in range(CAPABILITIES):
        libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0)  # fails for numbers that are none


def drop_capabilities() -> None:
    """None permitted, effective, inheritable or ambient. Raises OSError."""
    libc.prctl(PR_CAP_AMBIENT, CLEAR_AMBIENT, 0, 0, 0)
    head, none = struct.pack("II", VERSION_3, 0), bytes(24)
    checked(libc.capset(ctypes.c_char_p(head), ctypes.c_char_p(none)), "capset")
    no_new_privileges()


def set_limits(plan: Plan) -> None:
    """What one process may use. Address space is not limited: torch alone maps several GB."""
    limits = plan.limits
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: limits.cpu_seconds,
        resource.RLIMIT_FSIZE: limits.file_size,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_NPROC: limits.processes + (0 if "user" in plan.layers else threads_of(os.getuid())),
    }
    if not plan.gpu:  # a request that is too large fails in Python, with an error that names it
        wanted[resource.RLIMIT_DATA] = limits.memory + data_size()
    for which, most in wanted.items():
        hard = resource.getrlimit(which)[1]
        grace = CPU_GRACE if which == resource.RLIMIT_CPU else 0
        soft, hard = (
            least if hard == resource.RLIM_INFINITY else min(least, hard) for least in (most, most + grace)
        )
        resource.setrlimit(which, (soft, hard))


def data_size() -> int:
    """Bytes of private memory that this process has mapped, most of it shared with the fork server."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    return 0


def threads_of(user: int) -> int:
    """Threads that this user has on the machine: RLIMIT_NPROC counts them all."""
    count = 0
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and entry.stat().st_uid == user:
                count += int((entry / "stat").read_text().rpartition(")")[2].split()[17])
        except (OSError, ValueError):
            continue
    return count
