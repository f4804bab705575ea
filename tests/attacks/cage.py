"""Runs an attack where a kernel would run: below a supervisor, under a plan whose layers were seen to hold a moment before.

No attack ever runs elsewhere: `Cage` cannot be made for a level that this machine does not give.
"""

import json
import os
import select
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from grader.execution import supervisor
from grader.execution.fate import Fate
from grader.execution.linux import PR_CAPBSET_DROP, PR_SET_DUMPABLE, libc, prctl
from grader.execution.messages import pair, receive
from grader.execution.sandbox.confinement import EVERY_LAYER, plan_of
from grader.execution.sandbox.levels import Level, level_of
from grader.execution.sandbox.plan import Layer, Limits, Plan
from grader.execution.sandbox.probing import working

PLAIN_USER = 12_345
CAP_SYS_ADMIN = 21
SECONDS = 30.0
LIMITS = Limits(
    memory=300 * 10**6, cpu_seconds=20, disk=60 * 10**6, file_size=20 * 10**6, processes=40, open_files=256
)


def stay() -> None:
    """As root."""


def become_plain() -> None:
    """As an ordinary user, with none of root's capabilities."""
    if os.getuid() != 0:
        return  # who runs the tests is one
    os.setgroups([])
    os.setresgid(PLAIN_USER, PLAIN_USER, PLAIN_USER)
    os.setresuid(PLAIN_USER, PLAIN_USER, PLAIN_USER)
    prctl(PR_SET_DUMPABLE, 1)  # as after an exec


def contained() -> None:
    """As root in a container: without CAP_SYS_ADMIN."""
    libc.prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN, 0, 0, 0)
    import ctypes
    import struct

    head = struct.pack("II", 0x20080522, 0)
    held = ctypes.create_string_buffer(24)
    assert libc.capget(ctypes.c_char_p(head), held) == 0
    words = list(struct.unpack("6I", held.raw))
    words[0] &= ~(1 << CAP_SYS_ADMIN)
    words[1] &= ~(1 << CAP_SYS_ADMIN)
    assert libc.capset(ctypes.c_char_p(head), ctypes.c_char_p(struct.pack("6I", *words))) == 0


Start = Callable[[], None]
LEVELS: dict[str, tuple[Start, tuple[Layer, ...]]] = {
    "root": (stay, EVERY_LAYER),
    "root on an older machine": (stay, ("namespaces", "user", "landlock", "seccomp", "cgroup", "limits")),
    "root without Landlock": (stay, ("namespaces", "user", "seccomp", "cgroup", "limits")),
    "user with namespaces": (become_plain, ("namespaces", "landlock", "seccomp", "limits")),
    "user with namespaces and groups": (
        become_plain,
        ("namespaces", "landlock", "seccomp", "cgroup", "limits"),
    ),
    "user without Landlock": (become_plain, ("namespaces", "seccomp", "limits")),
    "user": (become_plain, ("landlock", "scopes", "seccomp", "limits")),
    "root in a container": (contained, ("user", "landlock", "scopes", "seccomp", "limits")),
    "root in an older container": (contained, ("user", "landlock", "seccomp", "limits")),
}


@dataclass(frozen=True)
class Cage:
    """A level that holds here. `outside`: a folder of the grader's user that everybody may read and write, which no plan
    shows."""

    start: Start
    level: Level
    plan: Plan
    outside: Path

    def run(self, attack: Callable[[], object], limits: Limits = LIMITS) -> tuple[object, Fate]:
        """What the attack returned (None: it did not get that far), and how its process ended."""
        said = Path(self.plan.writable[0], "said.json")
        said.unlink(missing_ok=True)
        ours, theirs = pair()
        child = os.fork()
        if child == 0:
            try:
                ours.close()
                self.start()
                supervisor.child.become_kernel = lambda order: said.write_text(json.dumps(attack()))  # type: ignore
                plan = replace(self.plan, limits=limits, name=f"{self.plan.name}-{os.getpid()}")
                log = str(Path(self.plan.writable[0], "log"))
                supervisor.supervise({"plan": plan.as_json(), "log": log}, theirs)
            finally:
                os._exit(1)
        theirs.close()
        try:
            fate = self._fate(ours)
        finally:
            os.kill(child, signal.SIGTERM)
            os.waitpid(child, 0)
            ours.close()
        return (json.loads(said.read_text()) if said.exists() else None), fate

    def _fate(self, channel: object) -> Fate:
        while select.select([channel], [], [], SECONDS)[0]:
            message, _ = receive(channel)  # type: ignore[arg-type]
            if message is None:
                return Fate(-signal.SIGKILL, lost=True)
            if "exit" in message:
                return Fate(message["exit"], message["cause"], message["lost"])
        raise AssertionError("the attack did not end")


@contextmanager
def cage(name: str) -> Iterator[Cage]:
    """Skips the test where this machine does not give the level."""
    start, layers = LEVELS[name]
    if os.getuid() != 0 and start is not become_plain:
        pytest.skip("needs root")
    folder, sockets, outside = (Path(tempfile.mkdtemp(prefix=f"grade-{os.getpid()}-")) for _ in range(3))
    try:
        plan = plan_of(layers, LIMITS, (), (), False, folder, sockets)
        plan = replace(plan, readable=(), shown=())
        sockets.chmod(0o755)
        outside.chmod(0o777)
        secret = outside / "secret"
        secret.write_text("labels")
        secret.chmod(0o644)
        if os.getuid() == 0 and start is become_plain:
            for path in (folder, sockets, *folder.iterdir(), *sockets.iterdir()):
                os.chown(path, PLAIN_USER, PLAIN_USER)
            for path in (outside, secret):  # the grader's own
                os.chown(path, PLAIN_USER, -1)
        found = in_child(lambda: _probed(start, plan, str(secret)))
        if not set(layers) <= set(found):
            pytest.skip(f"not on this machine: {', '.join(sorted(set(layers) - set(found)))}")
        yield Cage(start, level_of(layers), plan, outside)
    finally:
        for path in (folder, sockets, outside):
            shutil.rmtree(path, ignore_errors=True)


def _probed(start: Start, plan: Plan, secret: str) -> list[Layer]:
    start()
    return working(plan, secret)


def in_child(function: Callable[[], list[Layer]]) -> list[Layer]:
    """Its result, from a forked process."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(write, json.dumps(function()).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as reader:
        text = reader.read()
    os.waitpid(child, 0)
    return json.loads(text or "[]")  # type: ignore[no-any-return]
