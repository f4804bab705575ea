"""Classifiers on features, and the networks that gave them."""

from typing import Any

import pytest

from grader.judging.candidates import Circumstances, candidates_of
from grader.judging.checks.table import table_epochs, table_parameters
from grader.judging.checks.transfer import first_network, from_scratch_mode
from grader.judging.modes import Training, tell
from grader.schema.evidence import Evidence, Fit, Network, Parameter, Place
from tests.unit.judging.networks import a_phase, a_run
from tests.unit.judging.test_modes import FILE, candidate
from tests.unit.judging.test_table_checks import row, table

AROUND = Circumstances()


def network(id: str = "net0", width: int = 16, file: str | None = FILE, **changes: Any) -> Network:
    seen = candidate(file=file, changed=(), fresh=() if file else ("fc",)).network
    parameters = tuple(p.model_copy(update={"changed": None}) for p in seen.parameters)
    update = {"id": id, "widths": (width,), "parameters": parameters} | changes
    return seen.model_copy(update=update)


def fit(
    features: int = 16, weights: int | None = 170, kind: str = "LogisticRegression", phases: int = 1
) -> Fit:
    place = Place(cell=6)
    return Fit(
        kind=kind, samples=500, features=features, weights=weights, place=place, running=6, phases=phases
    )


def told(evidence: Evidence) -> list[Training]:
    found = candidates_of("lab3.ipynb", evidence, {}, {}, {}, {}, 3)
    return [one for one in (tell(c, {FILE: "course"}, 10) for c in found) if one is not None]


def evidence(*networks: Network, fits: tuple[Fit, ...] = (fit(),), **changes: Any) -> Evidence:
    phases = tuple(a_phase(**({"network": n.id, "first_step": 0} | changes)) for n in networks)
    return Evidence(networks=networks, phases=phases, fits=fits)


def test_a_classifier_of_scikit_learn_is_feature_extraction() -> None:
    (one,) = told(evidence(network()))
    assert (one.mode, one.network, one.counts) == ("feature_extraction", "resnet101", {170})
    verdict = first_network([one], "feature_extraction", AROUND)
    assert (verdict.outcome, verdict.basis) == ("passed", "observed")
    assert verdict.where is not None
    assert verdict.where.cell == 7
    assert "scikit-learn's LogisticRegression was fitted on features that resnet101 gave" in verdict.observed
    assert table_epochs([one], AROUND).outcome != "failed"


def test_numbers_that_no_network_gave_go_to_a_person() -> None:
    (one,) = told(evidence(network(), fits=(fit(features=5),)))
    verdict = first_network([one], "feature_extraction", AROUND)
    assert verdict.outcome == "undecided"
    assert "5 numbers for each image" in verdict.observed
    assert from_scratch_mode([one], AROUND).outcome == "not_attempted"


def test_features_of_a_random_network_are_not_published_ones() -> None:
    random = network("net1", width=9, file=None)
    (one,) = told(evidence(network(), random, fits=(fit(features=9, phases=2),)))
    assert one.mode is None
    assert first_network([one], "feature_extraction", AROUND).outcome == "failed"


def test_a_module_on_features_of_a_random_network() -> None:
    random, pretrained = network("net1", width=9, file=None), network()
    head = network("net2", width=10, file=None, input_shape=(8, 9))
    head = head.model_copy(
        update={"parameters": tuple(p.model_copy(update={"changed": True}) for p in head.parameters)}
    )
    seen = evidence(random, pretrained, head, fits=())
    (one,) = told(seen.model_copy(update={"runs": (a_run(network="net2"),)}))
    assert one.mode is None
    assert "features of a network without published weights" in one.reason
    assert from_scratch_mode([one], AROUND).outcome == "not_attempted"
    alone = evidence(random, head, fits=()).model_copy(update={"runs": (a_run(network="net2"),)})
    assert told(alone) == []


@pytest.mark.parametrize(
    "changes",
    [{"first_step": 3}, {"kind": "train"}, {"gradients": True}],
    ids=["trained", "training", "joint"],
)
def test_a_network_that_learns_gives_no_features(changes: dict[str, Any]) -> None:
    joint = a_run(network="net7", reached=("net0",))
    seen = evidence(network(), **changes).model_copy(update={"runs": (joint,)})
    assert told(seen) == []


def test_features_may_be_computed_with_autograd_on() -> None:
    (one,) = told(evidence(network(), gradients=True))
    assert one.mode == "feature_extraction"


def test_two_classifiers_on_two_networks_of_one_width() -> None:
    other = tuple(
        p.model_copy(update={"origin": p.origin and "vgg13-19584684.pth"}) for p in network().parameters
    )
    second = network("net1", parameters=other)
    fits = (fit(phases=2), fit(phases=2, kind="LinearSVC"))
    assert [one.network for one in told(evidence(network(), second, fits=fits))] == ["resnet101", "vgg13"]


def test_counts_of_a_classifier_without_weights_are_not_judged() -> None:
    found = told(evidence(network(), fits=(fit(weights=None, kind="KNeighborsClassifier"),)))
    rows = table(row("feature_extraction", 0, "resnet101"))
    verdict = table_parameters(rows, "lab3.ipynb", found, AROUND)
    assert verdict.outcome == "undecided"
    assert "KNeighborsClassifier has no weights" in verdict.findings[0].observed


def test_a_parameter_is_what_was_learnt() -> None:
    (one,) = told(evidence(network()))
    assert one.candidate.network.parameters[0] == Parameter(
        name="coef_", shape=(170,), trainable=True, changed=True, stepped=True
    )
