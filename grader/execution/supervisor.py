"""Between the fork server and one kernel: passes signals on, enforces limits, ends everything, says how it ended.

A supervisor is forked for each kernel and forks the kernel. It is trusted, runs no code of a student's, and is the reaper of
whatever the kernel leaves behind. Its socket to the grader is the kernel's lease of life: when the grader goes, the kernel goes.
"""

import os
import select
import signal
import socket
import sys
import time
import traceback
from typing import Any, NoReturn

from grader.execution import child
from grader.execution.linux import become_subreaper, descendants, die_with_parent
from grader.execution.messages import close_all_but, receive, send

ENDING_SECONDS = 10.0  # for processes that were killed to disappear


class Asked(Exception):
    """SIGTERM: the fork server died, or somebody wants this kernel gone."""


def supervise(order: dict[str, Any], channel: socket.socket) -> NoReturn:
    """The whole life of a supervisor: fork a kernel, watch it, report {"exit": code, "cause": words}, leave."""
    code, cause = 1, ""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, asked)
        die_with_parent(signal.SIGTERM)
        become_subreaper()
        close_all_but({channel.fileno()})
        code, cause = life(order, channel)
    except Asked:
        cause = "it was ended from outside"
    except Exception as error:
        cause = f"its supervisor failed: {type(error).__name__}: {error}"
        traceback.print_exc()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        end_everything()
        try:
            send(channel, {"exit": code, "cause": cause})
        finally:
            os._exit(0)


def asked(*_: object) -> None:
    raise Asked


def life(order: dict[str, Any], channel: socket.socket) -> tuple[int, str]:
    """From the kernel's first moment to its last; returns its exit code and the limit it broke, in words."""
    kernel = os.fork()
    if kernel == 0:
        run_kernel(order)
    send(channel, {"pid": kernel})
    ended = os.pidfd_open(kernel)
    waiting = select.poll()
    waiting.register(ended, select.POLLIN)
    waiting.register(channel, select.POLLIN)
    while True:
        ready = {descriptor for descriptor, _ in waiting.poll()}
        if ended in ready:
            break
        if channel.fileno() in ready:
            message, _ = receive(channel)
            number = message["signal"] if message else signal.SIGKILL
            if number == signal.SIGINT:
                interrupt(kernel)
            else:
                end_everything(but=kernel)
                os.kill(kernel, signal.SIGKILL)
                waiting.unregister(channel)
    _, status = os.waitpid(kernel, 0)
    return os.waitstatus_to_exitcode(status), ""


def run_kernel(order: dict[str, Any]) -> NoReturn:
    """In the forked child; never returns."""
    code = 1
    try:
        die_with_parent(signal.SIGKILL)
        os.setsid()
        child.reset_signals()
        child.become_kernel(order, kept=set())
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        if sys.__stderr__ is not None:
            sys.__stderr__.flush()
        os._exit(code & 0xFF)  # the interpreter's own end takes a second with torch loaded


def interrupt(kernel: int) -> None:
    """SIGINT for the kernel and what it started, as a terminal would do it."""
    try:
        os.killpg(kernel, signal.SIGINT)
    except ProcessLookupError:  # between the fork and its setsid, or already gone
        return


def end_everything(but: int = 0) -> None:
    """Kill all processes below this one until there are none; they can fork faster than one look finds them."""
    deadline = time.monotonic() + ENDING_SECONDS
    while time.monotonic() < deadline:
        found = [pid for pid in descendants(os.getpid()) if pid != but]
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in found:
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    continue
        if but:
            return
        reap()
        if not found:
            return


def reap() -> None:
    """Collect children that have ended; orphans of the kernel are ours as well."""
    try:
        while os.waitpid(-1, 0)[0]:
            pass
    except ChildProcessError:
        return
