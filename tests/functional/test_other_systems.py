"""What macOS and Windows lack, taken away here: no fork server, no sandbox, no sockets with a path, no Unix modules."""

import subprocess
import sys
from pathlib import Path

import pytest

from grader import session
from grader.execution import runner
from tests.harness import as_notebook, grade_scripts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
WITHOUT_UNIX = """
import asyncio, multiprocessing, os, signal, subprocess, sys, tempfile
import jupyter_client, nbclient, psutil, zmq  # these know the systems that they run on
for name in ("fcntl", "grp", "pwd", "resource", "termios"):
    sys.modules[name] = None
for module, names in {
    os: ("fork", "getuid", "killpg", "mkfifo", "pidfd_open", "sched_getaffinity", "setsid", "WNOHANG"),
    signal: ("pidfd_send_signal", "SIGCHLD", "SIGKILL", "SIGXCPU", "SIGXFSZ"),
}.items():
    for name in names:
        if hasattr(module, name):
            delattr(module, name)
import grader.cli, grader.evaluation.remote, grader.pipeline, grader.self_check
from grader.execution.fate import KILLED, Fate
from grader.execution.warm import forking_works
from grader.machine import cores
assert not forking_works() and cores() >= 1
print(Fate(KILLED).in_words())
"""
NOTEBOOK = "# %%\nimport torch\nprint(torch.arange(3).sum())\n"


def test_nothing_of_unix_is_needed_to_start() -> None:
    command = [sys.executable, "-c", WITHOUT_UNIX]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("signal")


def test_a_notebook_runs_in_a_cold_kernel_without_sockets_that_have_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "forking_works", lambda: False)
    monkeypatch.setattr(runner, "TRANSPORT", "tcp")
    (result,) = grade_scripts({"ann": as_notebook(NOTEBOOK)}, tmp_path, sandbox="off").values()
    assert [cell.status for run in result.files for cell in run.cells] == ["ran"]
    assert "tensor(3)" in (tmp_path / "results" / "ann" / "executed.ipynb").read_text()
    assert result.sandbox.startswith("none")
