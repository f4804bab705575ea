"""What a training loop's events say: the rate of steps written by hand, groups that keep their ratio, tensors made anew."""

import pytest
import torch
from torch import nn

from grader.probe.records import Network, Run
from grader.probe.tensors import first_tensor
from grader.probe.training import note_step, rate_by_hand


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


def test_tensors_of_a_loader_that_are_made_anew_are_told_from_stored_ones() -> None:
    network = Network("net0", nn.Linear(2, 2), {"cell": 0, "line": 1}, torch.zeros(1, 2))
    images = torch.rand(100, 3, 4, 4)
    assert [network.renewed(images), network.renewed(images.clone())] == [False, False]
    assert [network.renewed(images + 1), network.renewed(images)] == [True, True]


@pytest.mark.parametrize(("shrinks", "apart"), [((0, 1), False), ((0,), True), ((1,), True), ((), False)])
def test_groups_whose_rates_do_not_keep_their_ratio(shrinks: tuple[int, ...], apart: bool) -> None:
    module = nn.Linear(2, 2)
    optimizer = torch.optim.SGD([{"params": [module.weight]}, {"params": [module.bias], "lr": 0.01}], lr=0.1)
    run = Run("net0", {"cell": 0, "line": 1}, 0, {})
    for _ in range(3):
        note_step(run, module, optimizer, first=True)
        run.steps += 1
        for number in shrinks:
            optimizer.param_groups[number]["lr"] *= 0.95
    assert run.apart is apart


def test_an_optimizer_beside_the_one_with_the_schedule() -> None:
    module = nn.Linear(2, 2)
    scheduled, constant = torch.optim.SGD([module.weight], lr=0.1), torch.optim.SGD([module.bias], lr=0.1)
    foreign = torch.optim.SGD(nn.Linear(2, 2).parameters(), lr=0.1)
    for other, apart in ((foreign, False), (constant, True)):
        run = Run("net0", {"cell": 0, "line": 1}, 0, {})
        for step in range(3):
            scheduled.param_groups[0]["lr"] = 0.1 * 0.95**step
            note_step(run, module, scheduled, first=True)
            note_step(run, module, other, first=False)
            run.steps += 1
        assert run.apart is apart


def test_the_tensor_of_an_object_is_the_one_that_is_no_number() -> None:
    class Output:
        def __init__(self) -> None:
            self.loss, self.logits, self.name = torch.tensor(1.0), torch.zeros(2, 10), "x"

    found = first_tensor(Output())
    assert found is not None
    assert found.shape == (2, 10)
    assert first_tensor(object()) is None
    assert first_tensor(5) is None
