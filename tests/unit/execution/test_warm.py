"""The fork server and its supervisors, with kernels that are a line of Python."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from grader.execution import warm
from grader.execution.warm import CannotFork, ForkedKernel, ForkServer, forking_works

pytestmark = [
    pytest.mark.skipif(not forking_works(), reason="kernels are forked on Linux only"),
    pytest.mark.timeout(60),
]
STUB = (sys.executable, "-P", "-m", "tests.unit.execution.stub_server")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ForkServer]:
    monkeypatch.setattr(warm, "SERVER", STUB)
    made = ForkServer({"PATH": os.environ["PATH"], "ONLY_THE_SERVERS": "1"})
    yield made
    made.end()


def order(code: str, folder: Path) -> dict[str, Any]:
    environment = {"MPLCONFIGDIR": str(folder), "OWN": "1"}
    return {
        "arguments": [code],
        "environment": environment,
        "folder": str(folder),
        "log": str(folder / "log"),
        "plan": None,
    }


def ended(kernel: ForkedKernel) -> str:
    kernel.wait(20)
    assert kernel.fate is not None
    return kernel.fate.in_words()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import os; os._exit(3)", "exit code 3"),
        ("raise SystemExit(4)", "exit code 4"),
        ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
        ("import os; os.kill(os.getpid(), 9)", "SIGKILL"),
        ("import os; os.killpg(0, 9)", "SIGKILL"),
        ("import os; os.abort()", "SIGABRT"),
        ("1 / 0", "exit code 1"),
    ],
)
def test_the_server_survives_and_says_how_a_kernel_ended(
    code: str, words: str, server: ForkServer, tmp_path: Path
) -> None:
    assert words in ended(server.launch(order(code, tmp_path)))
    assert "exit code 7" in ended(server.launch(order("raise SystemExit(7)", tmp_path)))


def test_a_kernel_has_nothing_of_its_server(server: ForkServer, tmp_path: Path) -> None:
    code = (
        "import os; fds = sorted(os.listdir('/proc/self/fd'))\n"  # the last one is that of the listing
        "open('seen', 'w').write(f'{sorted(os.environ)} {fds} {os.getcwd()}')"
    )
    server.launch(order(code, tmp_path)).wait(20)
    assert (tmp_path / "seen").read_text() == f"['MPLCONFIGDIR', 'OWN'] ['0', '1', '2', '3'] {tmp_path}"


def test_an_error_is_in_the_log(server: ForkServer, tmp_path: Path) -> None:
    server.launch(order("1 / 0", tmp_path)).wait(20)
    assert "ZeroDivisionError" in (tmp_path / "log").read_text()


def test_an_interrupt_interrupts_and_a_kill_kills(server: ForkServer, tmp_path: Path) -> None:
    wait = "import time\ntry: open('up', 'w'); time.sleep(50)\nexcept KeyboardInterrupt: raise SystemExit(5)"
    kernel = server.launch(order(wait, tmp_path))
    until((tmp_path / "up").exists)
    kernel.send_signal(signal.SIGINT)
    assert "exit code 5" in ended(kernel)
    kernel = server.launch(order("import time; time.sleep(50)", tmp_path))
    kernel.kill()
    assert ended(kernel) == "it was ended by the grader"


def until(condition: Any) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_server_that_died_is_replaced_and_its_kernels_end(server: ForkServer, tmp_path: Path) -> None:
    orphan = server.launch(order("import time; time.sleep(50)", tmp_path))
    first = server.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert "lost" in ended(orphan)
    assert not psutil.pid_exists(orphan.pid)
    assert "exit code 7" in ended(server.launch(order("raise SystemExit(7)", tmp_path)))
    assert server.pid != first
    assert server.remark == ""


def test_a_server_that_does_not_come_up_twice_serves_cold_kernels(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(warm, "SERVER", STUB)
    server = ForkServer({"PATH": os.environ["PATH"], "STUB_BROKEN": "1"})
    assert "exit code 7" in ended(server.launch(order("raise SystemExit(7)", tmp_path)))
    assert server.remark.endswith("the fork server did not come up (no torch here)")
    server.end()


def test_a_server_that_never_comes_up_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(warm, "SERVER", (sys.executable, "-c", "raise SystemExit('broken for good')"))
    server = ForkServer({})
    with pytest.raises(CannotFork, match="broken for good"):
        server.launch(order("", tmp_path))
    server.end()


def test_kernels_of_several_threads_do_not_mix(server: ForkServer, tmp_path: Path) -> None:
    def one(number: int) -> int:
        return server.launch(order(f"raise SystemExit({number})", tmp_path)).wait(20)

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(one, range(30))) == list(range(30))


def test_kernels_end_when_the_server_is_ended(server: ForkServer, tmp_path: Path) -> None:
    code = "import os, time\nif os.fork() == 0: os.setsid()\ntime.sleep(50)"
    kernel = server.launch(order(code, tmp_path))
    server.end()
    kernel.wait(20)
    until(lambda: not psutil.pid_exists(kernel.pid))
