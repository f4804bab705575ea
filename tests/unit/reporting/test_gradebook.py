"""gradebook.csv: numbers as numbers, names as text, never a formula."""

import csv
from pathlib import Path

import pytest

from grader.reporting.gradebook import text_cell, write_gradebook

from . import sample


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_each_student_has_a_line_with_a_column_a_task(tmp_path: Path) -> None:
    path = tmp_path / "gradebook.csv"
    write_gradebook([sample.near_miss(), sample.undecided()], path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    alice, dana = read(path)
    assert (alice["student"], alice["score"], alice["max_score"], alice["pending_points"]) == (
        "Alice Martin", "7", "20", "6",
    )  # fmt: skip
    assert (dana["score_low"], dana["score_high"], dana["undecided"]) == ("8", "12", "yes")
    assert list(alice)[7:] == ["network", "training", "augmentation", "batch_norm", "schedule", "questions"]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\x1b[0m=1", "＝1"])
def test_formulas_are_defused(name: str) -> None:
    assert text_cell(name).startswith("'")


def test_names_are_left_alone() -> None:
    assert text_cell("Jean-Luc O'Neill; É") == "Jean-Luc O'Neill; É"


def test_a_missing_task_is_empty_and_a_name_cannot_add_lines(tmp_path: Path) -> None:
    short = sample.full_marks().model_copy(update={"tasks": (), "student": 'a",\n=2;"b'})
    write_gradebook([sample.near_miss(), short], tmp_path / "g.csv")
    rows = read(tmp_path / "g.csv")
    assert len(rows) == 2
    assert rows[1]["network"] == ""
    assert rows[1]["student"] == 'a", =2;"b'
