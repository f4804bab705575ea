"""Activations and their derivatives, elementwise on a tensor of any shape.

A layer without one is a matrix product, and ten of them in a row are one matrix product. The derivative is what lets a
gradient through: at most 1/4 in a sigmoid, almost nothing where it saturates (2e-9 at 20), exactly 1 in a ReLU that is on.
"""

import torch
from torch import Tensor


def sigmoid(x: Tensor) -> Tensor:
    return 1 / (1 + torch.exp(-x))


def sigmoid_grad(x: Tensor) -> Tensor:
    return sigmoid(x) * (1 - sigmoid(x))


def tanh(x: Tensor) -> Tensor:
    return 2 * sigmoid(2 * x) - 1  # (e^x - e^-x) / (e^x + e^-x) overflows for float32 from 89 on


def tanh_grad(x: Tensor) -> Tensor:
    return 1 - tanh(x) ** 2


def relu(x: Tensor) -> Tensor:
    return x * (x > 0)


def relu_grad(x: Tensor) -> Tensor:
    """At 0 it has no derivative; anything between 0 and 1 will do there, and 0 is the custom."""
    return (x > 0).to(x.dtype)


def leaky_relu(x: Tensor, slope: float = 0.1) -> Tensor:
    return torch.where(x > 0, x, slope * x)


def leaky_relu_grad(x: Tensor, slope: float = 0.1) -> Tensor:
    """At 0: the slope, by custom."""
    return torch.where(x > 0, torch.ones_like(x), torch.full_like(x, slope))


def elu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """Clevert et al., 2016: towards -alpha on the left, so that the mean of what comes out is nearer to 0."""
    return torch.where(x > 0, x, alpha * (torch.exp(x.clamp(max=0)) - 1))


def elu_grad(x: Tensor, alpha: float = 1.0) -> Tensor:
    return torch.where(x > 0, torch.ones_like(x), alpha * torch.exp(x.clamp(max=0)))


def maxout(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    """The larger of two linear functions, unit by unit (Goodfellow et al., 2013). x (N, D), w (D, M), b (M,)."""
    return torch.maximum(x @ w1 + b1, x @ w2 + b2)
