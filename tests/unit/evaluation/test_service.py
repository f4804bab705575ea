"""The evaluating process: replaced when it dies, ended when it hangs, and a fault either way."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from grader.evaluation.course import Course
from grader.evaluation.service import Evaluator, SpawnedWorker
from grader.schema.evaluation import Evaluation
from grader.store import write_model


class Stub:
    """Does what its script says, one word an answer."""

    def __init__(self, script: list[str]) -> None:
        self.script = script
        self.killed = False

    def ask(self, message: dict[str, Any], seconds: float) -> dict[str, Any]:
        word = self.script.pop(0)
        if word == "dies":
            raise EOFError
        if word == "hangs":
            raise TimeoutError
        if word == "fails":
            return {"failed": "evaluation failed: ValueError: x"}
        if word == "works":
            done = Evaluation(
                key=message["key"], samples={}, networks={}, reference={}, faults=(), seconds=1.0, versions={}
            )
            write_model(Path(message["into"]), done)
        return {}

    def kill(self) -> None:
        self.killed = True


def asked(home: Path, *script: str) -> tuple[tuple[str, ...], int]:
    """Faults of one evaluation, and how many processes it took."""
    words, hired = list(script), []

    def hire() -> Stub:
        hired.append(Stub(words))
        return hired[-1]

    course = Course(home, home, "images", 10, 10, "reference.cifar_net:CifarNet")
    with Evaluator(course, hire) as evaluator:
        found = evaluator.evaluate(home, ["evidence/1"], "key")
    assert found.key == "key"
    assert all(one.killed for one in hired)
    assert not list(home.iterdir())
    return found.faults, len(hired)


def test_a_process_that_dies_is_replaced_once(tmp_path: Path) -> None:
    assert asked(tmp_path, "works") == ((), 1)
    assert asked(tmp_path, "dies", "works") == ((), 2)
    faults, hired = asked(tmp_path, "dies", "dies")
    assert (len(faults), hired) == (1, 2)
    assert "died" in faults[0]


def test_whatever_else_goes_wrong_is_a_fault_of_this_submission(tmp_path: Path) -> None:
    for word, said in (("hangs", "longer than"), ("fails", "ValueError"), ("nothing", "left nothing")):
        faults, _ = asked(tmp_path, word)
        assert said in faults[0]


def test_a_process_of_its_own_evaluates_where_there_is_no_fork_server(tmp_path: Path) -> None:
    course = Course(tmp_path, tmp_path, "images", 10, 10, "reference.cifar_net:CifarNet")
    with Evaluator(course, SpawnedWorker) as evaluator:
        found = evaluator.evaluate(tmp_path, [""], "key")
    assert "FileNotFoundError" in found.faults[0]  # it was there, and missed the images


def test_a_process_of_its_own_that_was_ended_is_no_longer_listed() -> None:
    worker = SpawnedWorker()
    number = worker._process.pid
    assert number is not None
    worker.kill()
    assert not psutil.pid_exists(number)


def test_several_are_evaluated_at_a_time_by_processes_that_are_kept(tmp_path: Path) -> None:
    together, hired = threading.Barrier(2, timeout=30), []

    class Meeting(Stub):
        def ask(self, message: dict[str, Any], seconds: float) -> dict[str, Any]:
            if message["key"] != "last":
                together.wait()  # BrokenBarrierError if the other one has to wait for this one
            return super().ask(message, seconds)

    def hire() -> Stub:
        hired.append(Meeting(["works"] * 3))
        return hired[-1]

    homes = [tmp_path / name for name in ("ada", "ben")]
    for home in homes:
        home.mkdir()
    course = Course(tmp_path, tmp_path, "images", 10, 10, None)
    with Evaluator(course, hire, processes=2) as evaluator, ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda home: evaluator.evaluate(home, [], "first"), homes))
        found.append(evaluator.evaluate(homes[0], [], "last"))
    assert [one.faults for one in found] == [(), (), ()]
    assert len(hired) == 2


def test_an_evaluation_that_is_stopped_is_a_fault_and_asks_no_other_process(tmp_path: Path) -> None:
    hired: list[Stub] = []

    class Stopped(Stub):
        def ask(self, message: dict[str, Any], seconds: float) -> dict[str, Any]:
            evaluator.end()
            raise EOFError

    def hire() -> Stub:
        hired.append(Stopped([]))
        return hired[-1]

    evaluator = Evaluator(Course(tmp_path, tmp_path, "images", 10, 10, None), hire)
    assert evaluator.evaluate(tmp_path, [], "key").faults == ("evaluation was stopped",)
    assert len(hired) == 1


def test_the_first_process_is_made_ready_once_and_then_used(tmp_path: Path) -> None:
    asked_for: list[dict[str, Any]] = []

    class Ready(Stub):
        def ask(self, message: dict[str, Any], seconds: float) -> dict[str, Any]:
            asked_for.append(message)
            return super().ask(message, seconds)

    hired: list[Stub] = []

    def hire() -> Stub:
        hired.append(Ready(["ready", "works"]))
        return hired[-1]

    with Evaluator(Course(tmp_path, tmp_path, "images", 10, 10, None), hire, lambda: 3) as evaluator:
        evaluator.prepare()
        evaluator.prepare()
        assert evaluator.evaluate(tmp_path, [], "key").faults == ()
    assert ["student" in message for message in asked_for] == [False, True]
    assert {message["threads"] for message in asked_for} == {3}
    assert len(hired) == 1


@pytest.mark.parametrize("way", ["dies", "hangs"])
def test_a_process_that_does_not_get_ready_is_replaced(way: str, tmp_path: Path) -> None:
    hired: list[Stub] = []

    def hire() -> Stub:
        hired.append(Stub([way] if not hired else ["works"]))
        return hired[-1]

    with Evaluator(Course(tmp_path, tmp_path, "images", 10, 10, None), hire) as evaluator:
        evaluator.prepare()
        while not hired or not hired[0].killed:
            time.sleep(0.001)
        assert evaluator.evaluate(tmp_path, [], "key").faults == ()
    assert len(hired) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="bounded on Linux only")
def test_a_process_does_not_take_more_memory_than_it_may() -> None:
    code = (
        "from grader.evaluation.remote import bound_memory\n"
        "bound_memory(10**9)\n"
        "b'0' * 10**8\n"
        "try: b'0' * 2 * 10**9\n"
        "except MemoryError: print('refused')"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout == "refused\n"
