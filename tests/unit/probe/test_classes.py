"""Classes that students write in place of functions."""

from typing import Any

import numpy as np
import torch
from torch import nn

from grader.probe.bindings import parameters_of
from grader.probe.classes import methods_of


class Sigmoid:
    def forward(self, x: Any) -> Any:
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, dout: Any) -> Any:
        return dout * self.out * (1 - self.out)


class Norm:
    def __init__(self, gamma: float, mean: float, momentum: float = 0.9) -> None:
        self.gamma, self.mean, self.momentum = gamma, mean, momentum

    def forward(self, x: float, training: bool = True) -> float:
        if training:
            self.mean = self.momentum * self.mean + (1 - self.momentum) * x
        return self.gamma * (x - self.mean)


class Module(nn.Module):
    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: float) -> float:
        return x / self.p if self.training else x


class Losses:
    @staticmethod
    def l1(w: float, lam: float) -> float:
        return lam * abs(w)

    def l2(self, w: float, lam: float) -> float:
        return lam / 2 * w**2


class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x**2

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:  # type: ignore[override]
        (x,) = ctx.saved_tensors
        return 2 * g * x


def own(value: Any) -> bool:
    return getattr(getattr(value, "__code__", None), "co_filename", "") == __file__ or (
        hasattr(value, "__func__") and own(value.__func__)
    )


def test_backward_is_called_after_forward_with_ones() -> None:
    found = methods_of("Sigmoid", Sigmoid, own)
    x = np.array([0.0, 2.0])
    assert np.allclose(found["Sigmoid_grad"](x=x), np.exp(-x) / (1 + np.exp(-x)) ** 2)


def test_made_with_some_arguments_and_called_with_the_others() -> None:
    norm = methods_of("Norm", Norm, own)["Norm"]
    taken = [parameter.name for parameter in parameters_of(norm) or ()]
    assert taken == ["x", "gamma", "mean", "training", "momentum"]
    output, mean = norm(x=2.0, gamma=3.0, mean=1.0)
    assert (output, mean) == (3 * (2 - mean), 0.9 + 0.1 * 2)
    assert norm(x=2.0, gamma=3.0, mean=1.0, training=False) == (3.0,)


def test_a_module_is_told_whether_it_is_trained() -> None:
    module = methods_of("Module", Module, own)["Module"]
    assert module(x=1.0, training=True)[0] == 2
    assert module(x=1.0, training=False)[0] == 1


def test_other_methods_are_functions_of_their_own() -> None:
    found = methods_of("Losses", Losses, own)
    assert found["Losses.l1"](-2.0, 0.5) == 1
    assert found["Losses.l2"](w=-2.0, lam=0.5)[0] == 1


def test_functions_of_autograd_go_both_ways() -> None:
    found = methods_of("Square", Square, own)
    x = torch.tensor([3.0])
    assert found["Square"](x).tolist() == [9]
    assert found["Square_grad"](x).tolist() == [6]


def test_a_class_of_a_library_is_none_of_the_notebook() -> None:
    assert methods_of("ReLU", nn.ReLU, own) == {}
