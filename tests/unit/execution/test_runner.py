"""The parts of a run that are plain functions; whole runs are in tests/functional."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.execution.runner import shortened


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
