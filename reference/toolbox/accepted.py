"""Other customs that are as right as those of the lab: where a function has no derivative, and where a warm-up begins."""

import torch
from torch import Tensor

from reference.toolbox.activations import leaky_relu_grad, relu_grad
from reference.toolbox.schedules import warmup_cosine


def relu_grad_one(x: Tensor) -> Tensor:
    """1 at 0."""
    return (x >= 0).to(x.dtype)


def relu_grad_half(x: Tensor) -> Tensor:
    """1/2 at 0."""
    return relu_grad(x) + 0.5 * (x == 0).to(x.dtype)


def leaky_relu_grad_one(x: Tensor) -> Tensor:
    """1 at 0."""
    return torch.where(x == 0, torch.ones_like(x), leaky_relu_grad(x))


def warmup_from_one(step: int, warmup: int, total: int, lr: float) -> float:
    """The first step is made with lr / warmup, not with 0."""
    return (
        warmup_cosine(step + 1, warmup, total, lr)
        if step < warmup
        else warmup_cosine(step, warmup, total, lr)
    )
