"""Nothing lost, nothing done twice: killed at any moment, `grade` goes on where it was."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from grader.errors import UsageError
from grader.execution.provisioner import MARK
from grader.pipeline import grade
from grader.schema.execution import Execution
from grader.schema.result import ClassResult
from grader.session import Options
from grader.store import locked, write_model
from tests.harness import hand_in

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
STUDENTS = ("ann", "bob", "cid")
SOLUTION = """\
# %%
import torch
from torch import nn
from torchvision import datasets, transforms

data = datasets.CIFAR10("data", train=True, download=True, transform=transforms.ToTensor())
loader = torch.utils.data.DataLoader(data, batch_size=32, shuffle=True)
features = nn.Sequential(nn.Conv2d(3, 8, {kernel}, padding={padding}), nn.ReLU(), nn.MaxPool2d(4))
net = nn.Sequential(features, nn.Flatten(), nn.Linear(512, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
# %%
for step, (images, labels) in enumerate(loader):
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(images), labels).backward()
    optimizer.step()
    if step == 2:
        break
"""
EXACT = (
    "executed.ipynb",
    "execution.json",
    "evaluation.json",
)  # files that a run that repeats nothing leaves alone


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Submissions and the results of an undisturbed run."""
    folder = tmp_path_factory.mktemp("resume")
    for number, name in enumerate(STUDENTS):
        kernel, padding = (3, 1) if number == 1 else (5, 2)
        hand_in(folder / "submissions", name, SOLUTION.format(kernel=kernel, padding=padding))
    again(folder)
    return folder


@pytest.fixture
def folder(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "copy"))


def again(folder: Path, **options: object) -> ClassResult:
    given: dict[str, object] = {
        "assignment": "cifar_cnn",
        "out": folder / "results",
        "device": "cpu",
        "jobs": 1,
    }
    return grade(Options(submissions=folder / "submissions", **(given | options)))  # type: ignore[arg-type]


def touched(folder: Path) -> dict[str, list[int]]:
    """When each student's stages were last written, in nanoseconds."""
    return {s: [(folder / "results" / s / name).stat().st_mtime_ns for name in EXACT] for s in STUDENTS}


def marks(folder: Path) -> dict[str, object]:
    """Scores and outcomes of the class file."""
    results = json.loads((folder / "results" / "results.json").read_text())["results"]
    return {
        r["student"]: (r["score"], r["score_range"], [c["outcome"] for t in r["tasks"] for c in t["checks"]])
        for r in results
    }


def test_a_second_run_executes_nothing(folder: Path) -> None:
    before, old = touched(folder), marks(folder)
    graded = again(folder)
    assert touched(folder) == before
    assert marks(folder) == old
    assert [result.student for result in graded.results] == list(STUDENTS)


def test_only_the_changed_student_runs_again(folder: Path) -> None:
    before = touched(folder)
    path = folder / "submissions" / "bob" / "bob.ipynb"
    path.write_text(path.read_text().replace("step == 2", "step == 1"))
    again(folder)
    after = touched(folder)
    assert {name for name in STUDENTS if before[name] != after[name]} == {"bob"}


def test_a_changed_helper_file_counts(folder: Path) -> None:
    (folder / "submissions" / "cid" / "notes.txt").write_text("new")
    before = touched(folder)
    again(folder, only="cid")
    assert touched(folder)["cid"] != before["cid"]


def test_force_with_only_repeats_one_and_keeps_the_others(folder: Path) -> None:
    before = touched(folder)
    graded = again(folder, only="ann", force=True)
    after = touched(folder)
    assert {name for name in STUDENTS if before[name] != after[name]} == {"ann"}
    assert [result.student for result in graded.results] == list(STUDENTS)
    assert set(marks(folder)) == set(STUDENTS)
    assert len((folder / "results" / "gradebook.csv").read_text().splitlines()) == 1 + len(STUDENTS)


def test_rejudge_executes_nothing_even_what_changed(folder: Path) -> None:
    before, old = touched(folder), marks(folder)
    path = folder / "submissions" / "bob" / "bob.ipynb"
    path.write_text(path.read_text().replace("step == 2", "step == 1"))
    again(folder, rejudge=True)
    assert touched(folder) == before
    assert marks(folder) == old


def test_rejudge_keeps_the_profile_that_was_run(folder: Path) -> None:
    graded = again(folder, rejudge=True, profile="full")
    assert {result.profile.name for result in graded.results} == {"quick"}


def test_rejudge_leaves_out_what_is_not_stored(folder: Path) -> None:
    shutil.rmtree(folder / "results" / "cid")
    graded = again(folder, rejudge=True)
    assert graded.not_graded == ("cid",)
    assert not (folder / "results" / "cid").exists()


def test_damaged_records_are_made_again(folder: Path) -> None:
    before = touched(folder)
    (folder / "results" / "ann" / "evaluation.json").write_text("{")
    again(folder)
    after = touched(folder)
    assert before["ann"][:2] == after["ann"][:2]
    assert before["ann"][2] != after["ann"][2]


def test_an_unfinished_run_is_not_measured_by_the_one_before(folder: Path) -> None:
    old = touched(folder)["ann"][2]
    (folder / "results" / "ann" / "execution.json").unlink()  # killed while running again
    again(folder, only="ann")
    assert touched(folder)["ann"][2] != old


