"""Softer targets: mixed images, smoothed labels, another network's opinion. scores (N, K) are logits, y (N,) classes."""

import torch
from torch import Tensor


def _log_softmax(scores: Tensor) -> Tensor:
    shifted = scores - scores.max(1, keepdim=True).values  # the largest exponential is 1: nothing overflows
    return shifted - shifted.exp().sum(1, keepdim=True).log()


def _cross_entropy(scores: Tensor, y: Tensor) -> Tensor:
    return -_log_softmax(scores)[torch.arange(len(y)), y].mean()


def mixup(x: Tensor, y: Tensor, alpha: float) -> tuple[Tensor, Tensor, Tensor, float]:
    """Zhang et al., 2018: lam x + (1 - lam) x', lam drawn once from Beta(alpha, alpha), x' the batch in another order.

    Returns the mixed images, the labels of both, and lam.
    """
    lam = float(torch.distributions.Beta(alpha, alpha).sample())
    order = torch.randperm(len(x))
    return lam * x + (1 - lam) * x[order], y, y[order], lam


def mixup_loss(scores: Tensor, y_a: Tensor, y_b: Tensor, lam: float) -> Tensor:
    """The cross-entropy of both labels, mixed as the images were."""
    return lam * _cross_entropy(scores, y_a) + (1 - lam) * _cross_entropy(scores, y_b)


def label_smoothing_loss(scores: Tensor, y: Tensor, smoothing: float = 0.1) -> Tensor:
    """Szegedy et al., 2016: 1 - smoothing goes to the label, and smoothing is shared out evenly among all K classes."""
    spread = -_log_softmax(scores).mean(1).mean()
    return (1 - smoothing) * _cross_entropy(scores, y) + smoothing * spread


def distillation_loss(
    student: Tensor, teacher: Tensor, y: Tensor, temperature: float, alpha: float
) -> Tensor:
    """Hinton et al., 2015: alpha T^2 KL(teacher || student), both softened by T, + (1 - alpha) cross-entropy of the labels.

    T^2 makes up for the gradients, which softening shrinks by 1 / T^2. KL is summed over classes, averaged over the batch.
    """
    ours, theirs = _log_softmax(student / temperature), _log_softmax(teacher / temperature)
    divergence = (theirs.exp() * (theirs - ours)).sum(1).mean()
    return alpha * temperature**2 * divergence + (1 - alpha) * _cross_entropy(student, y)
