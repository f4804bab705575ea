"""Regularisation: what makes learning by heart harder, or dearer. None of these adds a parameter."""

import torch
from torch import Tensor


def dropout(x: Tensor, p: float, training: bool = True) -> Tensor:
    """Inverted dropout: each value is zeroed with probability p, and the others are divided by 1 - p. The test, where
    nothing is dropped, then needs no correction (Srivastava et al., 2014)."""
    if not training:
        return x
    return x * (torch.rand_like(x) >= p) / (1 - p)


def drop_connect(w: Tensor, p: float, training: bool = True) -> Tensor:
    """The same for weights in place of activations (Wan et al., 2013)."""
    return dropout(w, p, training)


def l1_penalty(w: Tensor, lam: float) -> Tensor:
    """Its gradient has the same size everywhere: small weights become exactly 0."""
    return lam * w.abs().sum()


def l2_penalty(w: Tensor, lam: float) -> Tensor:
    """lambda / 2 * |w|^2: the half makes its gradient lambda * w, which is weight decay."""
    return lam / 2 * (w**2).sum()


def elastic_net(w: Tensor, lam1: float, lam2: float) -> Tensor:
    return l1_penalty(w, lam1) + l2_penalty(w, lam2)


def max_norm(w: Tensor, c: float) -> Tensor:
    """w (units, inputs): rows longer than c are shortened to c, the others stay as they are."""
    norms = (w**2).sum(1, keepdim=True).sqrt()
    return w * (c / norms.clamp(min=c))
