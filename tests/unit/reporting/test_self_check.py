"""What `grade check` prints: check by check, what to look at next, in 60 columns, and harmless."""

import io
from pathlib import Path

from rich.console import Console

from grader.reporting.self_check import print_check
from grader.schema.result import CellRun, FileRun, Result

from . import sample


def printed(result: Result, width: int = 80, encoding: str = "utf-8") -> str:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, write_through=True)
    print_check(Console(file=file, width=width, color_system=None), result, Path("page.html"))
    return raw.getvalue().decode()


def test_what_cost_most_comes_first_with_what_was_seen_and_a_hint() -> None:
    text = printed(sample.near_miss())
    lines = [line.rstrip() for line in text.splitlines()]
    assert "7 of 14 points so far." in lines
    following = lines[lines.index("Look at next") :]
    assert following[1].startswith("1  ")
    assert any(line.strip().startswith("seen ") for line in following)
    assert any(line.strip().startswith("where ") for line in following)
    assert lines[-1] == "All of it, with figures: page.html"


def test_a_task_of_which_nothing_was_seen_is_one_line() -> None:
    text = printed(sample.untouched_starter())
    assert "Data augmentation  not attempted" in text
    assert "Random crop and flip in training" not in text.partition("Look at next")[0]


def test_full_marks_leave_nothing_to_look_at() -> None:
    text = printed(sample.full_marks())
    assert "Look at next" not in text
    assert "Nothing is missing that the grader can see." in text
    assert "6 more are given by a person" in text


def test_undecided_work_is_not_called_complete() -> None:
    text = printed(sample.undecided())
    assert "Nothing is missing" not in text
    assert "A person looks at that" in text


def test_cells_in_trouble_are_named_and_counted() -> None:
    cells = tuple(CellRun(cell=n, status="error", error=f"NameError: x{n}") for n in range(1, 6))
    run = FileRun(file="lab.ipynb", executed="executed.ipynb", seconds=1, cells=cells)
    text = printed(sample.near_miss().model_copy(update={"files": (run,)}))
    assert "lab.ipynb, cell 1 stopped with an error: NameError: x1" in text
    assert "NameError: x4" not in text
    assert "and 2 more cells like that" in text


def test_it_fits_60_columns_and_takes_no_text_of_a_student_as_markup() -> None:
    evil = sample.near_miss().model_copy(
        update={"assignment_title": "[red]x[/red] \x1b[2J\u202e", "remarks": ("[bold]" + "word " * 60,)}
    )
    text = printed(evil, width=60)
    assert max(map(len, text.splitlines())) <= 60
    assert "[red]x[/red]" in text
    assert "[bold]word" in text
    assert not set(text) & set("\x1b\u202e")


def test_an_ascii_terminal_gets_ascii() -> None:
    assert printed(sample.near_miss(), encoding="ascii").isascii()
