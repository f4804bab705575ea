"""Places and modes of dropout and batch normalisation, read from the graphs of networks written in many ways."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from grader.judging.candidates import Candidate, Circumstances
from grader.judging.checks.batch_norm import batch_norm_evaluation, batch_norm_place
from grader.judging.checks.dropout import dropout_evaluation, dropout_place
from grader.judging.layers import read_layers
from tests.unit.judging.networks import SANE, TRAINING_PASS, ByHand, Calls, a_phase, seen, written_down

Forward = Callable[[Any, Tensor], Tensor]
HIDE = Circumstances()


def parts(**more: nn.Module) -> dict[str, nn.Module]:
    return {
        "conv1": nn.Conv2d(3, 4, 5, padding=2),
        "conv2": nn.Conv2d(4, 6, 5, padding=2),
        "fc1": nn.Linear(24, 12),
        "fc2": nn.Linear(12, 10),
        "bn1": nn.BatchNorm2d(4),
        "bn2": nn.BatchNorm2d(6),
        "drop": nn.Dropout(0.5),
    } | more


def features(self: Any, x: Tensor) -> Tensor:
    x = F.max_pool2d(F.relu(self.conv1(x)), 2)
    return F.max_pool2d(F.relu(self.conv2(x)), 2).flatten(1)


def candidate(
    forward: Forward, in_eval: bool = False, tested_in_training: bool = False, **more: nn.Module
) -> Candidate:
    module = Calls(forward, **parts(**more))
    test = a_phase(training_mode=tested_in_training)
    return replace(
        SANE,
        network=seen(module),
        graph=written_down(module),
        train_graph=written_down(module, training=not in_eval),
        phases=(TRAINING_PASS, test),
    )


def by_mask(self: Any, x: Tensor) -> Tensor:
    x = F.relu(self.fc1(features(self, x)))
    if self.training:
        x = x * (torch.rand(x.shape) > 0.3) / 0.7
    out: Tensor = self.fc2(x)
    return out


@pytest.mark.parametrize(
    "forward",
    [
        lambda self, x: self.fc2(self.drop(F.relu(self.fc1(features(self, x))))),
        lambda self, x: self.fc2(F.relu(self.drop(self.fc1(features(self, x))))),
        lambda self, x: self.fc2(F.dropout(F.relu(self.fc1(features(self, x))), 0.3, self.training)),
        lambda self, x: self.fc2(self.drop(F.relu(self.fc1(self.drop(features(self, x)))))),
        by_mask,
    ],
)
def test_a_dropout_between_the_last_two_layers_passes(forward: Forward) -> None:
    network = candidate(forward)
    assert dropout_place(network, HIDE).outcome == "passed"
    assert dropout_evaluation(network, HIDE).outcome == "passed"


def assigned(x: Tensor) -> Tensor:
    x = x.clone()
    x[torch.rand_like(x) < 0.3] = 0
    return x / 0.7


MASKS: dict[str, Callable[[Tensor], Tensor]] = {
    "compared": lambda x: x * (torch.rand_like(x) < 0.7) / 0.7,
    "filled": lambda x: x.masked_fill(torch.rand_like(x) < 0.3, 0) / 0.7,
    "chosen": lambda x: torch.where(torch.rand_like(x) < 0.3, torch.zeros_like(x), x / 0.7),
    "kept": lambda x: torch.where(torch.rand_like(x) > 0.3, x / 0.7, 0.0),
    "assigned": assigned,
    "new": lambda x: x * x.new_empty(x.shape).bernoulli_(0.7) / 0.7,
    "of a tensor": lambda x: x * torch.bernoulli(x, p=0.7) / 0.7,
}


@pytest.mark.parametrize("name", MASKS)
def test_every_mask_drops_the_share_that_is_said(name: str) -> None:
    network = candidate(
        lambda self, x: self.fc2(
            MASKS[name](F.relu(self.fc1(features(self, x))))
            if self.training
            else F.relu(self.fc1(features(self, x)))
        )
    )
    verdict = dropout_place(network, HIDE)
    assert (verdict.outcome, verdict.observed) == ("passed", "between fc4 and fc5, p = 0.3")
    assert dropout_evaluation(network, HIDE).outcome == "passed"


def test_the_scale_of_a_mask_is_no_layer() -> None:
    def forward(self: Any, x: Tensor) -> Tensor:
        x = F.relu(self.fc1(features(self, x)))
        out: Tensor = self.fc2(x * torch.bernoulli(torch.full_like(x, 0.7)) / 0.7)
        return out

    always = candidate(forward)
    assert always.graph is not None
    assert [unit.kind for unit in read_layers(always.graph).units][-2:] == ["linear", "linear"]
    assert dropout_evaluation(always, HIDE).observed == "active in evaluation mode too"


def test_no_dropout_is_no_attempt() -> None:
    network = candidate(lambda self, x: self.fc2(F.relu(self.fc1(features(self, x)))))
    assert {check(network, HIDE).outcome for check in (dropout_place, dropout_evaluation)} == {
        "not_attempted"
    }


@pytest.mark.parametrize(
    ("forward", "says"),
    [
        (lambda self, x: self.drop(self.fc2(F.relu(self.fc1(features(self, x))))), "on the scores"),
        (lambda self, x: self.fc2(F.relu(self.fc1(self.drop(features(self, x))))), "before fc4"),
        (
            lambda self, x: self.fc2(
                F.relu(
                    self.fc1(
                        F.max_pool2d(
                            F.relu(self.conv2(self.drop(F.max_pool2d(self.conv1(x), 2)))), 2
                        ).flatten(1)
                    )
                )
            ),
            "among the convolutions",
        ),
        (lambda self, x: self.fc2(F.dropout(F.relu(self.fc1(features(self, x))), 0.0)), "nothing is dropped"),
    ],
)
def test_a_wrong_place_is_named(forward: Forward, says: str) -> None:
    verdict = dropout_place(candidate(forward), HIDE)
    assert verdict.outcome == "failed"
    assert says in verdict.observed


def test_modes_of_dropout() -> None:
    always = candidate(lambda self, x: self.fc2(F.dropout(F.relu(self.fc1(features(self, x))), 0.5)))
    assert "evaluation mode too" in dropout_evaluation(always, HIDE).observed

    def right(self: Any, x: Tensor) -> Tensor:
        out: Tensor = self.fc2(self.drop(F.relu(self.fc1(features(self, x)))))
        return out

    assert dropout_evaluation(candidate(right, in_eval=True), HIDE).observed == "off in training"
    assert (
        "training mode was on" in dropout_evaluation(candidate(right, tested_in_training=True), HIDE).observed
    )


def normalised(first: Forward, second: Forward) -> Forward:
    def forward(self: Any, x: Tensor) -> Tensor:
        x = second(self, first(self, x))
        out: Tensor = self.fc2(F.relu(self.fc1(x.flatten(1))))
        return out

    return forward


RIGHT_FIRST = lambda self, x: F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)  # noqa: E731
RIGHT_SECOND = lambda self, x: F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)  # noqa: E731


@pytest.mark.parametrize(
    "second",
    [
        RIGHT_SECOND,
        lambda self, x: F.relu(F.max_pool2d(self.bn2(self.conv2(x)), 2)),
        lambda self, x: F.max_pool2d(
            F.relu(
                F.batch_norm(
                    self.conv2(x),
                    self.bn2.running_mean,
                    self.bn2.running_var,
                    self.bn2.weight,
                    self.bn2.bias,
                    self.training,
                )
            ),
            2,
        ),
    ],
)
def test_right_after_every_convolution_passes(second: Forward) -> None:
    network = candidate(normalised(RIGHT_FIRST, second))
    assert batch_norm_place(network, HIDE).outcome == "passed"
    assert batch_norm_evaluation(network, HIDE).outcome == "passed"


@pytest.mark.parametrize(
    ("second", "says"),
    [
        (
            lambda self, x: F.max_pool2d(self.bn2(F.relu(self.conv2(x))), 2),
            "conv2: normalised after its activation",
        ),
        (
            lambda self, x: F.relu(self.bn2(F.max_pool2d(self.conv2(x), 2))),
            "conv2: normalised after the pooling",
        ),
        (
            lambda self, x: self.bn2(F.max_pool2d(F.relu(self.conv2(x)), 2)),
            "conv2: normalised after the pooling",
        ),
        (lambda self, x: F.max_pool2d(F.relu(self.conv2(x)), 2), "conv2: not normalised"),
    ],
)
def test_a_wrong_place_of_one_is_partial_and_named(second: Forward, says: str) -> None:
    network = candidate(normalised(RIGHT_FIRST, second))
    verdict = batch_norm_place(network, HIDE)
    assert verdict.outcome == "partial"
    assert verdict.observed == says
    assert batch_norm_evaluation(network, HIDE).outcome == "passed"


def test_created_and_not_used_is_named() -> None:
    network = candidate(lambda self, x: self.fc2(F.relu(self.fc1(features(self, x)))))
    assert batch_norm_place(network, HIDE).observed == "created and not used: bn1, bn2"


def test_another_normalisation_is_named() -> None:
    network = candidate(normalised(RIGHT_FIRST, RIGHT_SECOND), bn1=nn.GroupNorm(2, 4), bn2=nn.GroupNorm(2, 6))
    assert batch_norm_place(network, HIDE).observed == "another normalisation: group norm"


@pytest.mark.parametrize(
    ("norms", "outcome"),
    [
        ({}, "undecided"),
        ({"bn2": nn.Identity()}, "undecided"),
        ({"bn1": nn.Identity(), "bn2": nn.Identity()}, "not_attempted"),
    ],
)
def test_norms_where_no_convolution_was_found_go_to_a_person(
    norms: dict[str, nn.Module], outcome: str
) -> None:
    by_hand = {"conv1": ByHand(3, 4), "conv2": ByHand(4, 6)}
    verdict = batch_norm_place(candidate(normalised(RIGHT_FIRST, RIGHT_SECOND), **by_hand, **norms), HIDE)
    assert verdict.outcome == outcome
    assert ("no convolution was found" in verdict.observed) is (outcome == "undecided")


def test_norms_of_linear_layers_beside_convolutions_are_no_attempt_at_these() -> None:
    linear = candidate(lambda self, x: self.fc2(self.bn(self.fc1(features(self, x)))), bn=nn.BatchNorm1d(12))
    assert batch_norm_place(linear, HIDE).observed == "only fully-connected layers are normalised"
    alone = candidate(
        lambda self, x: self.fc(self.bn(x.flatten(1))), bn=nn.BatchNorm1d(192), fc=nn.Linear(192, 10)
    )
    assert batch_norm_place(alone, HIDE).outcome != "failed"


def rows_first(self: Any, x: Tensor) -> Tensor:
    """A BatchNorm1d over (batch * rows * columns, channels)."""
    maps = self.conv2(x)
    batch, channels, rows, columns = maps.shape
    flat = self.bn2(maps.permute(0, 2, 3, 1).reshape(-1, channels))
    return F.max_pool2d(F.relu(flat.view(batch, rows, columns, channels).permute(0, 3, 1, 2)), 2)


def channels_first(self: Any, x: Tensor) -> Tensor:
    """Arithmetic on (channels, batch * rows * columns)."""
    maps = self.conv2(x)
    flat = maps.transpose(0, 1).flatten(1)
    flat = (flat - flat.mean(1, keepdim=True)) / flat.std(1, keepdim=True)
    return F.max_pool2d(F.relu(flat.view(-1, x.shape[0], *maps.shape[2:]).transpose(0, 1)), 2)


def test_feature_maps_normalised_in_another_shape_go_to_a_person() -> None:
    first = lambda self, x: F.max_pool2d(F.relu(self.conv1(x)), 2)  # noqa: E731
    for second, bn2 in ((rows_first, nn.BatchNorm1d(6)), (channels_first, nn.Identity())):
        network = candidate(normalised(first, second), bn1=nn.Identity(), bn2=bn2)
        assert batch_norm_place(network, HIDE).outcome == "undecided"
        assert batch_norm_evaluation(network, HIDE).outcome == "undecided"


def test_modes_of_batch_norm() -> None:
    right = normalised(RIGHT_FIRST, RIGHT_SECOND)
    bare = {
        "bn1": nn.BatchNorm2d(4, track_running_stats=False),
        "bn2": nn.BatchNorm2d(6, track_running_stats=False),
    }
    assert "no running statistics" in batch_norm_evaluation(candidate(right, **bare), HIDE).observed
    assert "evaluation mode was on" in batch_norm_evaluation(candidate(right, in_eval=True), HIDE).observed
    assert (
        "training mode was on"
        in batch_norm_evaluation(candidate(right, tested_in_training=True), HIDE).observed
    )
    assert batch_norm_place(candidate(right, in_eval=True), HIDE).outcome == "passed"


@pytest.mark.parametrize(
    ("dropout", "norm", "outcomes"),
    [
        (True, False, ("failed", "passed")),
        (False, True, ("passed", "failed")),
        (None, False, ("undecided", "passed")),
        (False, None, ("passed", "undecided")),
    ],
)
def test_layers_of_one_kind_that_were_left_in_training_mode_are_told_from_the_others(
    dropout: bool | None, norm: bool | None, outcomes: tuple[str, str]
) -> None:
    def both(self: Any, x: Tensor) -> Tensor:
        x = RIGHT_SECOND(self, RIGHT_FIRST(self, x)).flatten(1)
        out: Tensor = self.fc2(self.drop(F.relu(self.fc1(x))))
        return out

    test = a_phase(training_mode=None, dropout_mode=dropout, norm_mode=norm)
    tested = replace(candidate(both), phases=(TRAINING_PASS, test))
    checks = (dropout_evaluation, batch_norm_evaluation)
    assert tuple(check(tested, HIDE).outcome for check in checks) == outcomes


def test_a_forgotten_mode_is_placed_where_the_network_was_tested() -> None:
    def both(self: Any, x: Tensor) -> Tensor:
        out: Tensor = self.fc2(self.drop(self.fc1(RIGHT_SECOND(self, RIGHT_FIRST(self, x)).flatten(1))))
        return out

    tested = candidate(both, tested_in_training=True)
    for check in (dropout_evaluation, batch_norm_evaluation):
        verdict = check(tested, HIDE)
        assert (verdict.outcome, verdict.basis) == ("failed", "observed")
        assert verdict.where == tested.place_of(tested.phases[1])


def test_an_evaluation_of_wrong_or_unknown_images_shows_the_mode_too() -> None:
    right = normalised(RIGHT_FIRST, RIGHT_SECOND)
    for split, training, outcome in (
        ("train", False, "passed"),
        ("train", True, "failed"),
        (None, False, "passed"),
        (None, True, "undecided"),
    ):
        wrong = a_phase(split=split, training_mode=training)
        network = replace(candidate(right), phases=(TRAINING_PASS, wrong))
        assert batch_norm_evaluation(network, HIDE).outcome == outcome


def test_one_layer_for_two_convolutions_normalises_one_of_them() -> None:
    def forward(self: Any, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.bn1(self.conv2(x))), 2).flatten(1)
        out: Tensor = self.fc2(F.relu(self.fc1(x)))
        return out

    shared = candidate(forward, conv2=nn.Conv2d(4, 4, 5, padding=2), fc1=nn.Linear(16, 12))
    verdict = batch_norm_place(shared, HIDE)
    assert (verdict.outcome, verdict.fraction) == ("partial", 0.25)
    assert verdict.observed == "conv2: normalised by the same layer as conv1"
    assert batch_norm_evaluation(shared, HIDE).outcome == "passed"


def ones_for_linear(self: Any, x: Tensor) -> Tensor:
    x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
    x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)
    x = self.one5(self.drop(F.relu(self.one4(x))))
    return x.mean((2, 3))


def ones_not_normalised(self: Any, x: Tensor) -> Tensor:
    x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
    x = F.relu(self.one4(F.relu(self.bn2(self.conv2(x)))))
    out: Tensor = self.fc2(x.mean((2, 3)))
    return out


def test_convolutions_of_one_pixel_in_place_of_linear_layers_cost_the_architecture_alone() -> None:
    ones = {"one4": nn.Conv2d(6, 12, 1), "one5": nn.Conv2d(12, 10, 1)}
    for check in (dropout_place, dropout_evaluation, batch_norm_place, batch_norm_evaluation):
        assert check(candidate(ones_for_linear, **ones), HIDE).outcome == "passed"


def test_a_convolution_of_one_pixel_before_a_linear_layer_is_one_to_normalise() -> None:
    verdict = batch_norm_place(candidate(ones_not_normalised, one4=nn.Conv2d(6, 12, 1)), HIDE)
    assert (verdict.outcome, verdict.observed) == ("partial", "conv3: not normalised")
