"""Normalisation: zero mean and unit variance over some axes, then a learnt scale gamma and shift beta.

Which axes is all that tells the kinds apart. For x (N, C, H, W):

    batch     over N, H, W    one mean for each channel, of the whole batch
    layer     over C, H, W    one mean for each image
    instance  over H, W       one mean for each channel of each image
    group     over H, W and the channels of a group

Only batch normalisation mixes images, and so only it needs running averages for the test, where an image's scores must not
depend on its neighbours. gamma = sigma and beta = mu undo it: it takes no freedom from the network. It adds two parameters a
channel.
"""

import torch
from torch import Tensor


def _normalised(x: Tensor, axes: tuple[int, ...], eps: float) -> Tensor:
    mean = x.mean(axes, keepdim=True)
    variance = ((x - mean) ** 2).mean(
        axes, keepdim=True
    )  # divided by n: the batch is all there is, no sample of it
    return (x - mean) / torch.sqrt(variance + eps)


def _of_channels(values: Tensor, x: Tensor) -> Tensor:
    """(C,) -> (1, C, 1, 1), or (1, D) beside x (N, D)."""
    return values.reshape(1, -1, *[1] * (x.dim() - 2))


def batch_norm_train(
    x: Tensor,
    gamma: Tensor,
    beta: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
    momentum: float = 0.9,
    eps: float = 1e-5,
) -> tuple[Tensor, Tensor, Tensor]:
    """x (N, D) or (N, C, H, W). Returns the output and the new running mean and variance.

    running = momentum * running + (1 - momentum) * sample. PyTorch's `momentum` is the other share, 0.1 in place of 0.9.
    """
    axes = (0,) if x.dim() == 2 else (0, 2, 3)
    mean = x.mean(axes)
    variance = ((x - _of_channels(mean, x)) ** 2).mean(axes)
    out = _of_channels(gamma, x) * _normalised(x, axes, eps) + _of_channels(beta, x)
    return (
        out,
        momentum * running_mean + (1 - momentum) * mean,
        momentum * running_var + (1 - momentum) * variance,
    )


def batch_norm_test(
    x: Tensor, gamma: Tensor, beta: Tensor, running_mean: Tensor, running_var: Tensor, eps: float = 1e-5
) -> Tensor:
    """x (N, D) or (N, C, H, W). A fixed linear function of each image."""
    mean, variance = _of_channels(running_mean, x), _of_channels(running_var, x)
    return _of_channels(gamma, x) * (x - mean) / torch.sqrt(variance + eps) + _of_channels(beta, x)


def layer_norm(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-5) -> Tensor:
    """x (N, D), gamma and beta (D,)."""
    return gamma * _normalised(x, (1,), eps) + beta


def group_norm(x: Tensor, gamma: Tensor, beta: Tensor, groups: int, eps: float = 1e-5) -> Tensor:
    """x (N, C, H, W); C must be a multiple of groups. One group is layer norm, C groups are instance norm."""
    n, c, h, w = x.shape
    grouped = _normalised(x.reshape(n, groups, c // groups, h, w), (2, 3, 4), eps)
    return _of_channels(gamma, x) * grouped.reshape(n, c, h, w) + _of_channels(beta, x)


def instance_norm(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-5) -> Tensor:
    """x (N, C, H, W)."""
    return group_norm(x, gamma, beta, x.shape[1], eps)
