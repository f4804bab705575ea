"""The band: where full points begin, how they fall, which reference a training is compared with."""

import math
from dataclasses import replace
from statistics import mean, stdev
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.judging.candidates import Candidate, Circumstances
from grader.judging.checks.accuracy import accuracy, full_points_from, matching, quantile
from grader.judging.verdict import Verdict
from grader.schema.calibration import Calibration, CalibrationRun
from grader.schema.evaluation import NetworkFacts
from tests.unit.judging.networks import (
    RECOGNISED,
    SANE,
    TRAINING_PASS,
    a_phase,
    a_run,
    measured,
    with_optimizer,
)

ACCURACIES = (0.52, 0.53, 0.54, 0.55)


def reached(rate: float = 0.1, **changes: Any) -> CalibrationRun:
    fields: dict[str, Any] = {
        "profile": "quick",
        "data": "standin",
        "optimizer": "SGD",
        "rate": rate,
        "momentum": 0.0,
        "batch_size": 128,
        "steps": 120,
        "accuracies": ACCURACIES,
        "device": "cpu",
        "versions": {},
    }
    fields |= changes
    accuracies = fields["accuracies"]
    return CalibrationRun(mean=mean(accuracies), spread=stdev(accuracies), **fields)


def test_a_row_whose_mean_is_not_that_of_its_accuracies_is_refused() -> None:
    with pytest.raises(ValueError, match="not those of the accuracies"):
        CalibrationRun.model_validate(reached().model_dump() | {"mean": 0.9})


def judged(
    candidate: Candidate, *runs: CalibrationRun, contaminable: bool = False, stop: str = ""
) -> Verdict:
    table = Calibration(runs=runs or (reached(),))
    return accuracy(candidate, Circumstances(interrupted=stop), table, "quick", "standin", contaminable, 10)


def at(value: float) -> Candidate:
    return replace(SANE, facts=measured(value))


def test_full_points_begin_at_the_prediction_bound_less_the_replays_error() -> None:
    bound = mean(ACCURACIES) - 10.215 * stdev(ACCURACIES) * math.sqrt(1 + 1 / 4) - 3.09 * 0.01
    assert full_points_from(reached(), 0.01) == pytest.approx(bound)
    assert quantile(10) == quantile(9)
    assert quantile(400) == quantile(19)
    assert quantile(1) == quantile(2)


def test_points_are_full_above_the_band_linear_in_it_and_none_at_chance() -> None:
    full = full_points_from(reached(), 0.01)
    assert judged(at(full + 1e-6)).outcome == "passed"
    assert judged(at((full + 0.1) / 2)).fraction == pytest.approx(0.5)
    assert judged(at(0.1)).outcome == judged(at(0.0)).outcome == "failed"


@given(st.floats(0, 1), st.floats(0, 1))
def test_more_accuracy_never_earns_less(first: float, second: float) -> None:
    low, high = sorted((first, second))
    assert 0 <= judged(at(low)).fraction <= judged(at(high)).fraction <= 1


def test_the_sentence_names_what_was_found_and_expected() -> None:
    verdict = judged(at(0.2))
    assert verdict.observed == "20.0 % of 2,000 images (± 1.0)"
    assert verdict.expected.startswith("at least ")
    assert verdict.expected.endswith("(the reference with SGD, rate 0.1, batch 128: 53.5 %)")
    assert verdict.basis == "proved"


RUNS = [
    reached(0.1),
    reached(0.05),
    reached(0.01),
    reached(0.1, batch_size=64),
    reached(0.01, momentum=0.9),
    reached(0.001, optimizer="Adam"),
]


@pytest.mark.parametrize(
    ("kind", "settings", "found"),
    [
        ("SGD", {"lr": 0.1}, 0.1),
        ("SGD", {"lr": 0.07}, 0.05),
        ("SGD", {"lr": 0.02}, 0.01),
        ("SGD", {"lr": 0.01, "momentum": 0.9}, 0.1),
        ("SGD", {"lr": 0.12}, 0.1),
        ("SGD", {"lr": 0.5}, None),
        ("SGD", {"lr": 0.001}, None),
        ("Adam", {"lr": 0.001}, 0.001),
        ("AdamW", {"lr": 0.0011}, 0.001),
        ("Adam", {"lr": 0.01}, None),
        ("Adadelta", {"lr": 1.0}, None),
    ],
)
def test_a_training_is_compared_with_a_setting_that_it_is_no_worse_than(
    kind: str, settings: dict[str, float], found: float | None
) -> None:
    chosen = matching(RUNS, replace(SANE, run=with_optimizer(kind, **settings)))
    effective = None if chosen is None else round(chosen.rate / (1 - chosen.momentum), 6)
    assert effective == found


