"""Networks called in parts: `classifier(features(x).flatten(1))` outside of any module is one network all the same."""

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional


class Chain(nn.Module):
    """Two modules, and what the notebook does between them."""

    def __init__(
        self, first: nn.Module, second: nn.Module, between: Callable[[torch.Tensor], torch.Tensor]
    ) -> None:
        super().__init__()
        self.first, self.second = first, second
        self.between = between

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(batch, channels, rows, columns) -> the second module's output."""
        result: torch.Tensor = self.second(self.between(self.first(images)))
        return result


def same(given: torch.Tensor) -> torch.Tensor:
    return given


def flat(given: torch.Tensor) -> torch.Tensor:
    return given.flatten(1)


def flat_relu(given: torch.Tensor) -> torch.Tensor:
    return functional.relu(given).flatten(1)


def relu(given: torch.Tensor) -> torch.Tensor:
    return functional.relu(given)


def pooled(given: torch.Tensor) -> torch.Tensor:
    return functional.max_pool2d(functional.relu(given), 2)


def pooled_flat(given: torch.Tensor) -> torch.Tensor:
    return pooled(given).flatten(1)


WAYS = (same, flat, relu, flat_relu, pooled, pooled_flat)


def way_between(
    output: torch.Tensor, received: torch.Tensor
) -> Callable[[torch.Tensor], torch.Tensor] | None:
    """How `received` follows from `output`, if it is one of the usual ways; found by trying, on values."""
    if len(output) != len(received) or output.dim() < received.dim() or output.numel() < received.numel():
        return None
    with torch.no_grad():
        for way in WAYS:
            try:
                if torch.equal(way(output), received):
                    return way
            except (RuntimeError, IndexError):
                continue
    return None
