"""What the events of a training loop add to the notes of its run."""

import copy
import time
from types import SimpleNamespace
from typing import Any

import torch
from torch import nn
from torch.optim import lr_scheduler

from grader.probe.config import Config
from grader.probe.graphs import invisibly
from grader.probe.records import MAX_POINTS, Network, OptimizerUse, Phase, Run, Scheduled
from grader.probe.tensors import first_tensor

ASKED = (lr_scheduler.StepLR, lr_scheduler.LambdaLR, lr_scheduler.MultiplicativeLR, lr_scheduler.MultiStepLR)
MANY_CALLS = 10  # of step(), from which a scheduler may be one that is stepped after every batch
MOST_CALLS, MOST_CHANGES = 2000, 3  # looked at
SAME_RATE = 1e-3  # relative difference of rates found from what a step did, which float32 rounds
MOST_GROUPS = 50
FEWEST_STEPS = 3  # that every training gets, however long they take
RATIO = 0.01  # relative change of a ratio: less is rounding


def trained_parameters(module: nn.Module) -> list[nn.Parameter]:
    return [p for p in module.parameters() if p.requires_grad]


def witness_of(module: nn.Module) -> nn.Parameter:
    """A parameter that is cheap to compare and that every training moves: the last bias, most often."""
    return min(trained_parameters(module)[-2:], key=torch.numel)


def budget_used(run: Run, config: Config) -> bool:
    """In steps or in images; images propagated without any step count as well, for such a loop may have no end."""
    steps, samples, seconds = config.train_steps, config.train_samples, config.train_seconds
    if seconds is not None and run.full_steps >= FEWEST_STEPS and time.monotonic() - run.began > seconds:
        return True
    return (steps is not None and run.full_steps >= run.share * steps) or (
        samples is not None and max(run.full_samples, run.samples_since_step) >= run.share * samples
    )


def note_backward(run: Run, module: nn.Module, roots: Any) -> None:
    """A backward pass begins: its loss, and whether gradients are left from before the last step."""
    run.backwards += 1
    root = first_tensor(roots)
    if root is not None and root.numel() == 1 and run.backwards % run.stride == 0:
        value = root.detach()
        run.losses.append((run.steps, value.clone() if value.is_cuda else float(value)))
        if len(run.losses) >= MAX_POINTS:
            run.losses, run.stride = run.losses[::2], run.stride * 2
    trained = trained_parameters(module)
    if run.gradient_is_old and (run.steps < 50 or run.steps % 20 == 0):
        left = [p.grad for p in trained[-4:] if p.grad is not None]
        run.not_zeroed += any(bool(grad.any()) for grad in left)
        run.zeroed += not any(bool(grad.any()) for grad in left)
    run.gradient_is_old = False
    if trained and not run.optimizers:
        run.witness, run.witness_gradient = witness_of(module).detach().clone(), None


def note_gradient(run: Run, module: nn.Module, given: dict[int, torch.Tensor]) -> None:
    """A backward pass has ended. `given`: gradients that autograd.grad returned, by the id of their parameter."""
    if run.witness is None or run.optimizers:
        return
    parameter = witness_of(module)
    gradient = given.get(id(parameter), parameter.grad)
    run.witness_gradient = None if gradient is None else gradient.detach().clone()


def note_step(run: Run, module: nn.Module, optimizer: Any, first: bool) -> None:
    """An optimizer has finished step(): which one, and at which rate. The schedule is that of the first one of a step."""
    known = (use for use in reversed(run.optimizers[-10:]) if use.optimizer is optimizer)
    use = next(known, None)
    if use is None or use.groups != len(optimizer.param_groups):
        use = optimizer_use(run, module, optimizer)
        if len(run.optimizers) < 900:
            run.optimizers.append(use)
    use.last_step = run.steps
    rate = float(optimizer.param_groups[0]["lr"])
    if first and (not run.rates or run.rates[-1][1] != rate) and len(run.rates) < MAX_POINTS:
        run.rates.append((run.steps, rate))
    note_ratios(run, use, optimizer)


def note_ratios(run: Run, use: OptimizerUse, optimizer: Any) -> None:
    """Whether each group keeps its ratio to the rate that stands for the schedule."""
    rate = run.rates[-1][1] if run.rates else 0.0
    if not rate or not use.stepped:
        return
    for number, group in enumerate(optimizer.param_groups[:MOST_GROUPS]):
        ratio = float(group["lr"]) / rate
        first = use.ratios.setdefault(number, ratio)
        run.apart = run.apart or abs(ratio - first) > RATIO * first


def optimizer_use(run: Run, module: nn.Module, optimizer: Any) -> OptimizerUse:
    names = {id(p): name for name, p in module.named_parameters()}
    held = [p for group in optimizer.param_groups for p in group["params"]]
    plain = {k: v for k, v in optimizer.param_groups[0].items() if isinstance(v, bool | int | float | str)}
    return OptimizerUse(
        optimizer=optimizer,
        kind=type(optimizer).__name__[:100],
        settings={k: (v if isinstance(v, bool | str) else float(v)) for k, v in list(plain.items())[:40]},
        groups=len(optimizer.param_groups),
        stepped={names[id(p)] for p in held if id(p) in names},
        foreign=sum(id(p) not in names for p in held),
        first_step=run.steps,
        last_step=run.steps,
    )


