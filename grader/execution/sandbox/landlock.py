"""Landlock: the kernel, and all that it starts, reach only the listed paths, whoever owns the others. landlock(7).

Works without any privilege. ABI 3 (Linux 6.2) adds emptying a file by its path to what is closed off, 4 (6.7) TCP, 6 (6.12)
signals and abstract sockets, which are the layer "scopes".
"""

import os
import struct
from pathlib import Path

from grader.execution.linux import checked, no_new_privileges, syscall
from grader.execution.sandbox.plan import Plan

CREATE, ADD_RULE, RESTRICT = 444, 445, 446  # the same on every architecture
EXECUTE, WRITE, READ, LIST = 1, 2, 4, 8
MAKE_CHARACTER_DEVICE, MAKE_BLOCK_DEVICE = 1 << 6, 1 << 11
TRUNCATE, DEVICE_CONTROL = 1 << 14, 1 << 15
TCP, SCOPES = 3, 3  # bind and connect; abstract sockets and signals
BELOW_ONLY = ~(
    EXECUTE | WRITE | READ | TRUNCATE | DEVICE_CONTROL
)  # rights that a rule on a plain file cannot hold
OUTSIDE = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/proc", "/sys/devices/system")


def abi() -> int:
    """Version of Landlock in this kernel; 0: none."""
    return max(0, int(syscall(CREATE, None, 0, 1)))


def leaves_emptying(plan: Plan) -> bool:
    """Whether truncate(2) reaches a file that the plan does not show, if its owner lets it be written."""
    return "namespaces" not in plan.layers and abi() < 3


def restrict(plan: Plan) -> None:
    """From now on: reading what the plan shows, writing what it gives. Raises OSError."""
    version = abi()
    if not version:
        raise OSError("no Landlock in this kernel")
    known = (1 << 13) - 1
    for since, right in ((2, 1 << 13), (3, TRUNCATE), (5, DEVICE_CONTROL)):
        known |= right if version >= since else 0
    scopes = SCOPES if "scopes" in plan.layers else 0
    if scopes and version < 6:
        raise OSError("no scopes in this kernel's Landlock")
    asked = struct.pack("QQQ", known, TCP if version >= 4 else 0, scopes)
    size = 8 if version < 4 else 16 if version < 6 else 24
    rules = checked(syscall(CREATE, asked[:size], size, 0), "landlock_create_ruleset")
    if "namespaces" in plan.layers:  # the root holds nothing else
        allow(rules, ("/",), known & (EXECUTE | READ | LIST))
        own: tuple[str, ...] = ("/tmp", "/dev", *plan.writable)
    else:
        for path in (*OUTSIDE, *plan.readable):
            for part in without(path, plan.hidden):
                allow(rules, (part,), known & (EXECUTE | READ | LIST))
            allow(rules, (path,), known & LIST)
        allow(rules, plan.shown, known & (EXECUTE | READ | LIST))
        nodes = ("null", "zero", "full", "random", "urandom", "shm", "tty", "ptmx", "pts")
        own = (*(f"/dev/{name}" for name in nodes), *plan.devices, *plan.writable)
    allow(rules, own, known & ~(MAKE_CHARACTER_DEVICE | MAKE_BLOCK_DEVICE))
    no_new_privileges()
    checked(syscall(RESTRICT, rules, 0), "landlock_restrict_self")
    os.close(rules)


def allow(rules: int, paths: tuple[str, ...], rights: int) -> None:
    """One rule for each path; a path that is not there is left out."""
    for path in paths:
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        held = rights if Path(path).is_dir() else rights & ~BELOW_ONLY
        if held:
            checked(syscall(ADD_RULE, rules, 1, struct.pack("=Qi", held, place), 0), f"landlock {path}")
        os.close(place)


def without(path: str, hidden: tuple[str, ...]) -> list[str]:
    """The fewest paths that cover `path` but none of `hidden`: Landlock can only add, never take away."""
    inside = [h for h in hidden if h == path or h.startswith(path.rstrip("/") + "/")]
    if path in inside:
        return []
    if not inside:
        return [path]
    try:
        entries = sorted(str(entry) for entry in Path(path).iterdir())
    except OSError:
        return []
    return [part for entry in entries for part in without(entry, tuple(inside))]
