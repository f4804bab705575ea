"""Batch normalisation as arithmetic, in the spellings students use, and near misses that are none."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from grader.judging.candidates import Candidate, Circumstances
from grader.judging.checks.batch_norm import batch_norm_evaluation, batch_norm_place
from tests.unit.judging.networks import SANE, TRAINING_PASS, a_phase, seen, written_down

EPS = 1e-5
Both = Callable[["Handmade", Tensor], Tensor]


class Handmade(nn.Module):
    def __init__(self, channels: int, training: Both, evaluation: Both) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(channels))
        self.beta = nn.Parameter(torch.zeros(channels))
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("var", torch.ones(channels))
        self.mean: Tensor
        self.var: Tensor
        self.ways = training, evaluation

    def keep(self, mean: Tensor, var: Tensor) -> None:
        with torch.no_grad():
            self.mean = 0.9 * self.mean + 0.1 * mean.flatten()
            self.var = 0.9 * self.var + 0.1 * var.flatten()

    def forward(self, x: Tensor) -> Tensor:
        return self.ways[0 if self.training else 1](self, x)


def wide(t: Tensor) -> Tensor:
    return t.view(1, -1, 1, 1)


def textbook(self: Handmade, x: Tensor) -> Tensor:
    mean, var = x.mean((0, 2, 3), keepdim=True), x.var((0, 2, 3), unbiased=False, keepdim=True)
    self.keep(mean, var)
    return wide(self.gamma) * (x - mean) / torch.sqrt(var + EPS) + wide(self.beta)


def textbook_kept(self: Handmade, x: Tensor) -> Tensor:
    return wide(self.gamma) * (x - wide(self.mean)) / torch.sqrt(wide(self.var) + EPS) + wide(self.beta)


def d2l(self: Handmade, x: Tensor) -> Tensor:
    mean = x.mean(dim=(0, 2, 3), keepdim=True)
    var = ((x - mean) ** 2).mean(dim=(0, 2, 3), keepdim=True)
    self.mean.mul_(0.9).add_(0.1 * mean.detach().flatten())
    self.var.mul_(0.9).add_(0.1 * var.detach().flatten())
    out = (x - mean) / torch.sqrt(var + EPS)
    return self.gamma[:, None, None] * out + self.beta[:, None, None]


def scale_and_shift(self: Handmade, x: Tensor) -> Tensor:
    m = x.sum((0, 2, 3)) / (x.shape[0] * x.shape[2] * x.shape[3])
    v = (x * x).mean((0, 2, 3)) - m**2
    self.keep(m.detach(), v.detach())
    a = self.gamma * (v + EPS).rsqrt()
    return x * wide(a) + wide(self.beta - m * a)


def scale_and_shift_kept(self: Handmade, x: Tensor) -> Tensor:
    a = self.gamma * (self.var + EPS).rsqrt()
    return x * wide(a) + wide(self.beta - self.mean * a)


def no_affine(self: Handmade, x: Tensor) -> Tensor:
    s, m = torch.std_mean(x, dim=[0, 2, 3], keepdim=True)
    self.keep(m, s**2)
    return x.sub(m).div(s + EPS)


def no_affine_kept(self: Handmade, x: Tensor) -> Tensor:
    return (x - wide(self.mean)) / wide(self.var).sqrt()


def in_place(self: Handmade, x: Tensor) -> Tensor:
    m, s = x.mean((0, 2, 3), True), x.std((0, 2, 3), keepdim=True)
    self.keep(m, s**2)
    return x.sub(m).div_(s + EPS).mul_(wide(self.gamma)).add_(wide(self.beta))


def in_one_call(self: Handmade, x: Tensor) -> Tensor:
    var, mean = torch.var_mean(x, (0, 2, 3), unbiased=False, keepdim=True)
    self.keep(mean, var)
    return torch.addcmul(wide(self.beta), (x - mean) * torch.rsqrt(var + EPS), wide(self.gamma))


def in_one_call_kept(self: Handmade, x: Tensor) -> Tensor:
    centred = (x - wide(self.mean)) * wide(self.gamma)
    return torch.addcdiv(wide(self.beta), centred, torch.sqrt(wide(self.var) + EPS))


def over_the_image(self: Handmade, x: Tensor) -> Tensor:
    mean, var = x.mean((2, 3), keepdim=True), x.var((2, 3), keepdim=True)
    return wide(self.gamma) * (x - mean) / torch.sqrt(var + EPS) + wide(self.beta)


def by_one_number(self: Handmade, x: Tensor) -> Tensor:
    return (x - x.mean()) / (x.std() + EPS)


def by_the_variance(self: Handmade, x: Tensor) -> Tensor:
    mean, var = x.mean((0, 2, 3), keepdim=True), x.var((0, 2, 3), keepdim=True)
    return (x - mean) / (var + EPS)


def learned_only(self: Handmade, x: Tensor) -> Tensor:
    return x * wide(self.gamma) + wide(self.beta)


def candidate(training: Both, evaluation: Both, after: bool = False, last: bool = True) -> Candidate:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1, self.conv2 = nn.Conv2d(3, 4, 5, padding=2), nn.Conv2d(4, 6, 5, padding=2)
            self.n1 = Handmade(4, training, evaluation)
            self.n2: nn.Module = Handmade(6, training, evaluation) if last else nn.Identity()
            self.fc = nn.Linear(24, 10)

        def forward(self, x: Tensor) -> Tensor:
            x = self.n1(F.relu(self.conv1(x))) if after else F.relu(self.n1(self.conv1(x)))
            x = F.max_pool2d(x, 2)
            x = F.max_pool2d(F.relu(self.n2(self.conv2(x))), 2)
            scores: Tensor = self.fc(x.flatten(1))
            return scores

    module = Net()
    return replace(
        SANE,
        network=seen(module),
        graph=written_down(module),
        train_graph=written_down(module, training=True),
        phases=(TRAINING_PASS, a_phase(training_mode=False)),
    )


def outcomes(candidate: Candidate) -> tuple[str, str]:
    return (
        batch_norm_place(candidate, Circumstances()).outcome,
        batch_norm_evaluation(candidate, Circumstances()).outcome,
    )


RIGHT = {
    "textbook": (textbook, textbook_kept),
    "dive into deep learning": (d2l, textbook_kept),
    "scale and shift": (scale_and_shift, scale_and_shift_kept),
    "no affine": (no_affine, no_affine_kept),
    "in place": (in_place, textbook_kept),
    "in one call": (in_one_call, in_one_call_kept),
}


@pytest.mark.parametrize("spelling", RIGHT)
def test_arithmetic_is_told_for_batch_normalisation(spelling: str) -> None:
    assert outcomes(candidate(*RIGHT[spelling])) == ("passed", "passed")


@pytest.mark.parametrize("spelling", RIGHT)
def test_its_place_is_judged_like_that_of_a_layer(spelling: str) -> None:
    assert outcomes(candidate(*RIGHT[spelling], after=True))[0] != "passed"
    missing = batch_norm_place(candidate(*RIGHT[spelling], last=False), Circumstances())
    assert missing.observed == "conv2: not normalised"


def test_batch_statistics_in_evaluation_fail() -> None:
    verdict = batch_norm_evaluation(candidate(textbook, textbook), Circumstances())
    assert verdict.outcome == "failed"
    assert verdict.observed.startswith("statistics of the test batch are used in evaluation mode")


def test_running_statistics_in_training_fail() -> None:
    verdict = batch_norm_evaluation(candidate(textbook_kept, textbook_kept), Circumstances())
    assert verdict.outcome == "failed"
    assert verdict.observed.startswith("running statistics are used in training")


@pytest.mark.parametrize("other", [over_the_image, by_one_number, by_the_variance, learned_only])
def test_other_arithmetic_never_passes_and_never_fails_unseen(other: Both) -> None:
    assert set(outcomes(candidate(other, other))) <= {"undecided", "not_attempted"}
