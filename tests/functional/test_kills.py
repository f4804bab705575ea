"""SIGKILL of `grade`, its fork server, a kernel or anything else at random moments: the result is the undisturbed one.

GRADER_KILLS=50 python -m pytest tests/functional/test_kills.py     # how often; 6 without
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from grader.schema.result import Result
from tests.functional.test_resume import SOLUTION
from tests.harness import hand_in

KILLS = int(os.environ.get("GRADER_KILLS", "6"))
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600 + 60 * KILLS)]
STUDENTS = ("ann", "bob", "cid", "dan")
VICTIMS = ("grade", "fork server", "kernel", "below the server")


def start(folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "grader", "submissions", "--assignment", "cifar_cnn", "--device", "cpu"]
    with (folder / "said.txt").open("ab") as said:
        return subprocess.Popen([*command, "--jobs", "2"], cwd=folder, stderr=said, stdout=said)


def graded(folder: Path) -> dict[str, object]:
    """What a person sees of each student: marks with their reasons, cells, remarks; without times."""
    found: dict[str, object] = {}
    for path in sorted((folder / "results").glob("*/result.json")):
        result = Result.model_validate_json(path.read_bytes())
        cells = [
            (run.file, [(cell.cell, cell.status, cell.error) for cell in run.cells]) for run in result.files
        ]
        found[result.student] = result.tasks, result.score_range, result.remarks, cells
    return found


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """A graded class, and the seconds that it took."""
    folder = tmp_path_factory.mktemp("undisturbed")
    for number, name in enumerate(STUDENTS):
        kernel, padding = ((3, 1), (5, 2))[number % 2]
        hand_in(folder / "submissions", name, SOLUTION.format(kernel=kernel, padding=padding))
    began = time.monotonic()
    assert start(folder).wait() in (0, 1), (folder / "said.txt").read_text()
    seconds = time.monotonic() - began
    assert list(graded(folder)) == list(STUDENTS)
    return folder, seconds


def kill_one(run: subprocess.Popen[bytes], victim: str, chance: random.Random) -> str:
    """Returns what was killed; "" if there was no such process."""
    try:
        if victim == "grade":
            run.kill()
            return "grade"
        servers = [
            p
            for p in psutil.Process(run.pid).children()
            if "grader.execution.server" in " ".join(p.cmdline())
        ]
        below = [c for p in servers for c in p.children(recursive=True)]
        kernels = [p for p in below if not p.children() and p.parent() not in servers]
        chosen = {"fork server": servers, "kernel": kernels, "below the server": below}[victim]
        if not chosen:
            return ""
        process = chance.choice(chosen)
        process.kill()
        return f"{victim}: {process.pid}"
    except psutil.Error:
        return ""


def left_by(run: int) -> list[object]:
    """Processes and folders of a run that has ended."""
    servers = [
        p.info["pid"]
        for p in psutil.process_iter(["pid", "cmdline", "ppid"])
        if "grader.execution.server" in " ".join(p.info["cmdline"] or ()) and p.info["ppid"] in (1, run)
    ]
    return [*servers, *Path(tempfile.gettempdir()).glob(f"grade-{run}-*")]


@pytest.mark.parametrize("number", range(KILLS))
def test_a_run_that_was_hit_ends_the_same(
    number: int, undisturbed: tuple[Path, float], tmp_path: Path
) -> None:
    whole, seconds = undisturbed
    chance = random.Random(number)
    victim = VICTIMS[number % len(VICTIMS)]
    shutil.copytree(whole / "submissions", tmp_path / "submissions")
    run = start(tmp_path)
    time.sleep(chance.uniform(0.2, 1.0) * seconds)
    hit = kill_one(run, victim, chance)
    code = run.wait(timeout=300)
    if hit != "grade":
        assert code in (0, 1), (hit, (tmp_path / "said.txt").read_text())
    elif code not in (0, 1):
        assert start(tmp_path).wait(timeout=300) in (0, 1), (tmp_path / "said.txt").read_text()
    assert graded(tmp_path) == graded(whole), (hit, (tmp_path / "said.txt").read_text())
    assert not left_by(run.pid)
    assert not (tmp_path / "results" / ".work").exists()
