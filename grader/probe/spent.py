"""A network that has had its budget goes on answering, cheaply, and its weights stay as they are."""

import functools
import time
from typing import Any

import torch
from torch import nn

from grader.probe import training
from grader.probe.records import Network
from grader.probe.watcher import Watcher

EXPENSIVE = 0.05  # seconds of one answer to a few images


class Spent(torch.autograd.Function):
    """Scores of a spent network: they can be propagated, and every weight receives a gradient of zero, cheaply.

    `moved`: the one weight that receives `push`, if any. `zeros`: gradients kept for that, of an expensive network.
    """

    @staticmethod
    def forward(
        ctx: Any,
        scores: torch.Tensor,
        moved: nn.Parameter | None,
        push: float,
        zeros: dict[int, torch.Tensor] | None,
        *weights: torch.Tensor,
    ) -> torch.Tensor:
        ctx.save_for_backward(*weights)
        ctx.pushes, ctx.zeros = [push if weight is moved else 0.0 for weight in weights], zeros
        return scores.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        if ctx.zeros is not None:
            for weight in ctx.saved_tensors:
                if weight.grad is None:
                    weight.grad = ctx.zeros.setdefault(id(weight), torch.zeros_like(weight))
            return (None, None, None, None, *(None for _ in ctx.saved_tensors))
        pushed = zip(ctx.saved_tensors, ctx.pushes, strict=True)
        return (None, None, None, None, *(torch.full_like(weight, push) for weight, push in pushed))


def skipping(step: Any, watcher: Watcher) -> Any:
    """An optimizer's step(), which does nothing for an expensive network that is spent: its gradients are zero."""

    @functools.wraps(step)
    def wrapped(self: Any, closure: Any = None, *args: Any, **kwargs: Any) -> Any:
        if closure is None and is_at_rest(watcher, watcher.stepping):
            watcher.optimizer_steps(self)  # which may begin another training
            if is_at_rest(watcher, watcher.stepping):
                watcher.optimizer_stepped(self)
                return None
        return step(self, closure, *args, **kwargs) if closure is not None else step(self, *args, **kwargs)

    wrapped.skips = True  # type: ignore[attr-defined]
    return wrapped


def is_at_rest(watcher: Watcher, network: Network | None) -> bool:
    return (
        network is not None
        and network.answer is not None
        and network.run is not None
        and network.run.exhausted
        and bool(network.run.optimizers)
    )


def is_spent(watcher: Watcher, module: nn.Module) -> bool:
    network = watcher.networks.get(id(module))
    return network is not None and network.run is not None and network.run.exhausted


def answer(watcher: Watcher, original: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
    """Called instead of nn.Module.__call__, `original`: few rows, no gradients; an expensive network repeats itself."""
    network, images = watcher.networks[id(module)], args[0] if args else None
    given = images if isinstance(images, torch.Tensor) and images.dim() >= 2 and not kwargs else None
    shows = given is not None and watcher.shows_images(network, given)
    rows = thinned_rows(watcher, network, given) if given is not None and not shows else None
    stands = given is not None and (rows is not None or stands_for_all(watcher, given))
    watcher.computed = rows is None
    if stands and network.answer is not None and not shows:
        output = network.answer
        watcher.computed = False
    else:
        began = time.monotonic()
        with torch.no_grad():
            output = original(
                module, given[:rows] if rows and given is not None else images, *args[1:], **kwargs
            )
        if not isinstance(output, torch.Tensor):
            return original(module, *args, **kwargs)
        if stands and output.dim() and time.monotonic() - began > EXPENSIVE:
            network.answer = output.detach()
    if stands and given is not None and output.dim():
        output = output.repeat(-(-len(given) // len(output)), *[1] * (output.dim() - 1))[: len(given)]
    weights = [p for p in module.parameters() if p.requires_grad]
    if not torch.is_grad_enabled() or not weights:
        return output
    zeros = network.zeros if is_at_rest(watcher, network) else None
    return Spent.apply(output, *push(network), zeros, *weights)


def push(network: Network) -> tuple[nn.Parameter | None, float]:
    """The weight of a spent network that goes on moving, to and fro by 0.01 times the rate: where steps are made by hand,
    nothing else tells their rate."""
    run = network.run
    if run is None or run.optimizers:
        return None, 0.0
    return training.witness_of(network.module), 0.01 * (-1) ** run.steps


def thinned_rows(watcher: Watcher, network: Network, images: torch.Tensor) -> int | None:
    """Rows to compute, where a spent network is called in a loop that no loader bounds; None: all of them."""
    tiny = watcher.config.tiny_batch
    if len(images) <= tiny or watcher.batch_of(images) is not None or not watcher.config.bounded:
        return None
    if not torch.is_grad_enabled():  # one whole evaluation for each cell
        key = (watcher.cells.current, "no loader")
        if key not in network.full_evals:
            network.full_evals.add(key)
            return None
    watcher.remark(
        f"a loop over batches without a DataLoader: after the budget the network computes {tiny} rows of each "
        "batch and repeats them"
    )
    return tiny


def stands_for_all(watcher: Watcher, images: torch.Tensor) -> bool:
    """A few images of a loader, instead of a whole pass."""
    batch = watcher.batch_of(images)
    return batch is not None and batch.passing is not None and batch.passing.tiny
