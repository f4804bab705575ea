"""Notes against the replay: what contradicts it goes to a person."""

from dataclasses import replace

import pytest

from grader.judging.contradictions import contradiction, doubted
from grader.judging.verdict import graded
from grader.schema.evidence import LossUse
from tests.unit.judging.networks import SANE, TRAINING_PASS, a_phase, a_run, measured

FALLING = tuple((step, 2.3 - step / 100) for step in range(100))
GUESSING = tuple((step, 2.3) for step in range(100))


@pytest.mark.parametrize(
    ("accuracy", "losses", "doubt"),
    [
        (0.11, FALLING, True),
        (0.30, FALLING, False),
        (
            0.11,
            tuple((step, 1.15 - step / 1000) for step in range(100)),
            False,
        ),  # half of each loss went back
        (0.02, FALLING, False),  # labels shifted by one: it has learned, and something else
        (
            0.11,
            GUESSING[:60] + tuple((step, 0.5) for step in range(120, 160)),
            False,
        ),  # a few images, again and again
        (0.11, GUESSING, False),
        (0.11, FALLING[:10], True),  # 120 backward passes, and ten of their losses
    ],
)
def test_a_loss_that_fell_and_a_network_that_guesses(
    accuracy: float, losses: tuple[tuple[int, float], ...], doubt: bool
) -> None:
    candidate = replace(SANE, run=a_run(losses=losses), facts=measured(accuracy))
    assert bool(contradiction(candidate, 10)) is doubt


def test_a_network_that_answers_right_as_it_was_trained_has_learned() -> None:
    """Its test forgot the standardisation, or its running statistics are far from the batches' ones."""
    candidate = replace(SANE, run=a_run(losses=FALLING), facts=measured(0.11, as_trained=0.6))
    assert contradiction(candidate, 10) == ""
    assert contradiction(replace(candidate, facts=measured(0.11, as_trained=0.12)), 10)


def test_a_loss_of_another_kind_tells_nothing_of_guessing() -> None:
    use = LossUse(kind="nll_loss", received="probabilities", attached=True, calls=100)
    assert (
        contradiction(replace(SANE, run=a_run(losses=FALLING, losses_used=(use,)), facts=measured(0.11)), 10)
        == ""
    )


def test_a_training_without_images() -> None:
    assert contradiction(SANE, 10) == ""
    bare = tuple(p.model_copy(update={"sample": None}) for p in (TRAINING_PASS, a_phase()))
    assert "none of its images" in contradiction(replace(SANE, phases=bare), 10)
    assert "none of its images" in contradiction(replace(SANE, samples={}), 10)
    assert contradiction(replace(SANE, phases=bare, run=a_run(steps=0)), 10) == ""


def test_points_of_testimony_wait_and_everything_else_stays() -> None:
    seen = graded(1.0, "falls", basis="observed")
    assert doubted(seen, "").outcome == "passed"
    assert doubted(seen, "no").outcome == "undecided"
    assert doubted(seen, "no").observed == "falls; but no: a person decides"
    assert doubted(graded(1.0, "x", basis="proved"), "no").outcome == "passed"
    assert doubted(graded(0.0, "x", basis="observed"), "no").outcome == "failed"


def test_short_trainings_are_set_against_the_replay_too() -> None:
    short = tuple((step, 2.3 - step / 5) for step in range(10))
    candidate = replace(
        SANE, run=a_run(losses=short, backwards=10, steps=10, full_steps=10), facts=measured(0.11)
    )
    assert contradiction(candidate, 10)
    without = a_run(losses=(), backwards=10, steps=10, full_steps=10, nonfinite=True)
    assert contradiction(replace(candidate, run=without), 10) == ""


def test_a_part_of_the_points_for_an_accuracy_waits_as_well() -> None:
    near = graded(0.2, "16 %", basis="proved")
    assert doubted(near, "no", accuracy=True).outcome == "undecided"
    assert doubted(near, "no").outcome == "partial"
    assert doubted(graded(1.0, "60 %", basis="proved"), "no", accuracy=True).outcome == "passed"
