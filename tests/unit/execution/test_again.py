"""Which cell is left out when a notebook is run again, and what becomes of it."""

import json
from pathlib import Path

import pytest

from grader.execution.again import SAID, as_good, fatal_cell, put_back, together, without
from grader.schema.result import CellRun
from tests.harness import as_notebook
from tests.unit.judging.networks import a_run

RAN = CellRun(cell=2, status="ran", seconds=1.0)
KILLED = CellRun(cell=4, status="killed", error="the kernel died in this cell: signal 9")
LATER = CellRun(cell=5, status="not_run")


def evidence(folder: Path, cell: int) -> Path:
    """Of a training that ran in this cell, counted from 0."""
    run = a_run(running=cell).model_dump(mode="json")
    (folder / "evidence.json").write_text(json.dumps({"runs": [run]}))
    return folder


def test_the_cell_that_killed_is_left_out_where_others_wait(tmp_path: Path) -> None:
    found = fatal_cell([RAN, KILLED, LATER], tmp_path)
    assert found is not None
    assert (found.cell, found.status) == (4, "killed")
    assert found.error == f"{KILLED.error}; {SAID}"


@pytest.mark.parametrize("cells", [[], [RAN], [RAN, KILLED], [RAN, LATER]])
def test_nothing_is_left_out_otherwise(cells: list[CellRun], tmp_path: Path) -> None:
    assert fatal_cell(cells, tmp_path) is None


def test_a_cell_that_trained_is_kept(tmp_path: Path) -> None:
    assert fatal_cell([RAN, KILLED, LATER], evidence(tmp_path, 3)) is None
    assert fatal_cell([RAN, KILLED, LATER], evidence(tmp_path, 1)) is not None


def test_code_and_output_of_what_was_left_out_come_back() -> None:
    tried = as_notebook("# %%\na = 1\n# %%\nboom()\n# %%\nb = 2\n")
    tried.cells[1].outputs = [{"output_type": "stream", "name": "stdout", "text": "bang"}]
    dead = [KILLED.model_copy(update={"cell": 2})]
    left = without(tried, dead)
    assert [cell.source for cell in left.cells] == ["a = 1", "", "b = 2"]
    assert tried.cells[1].source == "boom()"
    put_back(left, tried, dead)
    assert left.cells[1] == tried.cells[1]
    assert [c.cell for c in together([RAN.model_copy(update={"cell": n}) for n in (1, 3)], dead)] == [1, 2, 3]


def ran(*numbers: int) -> list[CellRun]:
    return [RAN.model_copy(update={"cell": number}) for number in numbers]


def trained(home: Path, backwards: tuple[int, ...]) -> Path:
    """A folder with evidence of trainings of so many backward passes."""
    home.mkdir()
    runs = [a_run(backwards=count).model_dump(mode="json") for count in backwards]
    (home / "evidence.json").write_text(json.dumps({"runs": runs}))
    return home


@pytest.mark.parametrize(
    ("now", "before", "good"),
    [
        (ran(1, 3, 4), [*ran(1), KILLED, LATER], True),
        (ran(1), ran(1), True),
        ([*ran(1), LATER], [*ran(1), KILLED], True),  # what had not run need not
        (ran(2, 3), [*ran(1), KILLED], False),
        ([RAN.model_copy(update={"status": "error"})], [RAN], False),
        ([KILLED], ran(4), False),
        ([], [KILLED], False),
    ],
)
def test_a_second_run_is_as_good_if_all_that_ran_has_run_again(
    now: list[CellRun], before: list[CellRun], good: bool, tmp_path: Path
) -> None:
    assert as_good(now, before, tmp_path, tmp_path) is good


@pytest.mark.parametrize(
    ("now", "before", "good"),
    [
        ((5,), (5,), True),
        ((5, 5), (5,), True),
        ((5,), (5, 5), False),
        ((5, 0), (5, 5), False),
        ((), (0,), True),
    ],
)
def test_a_second_run_that_lost_a_training_is_not_as_good(
    now: tuple[int, ...], before: tuple[int, ...], good: bool, tmp_path: Path
) -> None:
    anew, home = trained(tmp_path / "anew", now), trained(tmp_path / "home", before)
    assert as_good([RAN], [RAN], anew, home) is good


def test_a_second_run_without_evidence_is_as_good_only_beside_none(tmp_path: Path) -> None:
    home = trained(tmp_path / "home", (5,))
    assert not as_good([RAN], [RAN], tmp_path / "nowhere", home)
    assert as_good([RAN], [RAN], tmp_path / "nowhere", tmp_path / "nowhere")
