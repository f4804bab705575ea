"""What may rest on a placeholder's value takes no points away; what cannot rest on it is judged as ever."""

from dataclasses import replace

import pytest

from grader.judging.candidates import NOT_EVALUATED, Candidate, Circumstances
from grader.judging.unknown import reprinted, spared
from grader.judging.verdict import Verdict, graded, not_attempted, undecided
from grader.schema.evidence import Network, Place, ValueUse

USE = ValueUse(package="torchmetrics", cell=4, networks=1)
AROUND = Circumstances(missing=("torchmetrics",), unknown={"lab.ipynb": USE})
LOST = [graded(0.0, "seen"), graded(0.5, "seen"), not_attempted("seen")]


def candidate(number: int = 0, error: str = "", file: str = "lab.ipynb") -> Candidate:
    network = Network(
        id=f"net{number}",
        class_name="Net",
        defined=Place(),
        input_shape=(1, 3, 32, 32),
        parameters=(),
        has_graphs=not error,
        export_error=error,
    )
    return Candidate(file, network, None, (), NOT_EVALUATED, {}, None, None)


@pytest.mark.parametrize("verdict", LOST)
def test_what_followed_the_use_of_a_value_costs_nothing(verdict: Verdict) -> None:
    got = spared(verdict, "accuracy", candidate(), AROUND)
    assert (got.outcome, got.fraction) == ("undecided", 0.0)
    assert "seen; but a value of the missing package torchmetrics was used in cell 5" in got.observed
    assert spared(verdict, "finetuning.first", None, AROUND).outcome == "undecided"


@pytest.mark.parametrize("verdict", LOST)
def test_layers_of_networks_that_were_there_before_are_judged(verdict: Verdict) -> None:
    assert spared(verdict, "architecture", candidate(0), AROUND) == verdict
    assert spared(verdict, "architecture", candidate(1), AROUND).outcome == "undecided"


@pytest.mark.parametrize("verdict", [*LOST, graded(1.0, "seen"), undecided("seen")])
def test_nothing_changes_without_a_value(verdict: Verdict) -> None:
    other = replace(AROUND, unknown={})
    assert spared(verdict, "accuracy", candidate(), other) == verdict
    assert spared(verdict, "accuracy", candidate(file="other.ipynb"), AROUND) == verdict
    assert spared(verdict, "finetuning.first", None, other) == verdict


def test_what_was_right_stays_right() -> None:
    assert spared(graded(1.0, "seen"), "training", candidate(), AROUND).outcome == "passed"


@pytest.mark.parametrize(
    "error",
    [
        "forward: ModuleNotFoundError: No module named 'torchmetrics': it is not installed",
        "forward: TypeError: linear(): argument 'input' must be Tensor, not placeholder of torchmetrics",
    ],
)
def test_a_forward_pass_that_a_missing_package_stopped_costs_nothing(error: str) -> None:
    around = replace(AROUND, unknown={})
    assert (
        spared(graded(0.0, "no pass"), "architecture", candidate(error=error), around).outcome == "undecided"
    )
    own = candidate(error="forward: RuntimeError: mat1 and mat2 shapes cannot be multiplied")
    assert spared(graded(0.0, "no pass"), "architecture", own, around).outcome == "failed"


def test_a_table_of_the_rerun_alone_is_no_loss_and_no_gain() -> None:
    for verdict in [*LOST, graded(1.0, "seen")]:
        assert reprinted(verdict, AROUND).outcome == "undecided"
        assert reprinted(verdict, Circumstances()) == verdict
    whole = graded(1.0, "seen")
    assert reprinted(whole, replace(AROUND, unknown={})) == whole
