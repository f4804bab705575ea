"""`grader.check()` in a notebook: finds the file, runs `grade check` on it, and does nothing while it is graded."""

import builtins
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import grader
from grader import self_check


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Those that would be run; each prints a line."""
    ran: list[list[str]] = []
    popen = self_check.subprocess.Popen

    def started(command: list[str], **options: Any) -> Any:
        ran.append(command)
        return popen([sys.executable, "-c", "print('18 of 20 points')"], **options)

    monkeypatch.setattr(self_check.subprocess, "Popen", started)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.delenv(grader.BEING_GRADED, raising=False)
    return ran


@pytest.fixture
def notebook(tmp_path: Path) -> str:
    path = tmp_path / "lab.ipynb"
    path.touch()
    return str(path)


def test_the_file_that_jupyter_names_is_checked(
    commands: list[list[str]],
    notebook: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", notebook)
    grader.check()
    assert [command[1:] for command in commands] == [["-P", "-m", "grader", "check", notebook]]
    assert capsys.readouterr().out.splitlines()[-1] == "18 of 20 points"


def test_the_file_that_vs_code_names_is_checked(
    commands: list[list[str]], notebook: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = SimpleNamespace(user_ns={"__vsc_ipynb_file__": notebook})
    monkeypatch.setattr(builtins, "get_ipython", lambda: shell, raising=False)
    grader.check()
    assert commands[0][-1] == notebook


def test_a_name_that_is_given_counts(commands: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/ann/other.ipynb")
    grader.check("lab.ipynb")
    assert commands[0][-1] == "lab.ipynb"


@pytest.mark.parametrize("said", ["", "console-1", __file__, "/home/ann/its former name.ipynb"])
def test_without_a_file_the_way_to_name_it_is_said(
    said: str, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", said)
    grader.check()
    assert not commands
    assert 'grader.check("lab.ipynb")' in capsys.readouterr().out


def test_an_interrupted_check_has_time_to_clear_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    done = tmp_path / "cleared up"
    code = f"import time; print(1, flush=True); time.sleep(1); open({str(done)!r}, 'w').close()"
    popen = self_check.subprocess.Popen

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(
        self_check.subprocess, "Popen", lambda _, **o: popen([sys.executable, "-c", code], **o)
    )
    monkeypatch.setattr(builtins, "print", interrupted)
    with pytest.raises(KeyboardInterrupt):
        self_check.show("lab.ipynb")
    assert done.exists()


def test_nothing_is_checked_in_a_notebook_that_is_being_graded(
    commands: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(grader.BEING_GRADED, "1-abc")
    grader.check("lab.ipynb")
    assert not commands
    assert "is being graded" in capsys.readouterr().out


def test_the_variable_is_the_one_that_kernels_have(tmp_path: Path) -> None:
    from grader.execution.provisioner import environment

    assert grader.BEING_GRADED in environment(tmp_path, tmp_path / "probe.json", "1-abc", 1, None)
