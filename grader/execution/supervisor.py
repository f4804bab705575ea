"""Between the fork server and one kernel: passes signals on, enforces limits, ends everything, says how it ended.

A supervisor is forked for each kernel and forks the kernel. It is trusted, runs no code of a student's, and is the reaper of
whatever the kernel leaves behind. Its socket to the grader is the kernel's lease of life: both go together.
"""

import os
import select
import signal
import socket
import sys
import time
import traceback
from pathlib import Path
from typing import Any, NoReturn

from grader.execution import child
from grader.execution.fate import gigabytes
from grader.execution.linux import become_subreaper, descendants, die_with_parent
from grader.execution.messages import close_all_but, receive, send
from grader.execution.sandbox import cgroups, confine
from grader.execution.sandbox.plan import Plan, plan_from
from grader.execution.sandbox.watch import DiskIsFull, Watch, out_of_memory

LOOK_SECONDS = 1.0  # a signal that comes just before a wait begins is seen after it
ENDING_SECONDS = 10.0  # for processes that were killed to disappear
STATUS: dict[int, int] = {}  # how children ended, as wait(2) says it


class Asked(Exception):
    """SIGTERM: the fork server died, or somebody wants this kernel gone."""


def supervise(order: dict[str, Any], channel: socket.socket) -> NoReturn:
    """The whole life of a supervisor: fork a kernel, watch it, report {"exit": code, "cause": words, "lost": bool}."""
    code, cause, lost = 1, "", True  # lost: through no doing of the kernel's
    groups: list[Path] = []
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, asked)
        die_with_parent(signal.SIGTERM)
        become_subreaper()
        close_all_but({channel.fileno()})
        plan = plan_from(order["plan"]) if order["plan"] else None
        if plan is not None:
            plan, groups = confine.prepare(plan)
        code, cause = life(order, plan, groups, channel)
        lost = False
    except Asked:
        cause = "it was ended from outside"
    except DiskIsFull as error:
        cause = str(error)
    except Exception as error:
        cause = f"its supervisor failed: {type(error).__name__}: {error}"
        traceback.print_exc()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        end_everything()
        cgroups.remove(groups)
        try:
            send(channel, {"exit": code, "cause": cause, "lost": lost})
        finally:
            os._exit(0)


def asked(*_: object) -> None:
    raise Asked


def life(
    order: dict[str, Any], plan: Plan | None, groups: list[Path], channel: socket.socket
) -> tuple[int, str]:
    """From the kernel's first moment to its last; returns its exit code and the limit it broke, in words."""
    watch = Watch(plan, held=bool(groups)) if plan is not None else None
    said, status = os.pipe()
    first = os.fork()  # the kernel, or the first process of its namespace
    if first == 0:
        channel.close()
        os.close(said)
        run_kernel(order, plan, groups, status)
    os.close(status)
    send(channel, {"pid": first})
    inside = plan is not None and "namespaces" in plan.layers
    cause = follow(first, inside, watch, channel)
    end_everything()
    written = os.read(said, 20) if inside else b""
    how = int(written) if written else STATUS.get(first, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(how)
    if plan is not None and not cause:
        cause = limit_passed(code, plan, groups)
    return code, cause


def follow(first: int, inside: bool, watch: Watch | None, channel: socket.socket) -> str:
    """Until the process has ended, or has to be ended: then the reason, in words."""
    ended = os.pidfd_open(first)
    waiting = select.poll()
    waiting.register(ended, select.POLLIN)
    waiting.register(channel, select.POLLIN)
    while True:
        ready = {
            descriptor for descriptor, _ in waiting.poll(1000 * (watch.seconds if watch else LOOK_SECONDS))
        }
        if ended in ready:
            return ""
        if channel.fileno() in ready:
            message, _ = receive(channel)
            if not message or message["signal"] != signal.SIGINT:
                return "it was ended by the grader"
            interrupt(first, inside)
        cause = watch.broken() if watch else ""
        if cause:
            return cause


def limit_passed(code: int, plan: Plan, groups: list[Path]) -> str:
    """Which limit ended the kernel, in words; "" if it was none."""
    if code == -signal.SIGXCPU:
        return f"it used up its processor time (limit {plan.limits.cpu_seconds} s)"
    if code == -signal.SIGXFSZ:
        return f"it wrote a file of more than {gigabytes(plan.limits.file_size)}"
    if code == -signal.SIGKILL and cgroups.out_of_memory(groups):
        return out_of_memory(plan.limits.memory)
    return ""


def run_kernel(order: dict[str, Any], plan: Plan | None, groups: list[Path], status: int) -> NoReturn:
    """In the forked child; never returns."""
    code = 1
    try:
        child.reset_signals()
        child.redirect(order["log"])
        if plan is None:
            die_with_parent(signal.SIGKILL)
            os.setsid()
        else:
            confine.enter(plan, groups, status)
        child.become_kernel(order)
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        if sys.__stderr__ is not None:
            sys.__stderr__.flush()
        os._exit(code & 0xFF)  # the interpreter's own end takes a second with torch loaded


def interrupt(first: int, inside: bool) -> None:
    """SIGINT for the kernel and what it started, as a terminal would do it; in a namespace its first process does so."""
    try:
        if inside:
            os.kill(first, signal.SIGINT)
        else:
            os.killpg(first, signal.SIGINT)
    except ProcessLookupError:  # between the fork and its setsid, or already gone
        return


def end_everything() -> None:
    """Kill all processes below this one until there are none: orphans become children of this process, so none escapes.

    One look is not enough. Processes fork faster than it finds them, and it misses one whose parent ends meanwhile.
    """
    deadline = time.monotonic() + ENDING_SECONDS
    while reap() and time.monotonic() < deadline:
        found = descendants(os.getpid())
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in found:
                try:
                    os.kill(pid, number)
                except (ProcessLookupError, PermissionError):
                    continue
        time.sleep(0.001)


def reap() -> bool:
    """Collect children that have ended, orphans of the kernel's among them; whether there are others."""
    try:
        while True:
            pid, how = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return True
            STATUS[pid] = how
    except ChildProcessError:
        return False
