"""Stated accuracies and times beside measured ones, where the profile lets them be compared."""

from dataclasses import replace

import pytest

from grader.judging.checks.measures import Band, bands, table_measures
from grader.judging.modes import Training
from grader.schema.calibration import ApproachRun, Calibration
from grader.schema.claims import Mode, TableRow
from grader.schema.evaluation import Measured, NetworkFacts
from tests.unit.judging.networks import a_run
from tests.unit.judging.test_table_checks import ROWS, TRAININGS, table

BANDS: dict[Mode, Band] = dict.fromkeys(("from_scratch", "feature_extraction", "finetuning"), Band(6, 0.01))


def measured(one: Training, accuracy: float, seconds: float = 24.0) -> Training:
    facts = Measured(accuracy=accuracy, standard_error=0.005, images=10_000, confusion=((1,),))
    run = a_run(epochs=2, seconds=seconds)
    return replace(one, candidate=replace(one.candidate, facts=NetworkFacts(measured=facts), run=run))


SEEN = [measured(one, accuracy) for one, accuracy in zip(TRAININGS, (0.5, 0.5, 0.55, 0.6, 0.7), strict=True)]
TRUE = [
    row.model_copy(update={"accuracy": a}) for row, a in zip(ROWS, (0.52, 0.47, 0.58, 0.6, 0.69), strict=True)
]


def with_accuracy(number: int, accuracy: float) -> list[TableRow]:
    return [
        row.model_copy(update={"accuracy": accuracy}) if i == number else row for i, row in enumerate(TRUE)
    ]


def test_accuracies_near_the_measured_ones_hold() -> None:
    verdict = table_measures(table(*TRUE), "", True, SEEN, BANDS)
    assert (verdict.outcome, verdict.basis) == ("passed", "observed")
    assert [f.holds for f in verdict.findings] == [True] * 5
    assert "12 s an epoch stated, 12 s on this machine" in verdict.findings[0].observed


def test_an_accuracy_of_another_network_is_told_with_the_band() -> None:
    verdict = table_measures(table(*with_accuracy(4, 0.91)), "", True, SEEN, BANDS)
    assert (verdict.outcome, verdict.fraction) == ("partial", pytest.approx(0.8))
    assert "91.0 % stated, 70.0 % measured" in verdict.observed
    assert "59 to 81 %" in verdict.expected


@pytest.mark.parametrize(("off", "holds"), [(0.10, True), (0.11, False)])
def test_the_band_is_that_of_the_difference_of_two_runs(off: float, holds: bool) -> None:
    width = BANDS["from_scratch"].width(0.005)
    assert width == pytest.approx(5.893 * 0.01 * 2**0.5 + 3.09 * 0.005 * 2**0.5)
    verdict = table_measures(table(*with_accuracy(0, 0.5 + off)), "", True, SEEN, BANDS)
    assert verdict.findings[0].holds is holds


def test_a_wrong_time_is_told_and_costs_nothing() -> None:
    slow = [TRUE[0].model_copy(update={"seconds": 900.0}), *TRUE[1:]]
    verdict = table_measures(table(*slow), "", True, SEEN, BANDS)
    assert verdict.outcome == "passed"
    assert "900 s an epoch stated, 12 s" in verdict.findings[0].observed


def test_nothing_is_compared_with_stand_ins_or_unmeasured_networks() -> None:
    others = [replace(one, real=False) for one in SEEN]
    verdict = table_measures(table(*with_accuracy(4, 0.99)), "", True, others, BANDS)
    assert (verdict.outcome, verdict.basis) == ("passed", "claimed")
    assert table_measures(table(*with_accuracy(4, 0.99)), "", True, SEEN, {}).findings == ()
    assert table_measures(table(*with_accuracy(4, 0.99)), "", False, SEEN, BANDS).outcome == "passed"


def an_approach(mode: Mode, network: str, *accuracies: float) -> ApproachRun:
    spread = ((accuracies[0] - accuracies[2]) ** 2 / 4) ** 0.5  # of three equally spaced ones
    return ApproachRun(
        data="real", mode=mode, network=network, size=64, images=4000, epochs=2, accuracies=accuracies,
        mean=accuracies[1], spread=spread, seconds=20.0, device="cpu", versions={},
    )  # fmt: skip


def test_a_band_is_that_of_its_approach_and_at_least_the_usual_one() -> None:
    spreads: dict[Mode, float] = {"feature_extraction": 0.004, "finetuning": 0.012, "from_scratch": 0.02}
    runs = tuple(an_approach(mode, "", 0.5 - by, 0.5, 0.5 + by) for mode, by in spreads.items())
    known = Calibration(approaches=runs)
    assert (
        bands(known, "quick", "real")
        == bands(known, "full", "standin")
        == bands(Calibration(), "full", "real")
        == {}
    )
    found = {mode: band.spread for mode, band in bands(known, "full", "real").items()}
    assert found == pytest.approx({"feature_extraction": 0.012, "finetuning": 0.012, "from_scratch": 0.02})
