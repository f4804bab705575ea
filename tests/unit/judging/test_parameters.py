"""The numbers of weights: of the lab's network, of each layer, with and without batch normalisation."""

from dataclasses import replace

import pytest
from torch import nn

from grader.judging.candidates import Candidate
from grader.judging.checks.parameters import expected_count, parameters
from grader.judging.units import Unit
from reference.cifar_net import CifarNet
from tests.unit.judging.networks import NAMES, SANE, Small, candidate_of, seen, written_down

LAYERS = ("conv1", "pool1", "conv2", "pool2", "conv3", "pool3", "fc4", "fc5")
REFERENCE = written_down(CifarNet(), size=32)


def lab(module: nn.Module) -> Candidate:
    return replace(SANE, network=seen(module, 32), graph=written_down(module, size=32), reference=REFERENCE)


def test_the_labs_network_has_the_statements_count() -> None:
    verdict = parameters(lab(CifarNet()), LAYERS)
    assert (verdict.outcome, verdict.observed) == ("passed", "1,191,170 parameters")
    assert [f.observed for f in verdict.findings] == ["2,432", "51,264", "102,464", "1,025,000", "10,010"]


def test_batch_normalisation_is_counted_apart() -> None:
    verdict = parameters(lab(CifarNet(batch_norm=True, dropout=0.5)), LAYERS)
    assert verdict.outcome == "passed"
    assert verdict.observed == "1,191,490 parameters, 320 of them in batch normalisation"


def test_a_bias_before_batch_normalisation_may_be_left_out() -> None:
    without = Small(conv1=nn.Conv2d(3, 4, 5, padding=2, bias=False), norm1=nn.BatchNorm2d(4))
    assert parameters(candidate_of(without), NAMES).outcome == "passed"


def test_a_missing_bias_is_seen() -> None:
    verdict = parameters(candidate_of(Small(fc4=nn.Linear(12, 10, bias=False))), NAMES)
    assert (verdict.outcome, verdict.fraction) == ("partial", pytest.approx(3 / 4))
    assert "first difference: fc4 120, expected 130" in verdict.observed


def test_a_layer_that_is_never_used_is_named() -> None:
    verdict = parameters(candidate_of(Small(spare=nn.Linear(2, 2))), NAMES)
    assert (verdict.outcome, verdict.fraction) == ("partial", pytest.approx(3.5 / 4))
    assert verdict.observed.endswith("created and never used: spare.weight, spare.bias")
    assert verdict.hint == "Which layers does forward() really call?"


def test_the_bias_is_expected_of_a_normalised_layer_whose_weights_are_not_registered() -> None:
    expected = Unit(kind="conv", shape=(4, 8, 8), weights={"weight": 300, "bias": 4})
    bare = Unit(kind="conv", normalised=True, bias=False)
    assert expected_count(expected, replace(bare, weights={"weight": 300})) == 300
    assert expected_count(expected, bare) == 304


def test_an_extra_layer_costs_half_a_layer() -> None:
    deeper = Small(norm1=nn.Conv2d(4, 4, 3, padding=1))
    verdict = parameters(candidate_of(deeper), NAMES)
    assert verdict.fraction == pytest.approx(3.5 / 4)
    assert "an extra layer 148, expected not in the table" in verdict.observed


def test_the_hint_is_a_question_and_the_total_is_told() -> None:
    verdict = parameters(candidate_of(Small(fc3=nn.Linear(24, 6), fc4=nn.Linear(6, 10))), NAMES)
    assert verdict.hint.endswith("?")
    assert verdict.expected == f"{sum(p.numel() for p in Small().parameters()):,} parameters"


def test_without_a_graph_it_is_undecided() -> None:
    assert parameters(replace(SANE, graph=None), NAMES).outcome == "undecided"
