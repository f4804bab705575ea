"""The grader's side of the fork server: starts it when the first kernel is wanted, replaces it when it dies."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from grader.execution.fate import KILLED, Fate
from grader.execution.messages import pair, receive, send

READY_SECONDS = 180.0  # a cold disk; 4 s otherwise
SERVER = (sys.executable, "-P", "-m", "grader.execution.server")
FIRST_WORD_SECONDS = 30.0  # for a forked kernel's process id


class CannotFork(Exception):
    """The fork server did not come up, or did not fork."""


class ForkedKernel:
    """subprocess.Popen's manners, as far as jupyter_client needs them, for a kernel that the fork server forked."""

    stdin = stdout = stderr = None

    def __init__(self, channel: socket.socket) -> None:
        """Waits for the kernel's process id; raises CannotFork."""
        self._channel = channel
        self.fate: Fate | None = None
        channel.settimeout(FIRST_WORD_SECONDS)
        try:
            message, _ = receive(channel)
        except TimeoutError:
            message = None
        if not message or "pid" not in message:
            channel.close()
            raise CannotFork(str((message or {}).get("cause", "no answer")))
        self.pid: int = message["pid"]
        channel.setblocking(False)

    @property
    def returncode(self) -> int | None:
        return self.fate.code if self.fate else None

    def poll(self) -> int | None:
        """The exit code once every process of the kernel has ended."""
        if self.fate is None:
            try:
                message, _ = receive(self._channel)
            except BlockingIOError:
                return None
            if message is None:
                self.fate = Fate(KILLED, lost=True)
            else:
                self.fate = Fate(int(message["exit"]), str(message["cause"]), bool(message["lost"]))
            self._channel.close()
        return self.fate.code

    def wait(self, timeout: float | None = None) -> int:
        """Blocks; raises subprocess.TimeoutExpired."""
        deadline = time.monotonic() + timeout if timeout is not None else float("inf")
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("kernel", timeout or 0.0)
            time.sleep(0.005)
        return code

    def send_signal(self, number: int) -> None:
        """SIGINT reaches the kernel's process group; any other signal ends all its processes."""
        if self.poll() is None:
            try:
                send(self._channel, {"signal": int(number)})
            except OSError:
                return  # it is ending; poll will say how

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    terminate = kill


class ForkedWorker:
    """A process of ours that answers messages (execution/worker.py)."""

    def __init__(self, channel: socket.socket) -> None:
        """Raises CannotFork."""
        self._channel = channel
        channel.settimeout(FIRST_WORD_SECONDS)
        message, _ = receive(channel)
        if not message:
            channel.close()
            raise CannotFork("no answer")
        self._process = os.pidfd_open(message["pid"])

    def ask(self, message: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Raises EOFError if the process has died, TimeoutError."""
        self._channel.settimeout(seconds)
        try:
            send(self._channel, message)
        except OSError as error:
            raise EOFError from error
        answer, _ = receive(self._channel)
        if answer is None:
            raise EOFError
        return answer

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._process, signal.SIGKILL)
        os.close(self._process)
        self._channel.close()


class ForkServer:
    """One for a grading run; may be asked from several threads. `environment`: what has to be set when it starts.
    `packages`: names in packages.PACKAGES that the class mentions."""

    def __init__(self, environment: dict[str, str], packages: Sequence[str] = ()) -> None:
        self._environment, self._packages = environment, packages
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._warm = True
        self.remark = ""  # why kernels start cold, for reports

    def launch(self, order: dict[str, Any]) -> ForkedKernel:
        """A new kernel. A server that died is replaced; one that does not come up twice serves cold kernels instead.

        Raises CannotFork if that does not work either.
        """
        for attempt in (1, 2, 3):
            try:
                return ForkedKernel(self._ask(order))
            except (CannotFork, OSError) as error:
                if attempt == 3:
                    raise CannotFork(str(error)) from error
                self._judge_failure(attempt, error)
        raise AssertionError("unreachable")

    def hire(self, function: str) -> ForkedWorker:
        """A process that answers messages with `module:function`. Raises CannotFork."""
        for attempt in (1, 2):
            try:
                return ForkedWorker(self._ask({"worker": function}))
            except (CannotFork, OSError) as error:
                if attempt == 2:
                    raise CannotFork(str(error)) from error
                self._judge_failure(attempt, error)
        raise AssertionError("unreachable")

    def _judge_failure(self, attempt: int, error: Exception) -> None:
        """After the second failure of a server that is not running, kernels start cold."""
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                return  # another thread's kernels live in it
            self._end_locked()
            if attempt == 2 and self._warm:
                self._warm = False
                self.remark = f"kernels were started cold: the fork server did not come up ({error})"[:400]

    def _ask(self, order: dict[str, Any]) -> socket.socket:
        """The grader's end of a new kernel's socket. Raises CannotFork, OSError if the server is gone."""
        with self._lock:
            if self._process is not None and self._process.poll() is not None:
                self._end_locked()
            if self._channel is None:
                self._channel = self._start()
            ours, theirs = pair()
            with theirs:
                send(self._channel, order, (theirs.fileno(),))
        return ours

    def _start(self) -> socket.socket:
        """Raises CannotFork with the last line that the server wrote."""
        ours, theirs = pair()
        with theirs, tempfile.TemporaryFile() as complaints:
            self._process = subprocess.Popen(
                [*SERVER, str(theirs.fileno()), "warm" if self._warm else "bare", *self._packages],
                env=self._environment,
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                start_new_session=True,  # Ctrl-C is for the grader alone
            )
            theirs.close()
            ours.settimeout(READY_SECONDS)
            try:
                message, _ = receive(ours)
            except TimeoutError:
                message = None
            if message is None:
                ours.close()
                self._process.kill()
                self._process.wait()
                self._process = None
                complaints.seek(0)
                lines = complaints.read()[-4000:].decode(errors="replace").strip().splitlines() or ["no word"]
                raise CannotFork(lines[-1])
        ours.settimeout(None)
        return ours

    def end(self) -> None:
        """End the server; kernels that still run end with it."""
        with self._lock:
            self._end_locked()

    def _end_locked(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if self._process is not None:
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    @property
    def pid(self) -> int | None:
        """The server's process id, for tests that kill it."""
        return self._process.pid if self._process else None


def forking_works() -> bool:
    """Linux with process descriptors (5.3, 2019)."""
    return sys.platform == "linux" and hasattr(os, "pidfd_open")
