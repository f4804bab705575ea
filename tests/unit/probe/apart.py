"""Trainings that are watched in processes of their own: the probe patches PyTorch for good."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from grader.probe import loaders, patches
from grader.probe.cells import Cells
from grader.probe.config import Config
from grader.probe.watcher import Watcher

ROOT = Path(__file__).parents[3]


def run_apart(module: str, folder: Path) -> Path:
    """Run tests.unit.probe.<module>, which writes evidence into the folder and nothing to the terminal."""
    command = [sys.executable, "-m", f"tests.unit.probe.{module}", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return folder


def watching(folder: Path, **changes: Any) -> Watcher:
    """The probe at work, in one cell and without a budget but for `changes`."""
    plain: dict[str, Any] = {
        "evidence": str(folder), "images": {}, "classes": {}, "cells": [0], "train_steps": None,
        "train_samples": None, "eval_samples": None, "tiny_batch": 16, "seed": 0, "threads": 1,
    }  # fmt: skip
    watcher = Watcher(Config(**(plain | changes)), Cells([0]))
    loaders.install(watcher)
    patches.install(watcher)
    return watcher
