"""What the executor tells the probe: a JSON file named by the environment variable GRADER_PROBE."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Config:
    """Budgets are those of grader.schema.profile.Profile; None means as the student wrote it."""

    evidence: str  # folder to write into
    images: dict[str, str]  # data set name -> folder of .npy files
    classes: dict[str, list[str]]
    cells: list[int]  # indices of the code cells this kernel will run, in order
    train_steps: int | None
    train_samples: int | None
    eval_samples: int | None
    tiny_batch: int
    seed: int
    threads: int
    full_runs: int = 2  # training runs that get the whole budget
    later_share: float = 1.0  # of it, for the later ones
    script: str | None = None  # path of the script being run, for __file__ and sys.argv
    train_seconds: float | None = None
    batch_pixels: int | None = None
    kept_weights: int | None = None
    weights: str | None = None  # folder of published weights
    pieces: list[dict[str, Any]] = field(default_factory=list)  # functions to look for (functions.py)
    roles: dict[str, list[str]] = field(default_factory=dict)  # other names of their arguments
    helper_files: list[str] = field(default_factory=list)  # course files that wget would have fetched

    @property
    def bounded(self) -> bool:
        return self.train_steps is not None


def load() -> Config:
    """Read the configuration and remove the pointer to it from the environment."""
    return Config(**json.loads(Path(os.environ.pop("GRADER_PROBE")).read_text()))
