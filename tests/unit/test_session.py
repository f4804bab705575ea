"""What a run takes from the machine it is on."""

import os
from pathlib import Path

import psutil
import pytest

from grader.session import gpu_memory, jobs_by_default


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
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    plenty = psutil.virtual_memory()._replace(available=10**12)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: plenty)
    assert jobs_by_default("0") == jobs
    assert jobs_by_default(None) == 8
