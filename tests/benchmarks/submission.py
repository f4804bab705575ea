"""Seconds for one submission: ours beside bare nbclient and the warm floor, interleaved in one run.

    python -m tests.benchmarks.submission [ROUNDS]

The notebook trains the lab's network for 4 steps of 64 of the stand-in's images and evaluates it on 256: all do the same.
Warm floor: the notebook's code in a process that has torch imported. Script: a new interpreter that runs it. Bare nbclient:
a cold ipykernel, nothing watched. nbgrader, where it is installed: `autograde` of a class of CLASS, divided by CLASS. Ours:
the same class through `grade --force`, divided by CLASS: fork server, sandbox, probe, export, replay, judging, pages, start
and end of the run included. One job uses a second core for evaluation, so what a second job gains is told by the rows with
as many cores as jobs. Figures, no assertions; on a noisy machine only the ratios of one run mean anything.
"""

import json
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from grader.datasets.store import default_cache, prepare
from grader.pipeline import grade
from grader.session import Options
from tests.harness import as_notebook, hand_in

CLASS = 8
SCRIPT = """
# %%
import numpy as np
import torch
import torchvision
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
# %%
torch.manual_seed(0)
def images(split):
    pixels = np.load(f"FOLDER/{split}_images.npy", mmap_mode="r")[:256]
    labels = np.load(f"FOLDER/{split}_labels.npy")[:256]
    return TensorDataset(torch.tensor(pixels).permute(0, 3, 1, 2) / 255, torch.tensor(labels).long())
train, test = DataLoader(images("train"), batch_size=64, shuffle=True), DataLoader(images("test"), batch_size=64)
net = nn.Sequential(
    nn.Conv2d(3, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(64, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
    nn.Linear(1024, 1000), nn.ReLU(), nn.Linear(1000, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
# %%
net.train()
for images, labels in train:
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(images), labels).backward()
    optimizer.step()
# %%
net.eval()
with torch.no_grad():
    print(sum((net(images).argmax(1) == labels).sum().item() for images, labels in test) / 256)
"""


def script() -> str:
    """On the images that kernels may see."""
    return SCRIPT.replace("FOLDER", str(prepare("cifar10", None, default_cache()).visible))


def warm(code: str) -> float:
    """Run in a process that lives on; the first call pays for the imports and is not counted."""
    began = time.perf_counter()
    exec(code, {"__name__": "__main__"})
    return time.perf_counter() - began


def bare() -> float:
    began = time.perf_counter()
    NotebookClient(as_notebook(script()), timeout=600, kernel_name="python3").execute()
    return time.perf_counter() - began


def as_script(folder: Path) -> float:
    path = folder / "lab.py"
    path.write_text(script())
    began = time.perf_counter()
    subprocess.run([sys.executable, path], check=True, capture_output=True)
    return time.perf_counter() - began


def nbgrader_course(folder: Path) -> Path:
    """A class whose hand-ins are the released notebook with the same code: one graded cell that holds all."""
    course = folder / "course"
    for place in ("source/lab", *(f"submitted/student{number}/lab" for number in range(CLASS))):
        home = course / place
        home.mkdir(parents=True)
        notebook = as_notebook(script())
        cell = {
            "schema_version": 3,
            "grade_id": "all",
            "grade": True,
            "solution": True,
            "locked": False,
            "points": 1,
        }
        notebook.cells[-1].metadata["nbgrader"] = cell | {"task": False}
        nbformat.write(notebook, home / "lab.ipynb")
    (course / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'c'\n")
    subprocess.run(["nbgrader", "generate_assignment", "lab"], cwd=course, check=True, capture_output=True)
    return course


def with_nbgrader(course: Path) -> float:
    began = time.perf_counter()
    subprocess.run(["nbgrader", "autograde", "lab", "--force"], cwd=course, check=True, capture_output=True)
    return (time.perf_counter() - began) / CLASS


def ours(folder: Path, jobs: int, cores: int | None = None) -> float:
    """`cores`: as many of the machine's for all processes of the run; None: all."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(allowed)[:cores])
    began = time.perf_counter()
    grade(
        Options(
            folder / "in", assignment="cifar_cnn", out=folder / "out", device="cpu", jobs=jobs, force=True
        )
    )
    seconds = time.perf_counter() - began
    os.sched_setaffinity(0, allowed)
    return seconds / CLASS


def stages(folder: Path) -> dict[str, float]:
    """Median seconds of the last class: what the stored records say, cells apart from the rest of execution."""
    found: dict[str, list[float]] = {"cells": [], "execution without cells": [], "evaluation": []}
    for home in sorted((folder / "out").glob("student*")):
        execution = json.loads((home / "execution.json").read_text())
        cells = sum(cell["seconds"] or 0 for file in execution["files"] for cell in file["cells"])
        found["cells"].append(cells)
        found["execution without cells"].append(execution["seconds"] - cells)
        found["evaluation"].append(json.loads((home / "evaluation.json").read_text())["seconds"])
    return {name: statistics.median(seconds) for name, seconds in found.items()}


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(CLASS):
            hand_in(folder / "in", f"student{number}", script())
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            pool.submit(warm, script()).result()
            ways: dict[str, Callable[[], float]] = {
                "warm floor": lambda: pool.submit(warm, script()).result(),
                "script": lambda: as_script(folder),
                "bare nbclient": bare,
                "1 job, 1 core": lambda: ours(folder, 1, cores=1),
                "2 jobs, 2 cores": lambda: ours(folder, 2, cores=2),
                "ours, 1 job": lambda: ours(folder, 1),
            }
            if shutil.which("nbgrader"):
                course = nbgrader_course(folder)
                ways["nbgrader"] = lambda: with_nbgrader(course)
            times: dict[str, list[float]] = {way: [] for way in ways}
            for _ in range(rounds):
                for way, run in ways.items():
                    times[way].append(run())
        shares = stages(folder)
    base = statistics.median(times["bare nbclient"])
    print("of ours, 1 job:", ", ".join(f"{name} {seconds:.2f} s" for name, seconds in shares.items()))
    print(f"{'':15}{'median s':>10}{'min':>8}{'max':>8}{'/ nbclient':>12}   n = {rounds}")
    for way, seconds in times.items():
        middle = statistics.median(seconds)
        print(f"{way:15}{middle:10.2f}{min(seconds):8.2f}{max(seconds):8.2f}{middle / base:12.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
