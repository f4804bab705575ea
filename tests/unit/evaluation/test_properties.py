"""Functions that draw numbers: right ones hold for many seeds, and each mistake shows."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from grader.catalog import load_assignment
from grader.evaluation.functions import Right
from grader.evaluation.properties import PROPERTIES
from grader.schema.evaluation import Part
from reference.toolbox import initialization, regularization, targets

PIECES = {piece.id: piece for piece in load_assignment("training_toolbox").pieces}


def parts(name: str, function: Callable[..., Any], seed: int = 0) -> tuple[Part, ...]:
    """Of a function that is called as the probe calls it."""
    piece = PIECES[name]
    assert piece.random is not None
    torch.manual_seed(seed)
    values = Right(piece).values
    leaves = []
    for given in values:
        calls = [function(*given.values()) for _ in range(piece.repeats)]
        tuples = [one if isinstance(one, tuple) else (one,) for one in calls]
        columns = [
            torch.stack([torch.as_tensor(o, dtype=torch.float64) for o in c])
            for c in zip(*tuples, strict=True)
        ]
        leaves.append(columns if piece.repeats > 1 else [column[0] for column in columns])
    return PROPERTIES[piece.random](values, leaves)


RIGHT: dict[str, Callable[..., Any]] = {
    "dropout": regularization.dropout,
    "drop_connect": regularization.drop_connect,
    "mixup": targets.mixup,
    "xavier_linear": initialization.xavier_linear,
    "xavier_conv": initialization.xavier_conv,
}


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_holds_whatever_is_drawn(name: str, seed: int) -> None:
    found = parts(name, RIGHT[name], seed)
    assert all(part.holds for part in found), found


def dropped(x: Tensor, zeroed: float, scale: float) -> Tensor:
    return x * (torch.rand_like(x) >= zeroed) * scale


@pytest.mark.parametrize(
    ("function", "wrong", "words"),
    [
        (lambda x, p, t: dropped(x, 1 - p, 1 / p) if t else x, {0, 1}, "the probability of staying"),
        (lambda x, p, t: dropped(x, p, 1.0) if t else x, {1}, "the others were left as they were"),
        (lambda x, p, t: dropped(x, p, 1.0) if t else x * (1 - p), {1, 2}, "changed in the test too"),
        (lambda x, p, t: dropped(x, p, 1 / (1 - p)), {2}, "values were changed in the test too"),
        (lambda x, p, t: x, {0, 1}, "0.0% were zeroed, with p = 0.3"),
        (lambda x, p, t: torch.zeros_like(x) if t else x, {0, 1}, "nothing was left"),
        (lambda x, p, t: x[:1], {0, 1, 2}, "it gave nothing of the shape"),
        (lambda x, p, t: dropped(x, p, 1 / (1 - p)) + 1 if t else x, {0, 1}, "changed in several ways"),
    ],
)
def test_each_mistake_of_a_dropout_shows(function: Callable[..., Any], wrong: set[int], words: str) -> None:
    found = parts("dropout", function)
    assert {number for number, part in enumerate(found) if not part.holds} == wrong
    assert words in " ".join(part.observed for part in found)


def test_a_mask_that_comes_with_it_does_not_matter() -> None:
    def with_mask(x: Tensor, p: float, training: bool) -> tuple[Tensor, Tensor]:
        mask = (torch.rand_like(x) >= p) / (1 - p)
        return (mask, x * mask) if training else (torch.ones_like(x), x)

    assert all(part.holds for part in parts("dropout", with_mask))


def mixed(x: Tensor, y: Tensor, alpha: float, lam: float | None = None, **wrong: bool) -> tuple[Any, ...]:
    lam = float(torch.distributions.Beta(alpha, alpha).sample()) if lam is None else lam
    order = torch.randperm(len(x))
    shown = torch.randperm(len(x)) if wrong.get("other_labels") else order
    share = 1 - lam if wrong.get("swapped") else lam
    return share * x + (1 - share) * x[order], y, y[shown], lam


@pytest.mark.parametrize(
    ("function", "wrong"),
    [
        (lambda x, y, a: mixed(x, y, a, other_labels=True), {1}),
        (lambda x, y, a: mixed(x, y, a, swapped=True), {0, 1}),
        (lambda x, y, a: mixed(x, y, a, lam=0.5), {2}),
        (lambda x, y, a: mixed(x, y, 5.0), {2}),
        (lambda x, y, a: mixed(x, y, a, lam=float(torch.rand(()))), {2}),
        (lambda x, y, a: (x, y, y, 1.0), {0, 1, 2}),
        (lambda x, y, a: (x,), {0, 1, 2}),
        (lambda x, y, a: (0.3 * x + 0.7 * x.flip(0), y, y.flip(0), 0.3), {0, 1, 2}),  # always the same
    ],
)
def test_each_mistake_of_a_mixup_shows(function: Callable[..., Any], wrong: set[int]) -> None:
    found = parts("mixup", function)
    assert {number for number, part in enumerate(found) if not part.holds} == wrong, found


def test_the_larger_share_may_be_the_first_image_s() -> None:
    def larger(x: Tensor, y: Tensor, alpha: float) -> tuple[Any, ...]:
        lam = float(torch.distributions.Beta(alpha, alpha).sample())
        return mixed(x, y, alpha, lam=max(lam, 1 - lam))

    assert all(part.holds for part in parts("mixup", larger))


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda i, o: torch.randn(i, o) * (2 / i) ** 0.5, "that is sqrt(2 / inputs), for ReLU"),
        (lambda i, o: torch.randn(i, o) * (2 / (i + o)) ** 0.5, "(Glorot and Bengio, 2010)"),
        (lambda i, o: torch.randn(i, o) / i, "1 / inputs, the variance and not its root"),
        (lambda i, o: torch.randn(i, o) / o**0.5, "1 / sqrt(outputs)"),
        (lambda i, o: torch.randn(i, o) * 0.01, "0.0100 for 256 inputs, where 0.0625 is right"),
        (lambda i, o: torch.rand(i, o) * (12 / i) ** 0.5, "their mean is"),
        (lambda i, o: torch.zeros(3), "but (3,)"),
    ],
)
def test_each_mistake_of_an_initialisation_shows(function: Callable[..., Any], words: str) -> None:
    found = parts("xavier_linear", function)
    assert not found[1].holds
    assert words in found[1].observed


def test_uniform_weights_and_other_orders_of_axes_are_right() -> None:
    assert all(
        p.holds for p in parts("xavier_linear", lambda i, o: (torch.rand(o, i) * 2 - 1) * (3 / i) ** 0.5)
    )
    found = parts("xavier_conv", lambda i, o, k: torch.randn(k, k, i, o) / (k * k * i) ** 0.5)
    assert all(p.holds for p in found)
