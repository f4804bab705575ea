"""Remarks on loops that leave their loader before its end."""

from dataclasses import replace
from typing import Any

import pytest

from grader.judging.candidates import Candidate, Circumstances
from grader.judging.judge import judge
from grader.judging.undrawn import TEST_HINT, TRAINING_HINT, remarks_on
from grader.schema.evidence import Phase
from tests.unit.judging.networks import SANE, TRAINING_PASS, a_phase, a_run
from tests.unit.judging.test_judge import case

UNDISTURBED = Circumstances()
NET = "class Net (cell 7), trained in cell 9"
WHOLE_TEST = a_phase(loader_pass=100, drawn=8, loader_batches=8)


def epoch(number: int, drawn: int, length: int | None = 391, **changes: Any) -> Phase:
    """A training pass that the loop left, unless told otherwise."""
    fields = {"loader_pass": number, "batches": drawn, "drawn": drawn, "loader_batches": length, "left": True}
    return TRAINING_PASS.model_copy(update={"first_step": number * drawn, "epoch": number} | fields | changes)


def trained(*phases: Phase, **run: Any) -> Candidate:
    return replace(SANE, phases=(*phases, WHOLE_TEST), run=a_run(**run))


def remarks(*candidates: Candidate, circumstances: Circumstances = UNDISTURBED) -> list[str]:
    tasks, _ = judge(case(*candidates))
    return remarks_on(candidates, tasks, circumstances)


def test_epochs_that_the_loop_left_are_told_with_their_batches() -> None:
    said = f"each epoch ended after 3 of 391 batches: {NET}. {TRAINING_HINT}"
    assert remarks(trained(epoch(0, 3), epoch(1, 3))) == [said]
    assert remarks(trained(epoch(0, 3))) == [said.replace("each", "the only")]
    assert remarks(trained(epoch(0, 3), epoch(1, 5))) == [said.replace("after 3", "after at most 5")]


@pytest.mark.parametrize("drawn", [391, 390, 352])
def test_whole_passes_and_those_without_the_last_batches_are_not(drawn: int) -> None:
    assert remarks(trained(epoch(0, drawn))) == []


def test_one_batch_of_two_may_be_all_that_is_complete() -> None:
    assert remarks(trained(epoch(0, 1, 2))) == []


@pytest.mark.parametrize(
    "other",
    [
        epoch(1, 391, left=False),
        epoch(1, 77, left=False, cut=True),
        epoch(1, 3, left=False, cut=True),  # the profile ended it when the loop asked for a fourth
        epoch(1, 3, None),
        epoch(1, 3, left=False),
        epoch(1, 3, None, loader_pass=None, left=False),
    ],
)
def test_one_pass_that_went_on_or_is_not_known_silences_the_others(other: Phase) -> None:
    assert remarks(trained(epoch(0, 3), other, steps=800, full_steps=800)) == []


def test_a_pass_that_the_budget_ended_before_the_loop_would_have_does_not() -> None:
    assert len(remarks(trained(epoch(0, 3), epoch(1, 2, left=False, cut=True)))) == 1


def test_passes_after_the_budget_do_not_tell() -> None:
    tiny = epoch(40, 1, first_step=120, left=False, cut=True, thinned=True)
    assert len(remarks(trained(epoch(0, 3), tiny))) == 1
    assert remarks(trained(epoch(0, 77, left=False, cut=True), epoch(41, 1, first_step=120))) == []


def test_one_batch_that_is_used_again_and_again_is_no_epoch() -> None:
    assert remarks(trained(epoch(0, 1, batches=60))) == []


def test_as_many_single_batches_as_a_loader_has_are_draws_at_random() -> None:
    assert len(remarks(trained(*(epoch(number, 1, 20) for number in range(19))))) == 1
    assert remarks(trained(*(epoch(number, 1, 20) for number in range(20)))) == []


def test_tests_that_stop_early_are_told_unless_one_was_whole() -> None:
    one = a_phase(loader_pass=1, batches=1, samples=128, drawn=1, loader_batches=79, left=True)
    tested = replace(SANE, phases=(TRAINING_PASS, one))
    said = f"every pass over the test images ended after 1 of 79 batches: {NET}. {TEST_HINT}"
    assert remarks(tested) == [said]
    for other in (WHOLE_TEST, a_phase(), a_phase(split=None)):
        assert remarks(replace(SANE, phases=(TRAINING_PASS, one, other))) == []


def test_networks_of_one_sentence_share_it_and_others_than_the_judged_are_left_out() -> None:
    left = trained(epoch(0, 3))
    later = replace(left, network=left.network.model_copy(update={"class_name": "Other"}))
    (said,) = remarks_on((left, later), (), Circumstances())
    assert f"batches: {NET}; class Other (cell 7), trained in cell 9. Which" in said
    assert remarks(trained(epoch(0, 391, left=False)), replace(later, run=a_run(steps=3, full_steps=3))) == []


def test_an_interrupted_run_may_have_ended_the_pass() -> None:
    assert remarks(trained(epoch(0, 3)), circumstances=Circumstances(interrupted="cell 9: 600 s")) == []
