"""Which layers work on this machine, here and now: each is put on in a forked child and attacked. Never told from versions.

    python -P -m grader.execution.sandbox.probing < plan.json       prints the layers that work

A process of its own, for forking needs one thread. The plan is that of a real kernel, with every layer in it.
"""

import ctypes
import json
import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile

from grader.execution.linux import libc
from grader.execution.sandbox.confine import probe_only
from grader.execution.sandbox.plan import Layer, Plan, plan_from
from grader.execution.sandbox.privileges import own

PTRACE_TRACEME = 0
# What a layer is tried on top of, as far as that holds: what is closed off together counts, not by which of them.
UNDER: dict[Layer, tuple[Layer, ...]] = {
    "namespaces": (),
    "user": ("namespaces",),
    "seccomp": ("namespaces",),
    "landlock": ("namespaces", "user", "seccomp"),
    "scopes": ("namespaces", "user", "seccomp", "landlock"),
    "cgroup": ("namespaces",),
}


def working(plan: Plan, secret: str) -> list[Layer]:
    """Those of the plan's layers that hold. `secret`: a file that the plan does not show, and that everybody may write."""
    found: list[Layer] = ["limits"]
    with abstract_listener() as address:
        checks: dict[Layer, Callable[[], bool]] = {
            "namespaces": lambda: not Path(secret).exists() and os.getppid() == 1 and cut_off(),
            "user": lambda: os.getuid() != 0 and not can(lambda: os.setuid(0)),
            "seccomp": lambda: cut_off() and ptrace_fails() and can(socket.socketpair),
            "landlock": lambda: closed_off(secret),
            "scopes": lambda: kept_in(address),
            "cgroup": lambda: plan.name in Path("/proc/self/cgroup").read_text(),
        }
        for layer, holds in checks.items():
            give_back(plan)
            under = [one for one in found if one in ("limits", *UNDER[layer])]
            tried = replace(plan, layers=(*under, layer))
            if layer in plan.layers and probe_only(tried, partial(holds_at_home, holds, plan)):
                found.append(layer)
    give_back(plan)
    together = replace(plan, layers=tuple(found))
    return found if probe_only(together, lambda: at_home(plan)) else []


def give_back(plan: Plan) -> None:
    """The folders that a layer's try has given away."""
    for folder in plan.writable:
        own(folder, os.getuid())


@contextmanager
def abstract_listener() -> Iterator[str]:
    """The address of a socket without a path; everybody in the same network namespace can reach it."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"\0grade-probing-{os.getpid()}")
        listener.listen()
        yield listener.getsockname()


def closed_off(secret: str) -> bool:
    """A file that is not shown can be neither read nor emptied."""
    return not can(lambda: Path(secret).read_bytes()) and not can(lambda: os.truncate(secret, 0))


def kept_in(address: str) -> bool:
    """No other process gets a signal, and sockets without a path are out of reach."""
    with socket.socket(socket.AF_UNIX) as tried:
        return not can(lambda: tried.connect(address)) and not can(lambda: os.kill(os.getppid(), 0))


def holds_at_home(holds: Callable[[], bool], plan: Plan) -> bool:
    return holds() and at_home(plan)


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
        Path(secret.name).chmod(0o666)
        print(json.dumps(working(plan, secret.name)))


if __name__ == "__main__":
    main()
