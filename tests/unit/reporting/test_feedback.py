"""The student's page: complete, well formed, without anything that could act."""

from collections.abc import Callable

import pytest

from grader.reporting import feedback
from grader.reporting.environment import source_hash
from grader.reporting.feedback import cell_rows, next_steps, render_feedback, untouched
from grader.reporting.wording import SIGNS
from grader.schema.result import CellRun, Result

from . import sample
from .page_reader import PageReader

every_sample = pytest.mark.parametrize("make", sample.ALL)


@every_sample
def test_page_is_well_formed(make: Callable[[], Result]) -> None:
    page = render_feedback(make())
    assert PageReader(page).problems == []
    assert page.startswith('<!doctype html>\n<html lang="en">')


@every_sample
def test_page_lists_each_check_with_its_outcome(make: Callable[[], Result]) -> None:
    result = make()
    page = PageReader(render_feedback(result))
    for task in result.tasks:
        assert task.title in page.text
        for check in task.checks:
            assert check.title in page.text
            assert SIGNS[check.outcome].word in page.text
    assert {"t1c1", "t6c1"} <= set(page.ids)


@every_sample
def test_page_needs_nothing_from_outside(make: Callable[[], Result]) -> None:
    page = PageReader(render_feedback(make()))
    assert "script" not in page.tags
    assert "style" not in page.attributes  # the policy would ignore it
    for link in page.links:
        assert link.startswith(("#", "./", "data:,"))
    assert all(link[1:] in page.ids for link in page.links if link.startswith("#"))


def test_policy_allows_only_the_style_of_the_page() -> None:
    page = PageReader(render_feedback(sample.near_miss()))
    assert "default-src 'none'" in page.policy
    assert f"style-src {source_hash(page.inline['style'])}" in page.policy
    assert "script-src" not in page.policy


def test_pending_points_are_shown_apart() -> None:
    text = PageReader(render_feedback(sample.near_miss())).text
    assert "7 / 14 points so far" in text
    assert "6 more are given by a person" in text


def test_undecided_checks_give_a_range() -> None:
    text = PageReader(render_feedback(sample.undecided())).text
    assert "8 to 12 / 14 points so far" in text
    assert "2 checks, worth up to 4 points, could not be decided" in text


def test_untouched_starter_gets_a_friendly_page() -> None:
    result = sample.untouched_starter()
    assert untouched(result)
    text = PageReader(render_feedback(result)).text
    assert "Nothing to grade yet" in text
    assert "What to look at next" not in text


def test_next_steps_are_what_cost_most_and_leave_out_consequences() -> None:
    steps = [(step.check.id, step.lost) for step in next_steps(sample.near_miss())]
    assert steps == [("schedule.decay", 2.0), ("network.layers", 1.5), ("batch_norm.place", 1.5)]


def test_near_miss_shows_layers_findings_places_and_basis() -> None:
    text = PageReader(render_feedback(sample.near_miss())).text
    for shown in (
        "Padding 0: the image shrinks",
        "softmax",
        "lab2.ipynb, cell 14, line 3",
        "cat taken for dog",
    ):
        assert shown in text
    assert "Proved: your network was taken out of the notebook" in text
    assert "423,170 parameters" in text


def test_full_marks_say_that_nothing_was_lost() -> None:
    assert "Nothing was lost" in render_feedback(sample.full_marks())


def test_cells_that_ran_are_summarised_and_others_listed() -> None:
    run = sample.crash().files[0]
    assert [(row.cells, row.status) for row in cell_rows(run)] == [
        ("9", "error"),
        ("17", "timeout"),
        ("18 to 25", "not_run"),
    ]
    text = PageReader(render_feedback(sample.crash())).text
    assert "15 of 25 code cells ran to the end" in text
    assert "NameError: name 'optimzer' is not defined" in text


def test_a_result_without_anything_still_gives_a_page() -> None:
    bare = sample.full_marks().model_copy(update={"tasks": (), "files": (), "timings": {}, "versions": {}})
    assert PageReader(render_feedback(bare)).problems == []
    empty_file = sample.file_run(CellRun(cell=1, status="not_run"), cells=1)
    text = PageReader(render_feedback(bare.model_copy(update={"files": (empty_file,)}))).text
    assert "0 of 1 code cell ran" in text


def test_cells_without_end_give_a_short_table() -> None:
    late = [CellRun(cell=n, status="not_run", error="the kernel had died before") for n in range(401, 900)]
    failed = [CellRun(cell=n, status="error", error="E: x") for n in range(1, 401)]
    run = sample.file_run(*failed, *late, cells=900)
    rows = cell_rows(run)
    assert len(rows) == feedback.MOST_ROWS + 1
    assert "101 more rows" in rows[-1].error
    only_late = run.model_copy(update={"cells": tuple(late)})
    assert [row.cells for row in cell_rows(only_late)] == ["401 to 899"]
