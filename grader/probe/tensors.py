"""Small questions about tensors that the probe asks."""

import contextlib
import hashlib
from collections.abc import Iterable
from typing import Any

import torch


def kind_of_scores(scores: torch.Tensor) -> str:
    """Logits, log-probabilities or probabilities: what each row of a (batch, classes) tensor sums to."""
    if scores.dim() != 2 or scores.shape[1] < 2 or not scores.is_floating_point():
        return "other"
    rows = scores.detach()[:64].float()
    ones = torch.ones_like(rows[:, 0])  # whatever the default dtype is
    if bool((rows >= 0).all()) and torch.allclose(rows.sum(1), ones, atol=1e-3):
        return "probabilities"
    if bool((rows <= 1e-6).all()) and torch.allclose(rows.exp().sum(1), ones, atol=1e-3):
        return "log_probabilities"
    return "logits"


def digest(tensor: torch.Tensor) -> bytes:
    """16 bytes that change when any element does."""
    flat = tensor.detach().to("cpu").contiguous().reshape(-1).view(torch.uint8)
    return hashlib.blake2b(flat.numpy().tobytes(), digest_size=16).digest()


def origin_digest(tensor: torch.Tensor) -> bytes:
    """The same for a tensor and for what casts to bfloat16, float32 or float64 make of it."""
    return digest(tensor.detach().to(torch.bfloat16)) if tensor.is_floating_point() else digest(tensor)


def is_constant(tensor: torch.Tensor) -> bool:
    """One value throughout, as biases of 0 and scales of 1 are in every new network."""
    return tensor.is_floating_point() and tensor.numel() > 0 and bool(tensor.min() == tensor.max())


def first_tensor(value: Any) -> torch.Tensor | None:
    """The first tensor in a tensor, a sequence or a mapping; of any other object's fields the first that is no number."""
    if isinstance(value, torch.Tensor):
        return value
    if not isinstance(value, Iterable):
        fields = [f for f in getattr(value, "__dict__", {}).values() if isinstance(f, torch.Tensor)]
        return next((field for field in fields if field.dim() >= 2), next(iter(fields), None))
    with contextlib.suppress(TypeError, AttributeError):
        for item in value.values() if isinstance(value, dict) else value:
            if isinstance(item, torch.Tensor):
                return item
    return None
