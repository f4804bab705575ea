"""What a run takes from the machine it is on."""

from pathlib import Path

import pytest

from grader import session
from grader.execution.packages import PACKAGES
from grader.schema.submission import Submission, WorkFile
from grader.session import gpu_memory, jobs_by_default, mentioned


def nvidia_smi(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """A program of this name, the only one on the path."""
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


@pytest.mark.parametrize(
    ("body", "free"),
    [
        ("echo 81559", 81559 * 2**20),
        ('[ "$1" = --id=3 ] && echo 100', 100 * 2**20),
        ("echo [N/A]", 0),
        ("exit 9", 0),
        ("true", 0),
    ],
)
def test_free_memory_of_a_gpu_is_what_nvidia_smi_says(
    body: str, free: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nvidia_smi(tmp_path, monkeypatch, body)
    assert gpu_memory("3") == free


def test_without_the_program_nothing_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gpu_memory("0") == 0


@pytest.mark.parametrize(("mebibytes", "jobs"), [(80_000, 8), (24_000, 4), (8_000, 1), (0, 1)])
def test_jobs_fit_into_cores_memory_and_the_gpu(
    mebibytes: int, jobs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nvidia_smi(tmp_path, monkeypatch, f"echo {mebibytes}")
    monkeypatch.setattr(session, "cores", lambda: 8)
    monkeypatch.setattr(session, "free_memory", lambda: 10**12)
    assert jobs_by_default("0") == jobs
    assert jobs_by_default(None) == 8


def test_words_are_found_in_what_is_run_and_in_modules_beside_it(tmp_path: Path) -> None:
    texts = {
        "lab.ipynb": "import pandas",
        "tools.py": "from sklearn import svm",
        "notes.txt": "matplotlib MNIST",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    submission = Submission(
        student="a",
        slug="a",
        work=(WorkFile(path=tmp_path / "lab.ipynb", kind="notebook"),),
        helpers=(tmp_path / "tools.py", tmp_path / "notes.txt", tmp_path / "gone.py"),
        root=tmp_path,
    )
    assert mentioned([submission], ["MNIST", *PACKAGES]) == {"pandas", "sklearn"}
    assert mentioned([], PACKAGES) == set()
