"""The share of points of a network, and what is said of it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from grader.judging.candidates import NOT_EVALUATED
from grader.judging.checks.architecture import architecture
from grader.schema.evaluation import NetworkFacts
from tests.unit.judging.networks import (
    NAMES,
    SANE,
    ByHand,
    Calls,
    Small,
    by_strides,
    by_unfold,
    by_windows,
    candidate_of,
    measured,
    seen,
)


def test_the_tables_network_passes_and_is_proved() -> None:
    verdict = architecture(SANE, NAMES)
    assert (verdict.outcome, verdict.basis) == ("passed", "proved")
    assert verdict.observed == "all 6 layers as in the table"
    assert verdict.where is not None
    assert verdict.where.cell == 7


def test_a_graph_that_was_not_replayed_is_only_observed() -> None:
    candidate = replace(SANE, facts=NetworkFacts(measured=None, not_measured="too slow"))
    assert architecture(candidate, NAMES).basis == "observed"


def test_a_wrong_setting_costs_half_of_its_layer() -> None:
    verdict = architecture(candidate_of(Small(conv1=nn.Conv2d(3, 4, 3, padding=1))), NAMES)
    assert (verdict.outcome, verdict.fraction) == ("partial", pytest.approx(5.5 / 6))
    assert verdict.observed == "conv1: kernel 3, expected 5, padding 1, expected 2"


@pytest.mark.parametrize(
    "pool",
    [
        lambda x: torch.max(
            torch.max(x[..., ::2, ::2], x[..., 1::2, ::2]), torch.max(x[..., ::2, 1::2], x[..., 1::2, 1::2])
        ),
        lambda x: x.view(*x.shape[:2], x.shape[2] // 2, 2, -1, 2).transpose(3, 4).flatten(4).max(-1)[0],
    ],
)
def test_a_pooling_by_hand_is_for_a_person(pool: Callable[[Tensor], Tensor]) -> None:
    verdict = architecture(candidate_of(Small(pool1=Calls(lambda _, x: pool(x)))), NAMES)
    assert verdict.outcome == "undecided"
    assert "perhaps for a pooling written by hand" in verdict.observed


def test_the_largest_value_of_a_whole_map_is_no_pooling() -> None:
    globally = Small(pool2=Calls(lambda _, x: x.amax((2, 3))), fc3=nn.Linear(6, 12))
    assert architecture(candidate_of(globally), NAMES).outcome == "partial"


def test_a_missing_layer_costs_all_of_it() -> None:
    pooled_once = Small(pool2=nn.Identity(), fc3=nn.Linear(96, 12))
    verdict = architecture(candidate_of(pooled_once), NAMES)
    assert verdict.fraction == pytest.approx(5 / 6)
    assert verdict.observed == "pool2 is missing"
    assert verdict.hint == "Where in forward is pool2 called?"


def test_an_extra_layer_costs_half_a_layer() -> None:
    deeper = Small(norm1=nn.Conv2d(4, 4, 3, padding=1))
    verdict = architecture(candidate_of(deeper), NAMES)
    assert verdict.fraction == pytest.approx(5.0 / 6)  # and conv1 has lost its ReLU to the extra one
    assert (
        "an extra layer (conv 4, 3 x 3, stride 1, padding 1, ReLU, output 4 x 8 x 8) after conv1"
        in verdict.observed
    )


def test_a_missing_activation_is_asked_about() -> None:
    verdict = architecture(candidate_of(Small(relu=torch.sigmoid)), NAMES)
    assert verdict.observed.startswith("conv1: sigmoid, expected ReLU; conv2")
    assert verdict.hint.startswith("Which function follows conv1")


@pytest.mark.parametrize(
    ("layer", "asks"),
    [
        (nn.Conv2d(4, 6, 3, padding=1), "How many numbers does conv2 look at"),
        (nn.Conv2d(4, 6, 5, padding=2, groups=2), "Which channels and which pixels does conv2 look at"),
        (nn.Conv2d(4, 6, 5, padding=4, dilation=2), "Which channels and which pixels does conv2 look at"),
        (nn.Conv2d(4, 6, 3, padding=2), "floor((x + 2p - k) / s)"),
    ],
)
def test_a_layer_of_the_right_size_is_not_asked_about_its_size(layer: nn.Conv2d, asks: str) -> None:
    side = 3 if layer.kernel_size == (3, 3) and layer.padding == (2, 2) else 2
    network = Small(conv2=layer, fc3=nn.Linear(6 * side * side, 12))
    if side == 3:
        network.pool2 = nn.MaxPool2d(2, ceil_mode=True)
    assert asks in architecture(candidate_of(network), NAMES).hint


def test_quite_another_network_earns_nothing() -> None:
    mlp = nn.Sequential(nn.Flatten(), *(nn.Linear(192, 192) for _ in range(12)))
    verdict = architecture(candidate_of(mlp), NAMES)
    assert (verdict.outcome, verdict.fraction) == ("failed", 0.0)
    assert verdict.observed.endswith("more")


def test_a_network_that_cannot_compute_fails_with_its_error() -> None:
    network = seen(Small()).model_copy(update={"export_error": "forward: RuntimeError: mat1 and mat2"})
    verdict = architecture(replace(SANE, network=network, graph=None), NAMES)
    assert verdict.outcome == "failed"
    assert verdict.observed == "the network did not get through a forward pass: RuntimeError: mat1 and mat2"


def test_images_of_a_size_that_the_table_cannot_take_fail() -> None:
    verdict = architecture(replace(SANE, reference=None), NAMES)
    assert verdict.outcome == "failed"
    assert verdict.observed == "the network takes images of 8 x 8, for which the table's layers do not fit"


def test_what_we_did_not_evaluate_is_never_a_zero() -> None:
    verdict = architecture(replace(SANE, reference=None, facts=NOT_EVALUATED), NAMES)
    assert verdict.outcome == "undecided"
    assert verdict.observed.endswith("the network was not evaluated")


def test_a_network_that_was_not_written_down_is_undecided() -> None:
    verdict = architecture(replace(SANE, graph=None, facts=measured(0.5)), NAMES)
    assert verdict.outcome == "undecided"
    assert "no graph was kept" in verdict.observed


@pytest.mark.parametrize(
    ("windows", "word"), [(by_unfold, "im2col"), (by_windows, "unfold"), (by_strides, "as_strided")]
)
@pytest.mark.parametrize(("place", "channels"), [("conv1", (3, 4)), ("conv2", (4, 6))])
def test_a_convolution_written_by_hand_goes_to_a_person(
    windows: Callable[[Tensor], Tensor], word: str, place: str, channels: tuple[int, int]
) -> None:
    verdict = architecture(candidate_of(Small(**{place: ByHand(*channels, windows)})), NAMES)
    assert verdict.outcome == "undecided"
    assert f"windows are taken by {word}," in verdict.observed
