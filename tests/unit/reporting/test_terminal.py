"""The terminal: fits 80 columns, is harmless, and counts right from many threads."""

import io
import threading
from pathlib import Path

from rich.console import Console

from grader.reporting.terminal import ProgressDisplay, look_at, print_summary
from grader.schema.result import ClassResult

from . import sample


def console(width: int = 80, terminal: bool = False, encoding: str = "utf-8") -> tuple[Console, io.BytesIO]:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, write_through=True)
    return Console(file=file, width=width, force_terminal=terminal, color_system=None), raw


def summary(result: ClassResult, **options: object) -> str:
    screen, raw = console(**options)  # type: ignore[arg-type]
    print_summary(screen, result, Path("results"))
    return raw.getvalue().decode()


def test_summary_fits_80_columns_and_says_what_matters() -> None:
    text = summary(sample.class_result())
    assert max(len(line) for line in text.splitlines()) <= 80
    for shown in ("8-12/14 +6", "~! ✓✓ ✓· ✗ ✗ …", "median 7 of 14", "Most failed", "results/index.html"):
        assert shown in text
    assert "Undecided, a person must look: Dana" in text


def test_summary_fits_with_long_names_and_wide_characters() -> None:
    wide = sample.near_miss().model_copy(update={"student": "陳" * 60, "assignment_title": "A" * 300})
    text = summary(sample.class_result(wide, sample.undecided()))
    assert max(len(line) for line in text.splitlines()) <= 80


def test_student_text_is_neither_markup_nor_escape() -> None:
    evil = sample.near_miss().model_copy(update={"student": "[red]x[/red] \x1b[2J\u202e:smile:"})
    text = summary(sample.class_result(evil, evil), width=120)
    assert "[red]x[/red]" in text
    assert not set(text) & set("\x1b\u202e")


def test_an_ascii_terminal_gets_ascii() -> None:
    text = summary(sample.class_result(), encoding="ascii")
    assert text.isascii()
    assert "~! ++ +. x x _" in text


def test_what_to_look_at_is_the_first_trouble() -> None:
    assert look_at(sample.undecided()).startswith("the kernel was killed")
    assert look_at(sample.crash()).startswith("cell 9 stopped with an error")
    assert look_at(sample.untouched_starter()) == "nothing of the lab attempted"
    assert look_at(sample.full_marks()) == ""


def test_progress_prints_beginnings_and_ends_where_there_is_no_terminal() -> None:
    screen, raw = console()
    with ProgressDisplay(2, screen) as display:
        display.started("Alice [b]\x1b[1m")
        display.update("Alice [b]\x1b[1m", "cell 3 of 25")
        display.finished(sample.near_miss(), "Alice [b]\x1b[1m")
        display.finished(None, "Bob", "the file is not a notebook")
    lines = raw.getvalue().decode().splitlines()
    assert lines[0] == "Alice [b]: started"
    assert lines[1].startswith("[1/2] Alice [b]: 7 of 14 points so far (")
    assert lines[2].startswith("[2/2] Bob: not graded (")
    assert lines[2].endswith(": the file is not a notebook")


def test_progress_is_live_in_a_terminal_and_safe_with_threads() -> None:
    screen, raw = console(width=100, terminal=True)

    def work(student: str) -> None:
        display.started(student)
        for cell in range(20):
            display.update(student, f"cell {cell} of 20")
        display.finished(sample.full_marks(), student)

    with ProgressDisplay(8, screen) as display:
        threads = [threading.Thread(target=work, args=(f"student{n}",)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    text = raw.getvalue().decode()
    assert "[8/8]" in text
    assert text.count("14 of 14 points so far") == 8


def test_one_submission_has_no_class_statistics() -> None:
    text = summary(sample.class_result(sample.full_marks()))
    assert "median" not in text
    assert "14/14 +6" in text
