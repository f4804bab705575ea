"""The parts of a run that are plain functions; whole runs are in tests/functional."""

from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.execution import runner
from grader.execution.fate import KILLED, Fate
from grader.execution.runner import run_twice, shortened
from grader.schema.result import CellRun

KILL = CellRun(cell=1, status="killed", error=f"the kernel died in this cell: {Fate(KILLED).in_words()}")
MEMORY = CellRun(
    cell=1, status="killed", error="the kernel died in this cell: it ran out of memory (limit 4 GB)"
)
RAN = CellRun(cell=1, status="ran")


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("lab2", "lab2"),
        ("x" * 100, "x" * 100),
        ("x" * 101, "x" * 100),
        ("é" * 60, "é" * 50),
        ("x" + "é" * 60, "x" + "é" * 49),  # no half of a character
        ("\udcff", "?"),  # a name that is no UTF-8, as the system gives it
    ],
)
def test_a_long_name_is_cut_between_two_characters(name: str, short: str) -> None:
    assert shortened(name) == short


@given(st.text())
def test_a_shortened_name_begins_like_the_whole_and_fits(name: str) -> None:
    short = shortened(name)
    assert name.startswith(short)
    assert len(short.encode()) <= 100
    assert short == name or len(short.encode()) > 96  # a character takes four bytes at most


def test_a_file_of_a_shortened_name_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / f"1000-{shortened('é' * 300)}.ipynb"
    path.write_text("{}")
    assert path.read_text() == "{}"


@pytest.mark.parametrize(
    ("becomes", "cells", "runs"),
    [
        ([[RAN]], [RAN], 1),
        ([[MEMORY]], [MEMORY], 1),  # the same would happen again
        ([[KILL], [RAN]], [RAN], 2),
        ([[KILL], [KILL]], [KILL], 2),  # its own doing, it seems
        ([[], [RAN]], [RAN], 2),  # lost
        ([[], []], [], 2),
    ],
)
def test_a_kernel_that_was_killed_for_no_known_reason_is_run_once_more(
    becomes: list[list[CellRun]], cells: list[CellRun], runs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 0

    def one(*_: object) -> tuple[list[CellRun], str]:
        nonlocal count
        count += 1
        if not becomes[count - 1]:
            raise RuntimeError("the kernel died before it was ready")
        return becomes[count - 1], ""

    monkeypatch.setattr(runner, "in_scratch", one)
    seen = run_twice(nbformat.v4.new_notebook(), *[None] * 5)  # type: ignore[arg-type]
    assert (seen[1], count) == (cells, runs)
    assert bool(seen[2]) is not bool(cells)
