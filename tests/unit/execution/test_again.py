"""Which cell is left out when a notebook is run again, and what becomes of it."""

import json
from pathlib import Path

import pytest

from grader.execution.again import SAID, fatal_cell, put_back, together, without
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