def test_a_fault_of_ours_leaves_out_one_student(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import grader.stages as stages

    right = stages.judged

    def broken(submission, *rest):  # type: ignore[no-untyped-def]
        if submission.student == "bob":
            raise ZeroDivisionError("a bug")
        return right(submission, *rest)

    monkeypatch.setattr(stages, "judged", broken)
    graded = again(folder)
    assert graded.not_graded == ("bob",)
    assert "ZeroDivisionError: a bug" in (folder / "results" / "bob" / "fault.txt").read_text()
    monkeypatch.undo()
    again(folder)
    assert not (folder / "results" / "bob" / "fault.txt").exists()


def start(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "grader", "submissions", "--assignment", "cifar_cnn", "--device", "cpu"]
    with (folder / "said.txt").open(
        "w"
    ) as said:  # a file: who waits for a pipe's end waits for left-overs too
        return subprocess.Popen([*command, "--jobs", "1"], cwd=folder, stderr=said, stdout=said, text=True)


def wait_for(path: Path, seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < end, f"{path} did not appear"
        time.sleep(0.02)


def kernels_of(run: int) -> Iterator[int]:
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK, "").startswith(f"{run}-"):
                yield process.pid
        except psutil.Error:
            continue


def wait_for_kernel(run: subprocess.Popen[str]) -> None:
    """A kernel runs: bob's, once ann is done."""
    while not list(kernels_of(run.pid)):
        assert run.poll() is None
        time.sleep(0.02)


@pytest.fixture
def fresh(finished: Path, tmp_path: Path) -> Path:
    """The same class, not graded yet; the second notebook takes its time, so that a test can meet it at work."""
    shutil.copytree(finished / "submissions", tmp_path / "submissions")
    slow = SOLUTION.format(kernel=3, padding=1) + "# %%\nimport time\ntime.sleep(20)\n"
    hand_in(tmp_path / "submissions", "bob", slow)
    return tmp_path


def test_a_killed_run_goes_on_and_ends_the_same(finished: Path, fresh: Path) -> None:
    run = start(fresh)
    wait_for(fresh / "results" / "ann" / "result.json")
    wait_for_kernel(run)
    run.kill()
    run.wait()
    stamp = (fresh / "results" / "ann" / "execution.json").stat().st_mtime_ns
    assert not (fresh / "results" / "cid").exists()
    again(fresh)
    assert (fresh / "results" / "ann" / "execution.json").stat().st_mtime_ns == stamp
    assert marks(fresh) == marks(finished)
    assert not list(kernels_of(run.pid))
    assert not (fresh / "results" / ".work").exists()
    assert not list(Path(tempfile.gettempdir()).glob(f"grade-{run.pid}-*"))
    assert not list((fresh / "results").rglob("*.part"))


def test_ctrl_c_is_130_and_keeps_what_is_finished(finished: Path, fresh: Path) -> None:
    run = start(fresh)
    wait_for(fresh / "results" / "ann" / "result.json")
    wait_for_kernel(run)
    os.kill(run.pid, signal.SIGINT)
    run.wait(timeout=60)
    said = (fresh / "said.txt").read_text()
    assert run.returncode == 130, said
    assert "run the same command again" in said
    assert "Traceback" not in said
    assert marks(fresh) == {"ann": marks(finished)["ann"]}
    assert (fresh / "results" / "index.html").is_file()
    assert not (fresh / "results" / "bob" / "execution.json").exists()
    assert not (fresh / "results" / ".work").exists()
    assert not list(kernels_of(run.pid))


def test_a_second_run_at_the_same_time_is_refused(folder: Path) -> None:
    with locked(folder / "results"), pytest.raises(UsageError, match="another run is at work there"):
        again(folder)
    assert marks(folder)


def test_what_the_machine_broke_is_run_again(folder: Path) -> None:
    path = folder / "results" / "ann" / "execution.json"
    stored = Execution.model_validate_json(path.read_bytes())
    write_model(path, stored.model_copy(update={"broken": True}))
    shutil.rmtree(folder / "results" / "bob" / "evidence")
    before = touched(folder)
    again(folder)
    assert [s for s in STUDENTS if touched(folder)[s] != before[s]] == ["ann", "bob"]
    assert not Execution.model_validate_json(path.read_bytes()).broken


def test_a_folder_of_another_student_is_left_alone(folder: Path) -> None:
    (folder / "submissions" / "ann").rename(folder / "submissions" / "añn")
    before = touched(folder)
    assert again(folder, only="añn").not_graded == ("añn",)
    assert "holds the results of ann" in (folder / "results" / "ann" / "fault.txt").read_text()
    assert touched(folder) == before


def test_what_a_limit_ended_is_run_again_with_more(folder: Path) -> None:
    path = folder / "results" / "ann" / "execution.json"
    stored = Execution.model_validate_json(path.read_bytes())
    if stored.means is None:
        pytest.skip("nothing is limited here")
    ended = stored.files[0].cells[-1].model_copy(update={"status": "killed", "error": "it ran out of memory"})
    killed = stored.files[0].model_copy(update={"cells": (*stored.files[0].cells[:-1], ended)})
    for memory, repeated in ((stored.means.memory, []), (stored.means.memory // 2, ["ann"])):
        means = stored.means.model_copy(update={"memory": memory})
        write_model(path, stored.model_copy(update={"means": means, "files": (killed,)}))
        before = touched(folder)
        again(folder)
        assert [s for s in STUDENTS if touched(folder)[s][0] != before[s][0]] == repeated
