"""Which layers work on this machine, here and now: each is put on in a forked child and attacked. Never told from versions.

    python -P -m grader.execution.sandbox.probing < plan.json       prints the layers that work

A process of its own, for forking needs one thread. The plan is that of a real kernel, with every layer in it.
"""

import ctypes
import json
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile

from grader.execution.linux import libc
from grader.execution.sandbox.confine import probe_only
from grader.execution.sandbox.plan import Layer, Plan, plan_from
from grader.execution.sandbox.privileges import own

PTRACE_TRACEME = 0


def working(plan: Plan, secret: str) -> list[Layer]:
    """Layers that hold, the ones that depend on others tried with them. `secret`: a file that the plan does not show."""
    found: list[Layer] = ["limits"]
    checks: dict[Layer, Callable[[], bool]] = {
        "namespaces": lambda: not Path(secret).exists() and os.getppid() == 1 and cut_off() and at_home(plan),
        "user": lambda: os.getuid() != 0 and not can(lambda: os.setuid(0)) and at_home(plan),
        "landlock": lambda: (
            closed_off(secret, alone=not {"namespaces", "user"} & set(found)) and at_home(plan)
        ),
        "seccomp": lambda: cut_off() and ptrace_fails() and can(socket.socketpair) and at_home(plan),
        "cgroup": lambda: plan.name in Path("/proc/self/cgroup").read_text() and at_home(plan),
    }
    for layer, holds in checks.items():
        if layer == "user" and os.getuid() != 0:
            continue
        for folder in plan.writable:
            own(folder, os.getuid())  # another layer's try has given it away
        with_root = [one for one in found if one in ("namespaces", "limits")]
        if probe_only(replace(plan, layers=(*with_root, layer)), holds):
            found.append(layer)
    for folder in plan.writable:
        own(folder, os.getuid())
    together = replace(plan, layers=tuple(found))
    return found if probe_only(together, lambda: at_home(plan)) else []


def closed_off(secret: str, alone: bool) -> bool:
    """A file that is not shown can be neither read nor emptied. `alone`: nothing else keeps signals from other processes."""
    reached = can(lambda: Path(secret).read_bytes()) or can(lambda: os.truncate(secret, 0))
    return not reached and not (alone and can(lambda: os.kill(os.getppid(), 0)))


def at_home(plan: Plan) -> bool:
    """What a notebook needs still works: its folder, the interpreter, the images."""
    return can(lambda: Path(plan.writable[0], "tried").write_text("x")) and all(
        can(partial(look_at, path)) for path in plan.readable
    )


def look_at(path: str) -> None:
    """Raises OSError."""
    if Path(path).is_dir():
        next(Path(path).iterdir(), None)
    else:
        Path(path).open("rb").close()


def can(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


def cut_off() -> bool:
    """Neither TCP nor UDP leaves this process, not even to the machine itself."""
    return not any(can(partial(reach, kind)) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM))


def reach(kind: int) -> None:
    """Port 9 of the machine itself (discard). A refusal comes from a network, so it counts as reached."""
    with socket.socket(socket.AF_INET, kind) as tried:
        try:
            tried.connect(("127.0.0.1", 9))
            tried.send(b"x")
        except ConnectionRefusedError:
            return


def ptrace_fails() -> bool:
    return bool(libc.ptrace(ctypes.c_long(PTRACE_TRACEME), 0, None, None) == -1)


def main() -> None:
    plan = plan_from(json.load(sys.stdin))
    with NamedTemporaryFile(prefix="grade-probing-") as secret:
        Path(secret.name).chmod(0o644)
        print(json.dumps(working(plan, secret.name)))


if __name__ == "__main__":
    main()