def test_another_batch_size_or_too_few_steps_match_nothing() -> None:
    assert matching(RUNS, replace(SANE, run=a_run(batch_size=1000))) is None
    assert matching(RUNS, replace(SANE, run=a_run(full_steps=60))) is None
    assert matching(RUNS, replace(SANE, run=a_run(optimizers=()))) is None
    assert matching(RUNS, replace(SANE, run=None)) is None
    small = matching(RUNS, replace(SANE, run=a_run(batch_size=64)))
    assert small is not None
    assert small.batch_size == 64


def test_an_uncalibrated_setting_passes_above_the_loosest_band_and_is_undecided_below() -> None:
    strange = with_optimizer("Rprop", lr=0.01)
    assert judged(replace(at(0.9), run=strange)).outcome == "passed"
    verdict = judged(replace(at(0.15), run=strange))
    assert verdict.outcome == "undecided"
    assert "no reference was trained with these settings" in verdict.observed
    empty = accuracy(at(0.9), Circumstances(), Calibration(), "quick", "standin", False, 10)
    assert empty.outcome == "undecided"


def test_bands_of_another_profile_or_other_images_are_not_used() -> None:
    foreign = (reached(profile="full"), reached(data="real"))
    assert judged(at(0.9), *foreign).outcome == "undecided"


def test_where_even_the_reference_is_not_clear_of_chance_nothing_is_lost() -> None:
    slow = reached(accuracies=(0.10, 0.11, 0.12))
    assert judged(at(0.22), slow).outcome == "passed"
    assert judged(at(0.10), slow).outcome == "undecided"


def test_training_on_the_test_split_leaves_nothing_to_measure() -> None:
    both = RECOGNISED.model_copy(update={"split": "both"})
    cheat = replace(at(0.99), samples={"phase0": both})
    assert judged(cheat, contaminable=True).outcome == "failed"
    assert judged(cheat, contaminable=False).outcome == "passed"


def test_without_replay_the_students_own_whole_pass_is_shown_and_a_person_decides() -> None:
    unmeasured = NetworkFacts(measured=None, not_measured="random crops")
    rows = [[0] * 10 for _ in range(10)]
    rows[0][0], rows[1][0] = 900, 100
    whole = a_phase(confusion=rows)
    verdict = judged(replace(SANE, facts=unmeasured, phases=(TRAINING_PASS, whole)))
    assert (verdict.outcome, verdict.basis) == ("undecided", "observed")
    assert verdict.observed.startswith("90.0 % of 1,000 images")
    assert "as seen in the notebook's own evaluation (not replayed: random crops)" in verdict.observed
    for other in ({"thinned": True}, {"split": "train"}, {"first_step": 0}):
        passes = (TRAINING_PASS, whole.model_copy(update=other))
        assert judged(replace(SANE, facts=unmeasured, phases=passes)).observed.startswith(
            "the accuracy could not"
        )


def test_a_network_that_was_never_trained_is_not_attempted_unless_something_hid_it() -> None:
    untrained = replace(SANE, run=a_run(steps=0, backwards=0))
    assert judged(untrained).outcome == "not_attempted"
    assert judged(untrained, stop="cell 9 was interrupted").outcome == "undecided"


def test_a_plain_run_is_not_held_to_what_momentum_reaches() -> None:
    plain, heavy = reached(0.1), reached(0.01, momentum=0.9, accuracies=(0.90, 0.91, 0.92, 0.93))
    assert matching([plain, heavy], SANE) == plain
    with_momentum = replace(SANE, run=with_optimizer("SGD", lr=0.01, momentum=0.9))
    assert matching([plain, heavy], with_momentum) == heavy