def stepped_by_hand(run: Run, module: nn.Module) -> bool:
    """A step made without an optimizer object shows in a parameter that moved since the last backward pass."""
    if run.optimizers or run.witness is None:
        return False
    now = witness_of(module).detach()
    moved = not torch.equal(now, run.witness)
    if moved and run.witness_gradient is not None:
        rate = rate_by_hand(run.witness, now, run.witness_gradient)
        last = run.rates[-1][1] if run.rates else 0.0
        run.rates_unread += rate is None
        if rate is not None and abs(rate - last) > SAME_RATE * last and len(run.rates) < MAX_POINTS:
            run.rates.append((run.steps, rate))
    run.witness = run.witness_gradient = None
    return moved


def rate_by_hand(before: torch.Tensor, after: torch.Tensor, gradient: torch.Tensor) -> float | None:
    """The rate of plain SGD, before - after = rate * gradient; None where that does not hold, or not precisely."""
    moved, gradient = (before - after).double().flatten(), gradient.double().flatten()
    largest = float(gradient.abs().max())
    if not 0 < largest < float("inf"):
        return None
    rate = float(moved @ gradient / (gradient @ gradient))
    rounding = float(before.abs().max()) * torch.finfo(before.dtype).eps
    off = float((moved - rate * gradient).abs().max())
    return rate if rate > 0 and max(off, rounding) <= SAME_RATE / 4 * rate * largest else None


def count(phase: Phase, scores: torch.Tensor | None, labels: torch.Tensor) -> None:
    """Add to the confusion matrix of an evaluation pass; scores (n, classes), labels (n)."""
    if scores is None or scores.dim() != 2 or not 2 <= scores.shape[1] <= 20 or len(scores) != len(labels):
        return
    if labels.dim() != 1 or labels.is_floating_point():
        return
    classes = scores.shape[1]
    predicted = scores.detach().argmax(1)
    cell = labels.to(predicted.device).clamp(0, classes - 1) * classes + predicted
    counts = torch.bincount(cell, minlength=classes * classes).reshape(classes, classes)
    phase.confusion = counts if phase.confusion is None else phase.confusion + counts


def ahead(scheduler: Any) -> list[tuple[int, float]]:
    """(calls of step(), rate) at the changes that a scheduler would make if it was stepped on.

    A copy of it is, which changes a rate of ours. For a loop that steps after every batch and is cut before an epoch ends.
    """
    if type(scheduler) not in ASKED or len(scheduler.optimizer.param_groups) != 1:
        return []
    try:
        group = {"lr": scheduler.optimizer.param_groups[0]["lr"], "initial_lr": scheduler.base_lrs[0]}
        other = copy.copy(scheduler)
        other.optimizer = SimpleNamespace(param_groups=[group], step=lambda: None)
        calls, found, last = steps_of(scheduler), list[tuple[int, float]](), float(group["lr"])
        with invisibly():
            for call in range(calls + 1, calls + MOST_CALLS):
                type(scheduler).step(other)
                if float(group["lr"]) != last:
                    last = float(group["lr"])
                    found.append((call, last))
                if len(found) == MOST_CHANGES:
                    break
        return found
    except Exception:  # a lambda of theirs may raise
        return []


def unstepped(run: Run, schedulers: list[Scheduled]) -> bool:
    """A scheduler of this run's optimizer waits for its first step."""
    return any(drives(one.scheduler, run) and steps_of(one.scheduler) == 0 for one in schedulers)


def drives(scheduler: Any, run: Run) -> bool:
    """Its optimizer has made steps of this run."""
    optimizer = getattr(scheduler, "optimizer", None)
    return any(use.optimizer is optimizer for use in run.optimizers)


def steps_of(scheduler: Any) -> int:
    """Calls of step(), less the one that its constructor makes."""
    count = getattr(scheduler, "_step_count", None)  # ReduceLROnPlateau has none
    return max(0, int(getattr(scheduler, "last_epoch", 0) if count is None else count - 1))


def scheduler_uses(schedulers: list[Scheduled], networks: list[Network]) -> list[dict[str, Any]]:
    """How often each scheduler was stepped, and which network its optimizer has trained, if any."""
    trained = {id(use.optimizer): n.id for n in networks if n.run for use in n.run.optimizers}
    return [
        {
            "kind": type(one.scheduler).__name__[:100],
            "steps": steps_of(one.scheduler),
            "network": trained.get(id(getattr(one.scheduler, "optimizer", None))),
            "place": one.place,
            "since": one.since,
            "ahead": ahead(one.scheduler) if steps_of(one.scheduler) >= MANY_CALLS else [],
        }
        for one in schedulers
    ]
