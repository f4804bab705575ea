"""Networks called in parts: `classifier(features(x).flatten(1))` outside of any module is one network all the same."""

from collections.abc import Callable
from dataclasses import dataclass

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


def mode_of(module: nn.Module) -> bool | None:
    """Training mode, evaluation mode, or None where parts disagree that may behave differently in the two."""
    parts = [part for part in module.modules() if not isinstance(part, Chain)]
    telling = [part for part in parts if not isinstance(part, (nn.Linear, nn.modules.conv._ConvNd))] or parts
    modes = {part.training for part in telling}
    return modes.pop() if len(modes) == 1 else None


def mode_of_layers(module: nn.Module, kind: type[nn.Module]) -> bool | None:
    """The same of the layers of one kind; None as well where there is none."""
    modes = {part.training for part in module.modules() if isinstance(part, kind)}
    return modes.pop() if len(modes) == 1 else None


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


@dataclass(frozen=True)
class Call:
    """A forward pass that returned: the outermost module, what it was given and gave, what its first convolution got."""

    module: nn.Module
    images: torch.Tensor
    scores: torch.Tensor | None
    entered: torch.Tensor | None


class Chains:
    """Recognises calls that go on from the one before."""

    MOST = 100  # pairs of modules that are tried

    def __init__(self) -> None:
        self.last: Call | None = None
        self.found: dict[tuple[int, int], Chain | None] = {}  # by ids of modules that the watcher keeps alive

    def called(
        self,
        module: nn.Module,
        images: torch.Tensor,
        scores: torch.Tensor | None,
        entered: torch.Tensor | None,
    ) -> None:
        """Remember the call that has just returned."""
        self.last = Call(module, images, scores.detach(), entered) if scores is not None else None

    def joined(self, module: nn.Module, received: torch.Tensor, known: bool) -> Call | None:
        """The call of the network of which this module is a later part, if it received what the last one gave."""
        last = self.last
        if last is None or last.scores is None or last.module is module:
            return None
        key = (id(last.module), id(module))
        if key not in self.found:
            if len(self.found) > self.MOST or not known:
                return None
            way = way_between(last.scores, received.detach())
            self.found[key] = Chain(last.module, module, way) if way is not None else None
        chain = self.found[key]
        if chain is not None:
            chain.training = last.module.training or module.training
        return Call(chain, last.images, None, last.entered) if chain is not None else None
