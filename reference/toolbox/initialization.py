"""Xavier initialisation: weights of standard deviation 1 / sqrt(inputs of a unit).

A sum of D terms of variance v has variance D * v; weights of variance 1 / D keep it at v, layer after layer. Seven layers of
4096 units with weights of 0.01 shrink the activations by 0.64 each, to a twentieth; of 0.05, they saturate a tanh.
A unit of a convolution has k * k * C_in inputs.
"""

import math

import torch
from torch import Tensor


def xavier_linear(d_in: int, d_out: int) -> Tensor:
    """(d_in, d_out)."""
    return torch.randn(d_in, d_out) / math.sqrt(d_in)


def xavier_conv(c_in: int, c_out: int, k: int) -> Tensor:
    """(c_out, c_in, k, k)."""
    return torch.randn(c_out, c_in, k, k) / math.sqrt(k * k * c_in)
