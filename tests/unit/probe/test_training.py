"""The rate of steps that are written by hand, from what they did."""

import pytest
import torch

from grader.probe.training import rate_by_hand


def step(rate: float, decay: float = 0.0, size: int = 10) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    before = torch.randn(size, generator=generator) * 0.03
    gradient = torch.randn(size, generator=generator) * 0.01
    return before, before - rate * (gradient + decay * before), gradient


@pytest.mark.parametrize("rate", [0.5, 0.1, 0.095, 0.01])
def test_the_rate_of_plain_sgd(rate: float) -> None:
    assert rate_by_hand(*step(rate)) == pytest.approx(rate, rel=1e-3)


def test_steps_that_are_no_plain_sgd_have_no_rate() -> None:
    before, after, gradient = step(0.1)
    assert rate_by_hand(*step(0.1, decay=0.1)) is None
    assert rate_by_hand(before, after + 1e-3 * torch.ones(10), gradient) is None
    assert rate_by_hand(before, after, torch.zeros(10)) is None
    assert rate_by_hand(before, after, torch.full((10,), float("nan"))) is None
    assert rate_by_hand(after, before, gradient) is None  # uphill


def test_a_step_that_is_lost_in_rounding_has_no_rate() -> None:
    assert rate_by_hand(*step(1e-6)) is None
