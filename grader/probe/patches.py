"""Where the watcher is called from: five points of PyTorch that every style of code passes through."""

import functools
import gc
import sys
import threading
from typing import Any, TypeGuard

import torch
from torch import nn
from torch.nn import functional
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from torch.optim.optimizer import (
    Optimizer,
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

from grader.probe import spent
from grader.probe.tensors import first_tensor
from grader.probe.watcher import Watcher

LOSSES = (
    "cross_entropy",
    "nll_loss",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "mse_loss",
    "l1_loss",
    "smooth_l1_loss",
    "huber_loss",
    "kl_div",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "soft_margin_loss",
)


class Depth(threading.local):
    """How many watched modules are on the stack of this thread."""

    modules = 0


def install(watcher: Watcher) -> None:
    depth = Depth()
    watch_modules(watcher, depth)
    watch_first_convolution(watcher, depth)
    watch_losses(watcher, depth)
    watch_backward(watcher)
    register_optimizer_step_pre_hook(lambda optimizer, args, kwargs: watcher.optimizer_steps(optimizer))
    register_optimizer_step_post_hook(lambda optimizer, args, kwargs: watcher.optimizer_stepped(optimizer))
    watch_constructors(watcher, depth)


def watch_modules(watcher: Watcher, depth: Depth) -> None:
    """Only the outermost module of a forward pass is a network; modules without parameters are transforms or losses."""
    original = nn.Module.__call__

    def __call__(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
        if depth.modules or not (self._modules or self._parameters) or is_written_down():
            return original(self, *args, **kwargs)
        caller = sys._getframe(1)
        if caller.f_code.co_name == "forward":
            owner = module_running(caller)
            if owner is not None and owner is not self:
                watch_forward(type(owner), watcher, depth)
        depth.modules += 1
        watcher.entered, watcher.computed = None, True
        try:
            if args and spent.is_spent(watcher, self) and not watcher.paused:
                output = spent.answer(watcher, original, self, args, kwargs)
            else:
                output = original(self, *args, **kwargs)
        except Exception as error:
            report_failure(watcher, self, args, kwargs, error)
            raise
        finally:
            depth.modules -= 1
        report(watcher, self, args, kwargs, output)
        return output

    nn.Module.__call__ = __call__


def watch_first_convolution(watcher: Watcher, depth: Depth) -> None:
    """What the first layer with weights receives, whatever the network does to its images before."""
    holders: tuple[Any, ...] = (functional, torch)
    for owner, original in [(holder, holder.conv2d) for holder in holders]:

        @functools.wraps(original)
        def conv2d(input: Any, *args: Any, _original: Any = original, **kwargs: Any) -> Any:
            if watcher.entered is None and depth.modules and isinstance(input, torch.Tensor):
                watcher.entered = input.detach()
            return _original(input, *args, **kwargs)

        torch.jit._builtins._register_builtin(
            conv2d, "aten::conv2d"
        )  # TorchScript goes on seeing the operation
        owner.conv2d = conv2d


def is_written_down() -> bool:
    """The notebook traces or exports a network, as TensorBoard's add_graph does: numbers are no numbers then."""
    return torch._C._get_tracing_state() is not None or torch.compiler.is_compiling()


def report(watcher: Watcher, module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
    """Tell the watcher, if this was a network at work on a batch."""
    images = args[0] if args else next(iter(kwargs.values()), None)
    if is_batch(images) and has_parameters(module):
        watcher.network_called(module, images, output)


def report_failure(watcher: Watcher, module: nn.Module, args: Any, kwargs: Any, error: Exception) -> None:
    """A forward pass ended with an error: worth knowing, for this network may never get through one."""
    images = args[0] if args else next(iter(kwargs.values()), None)
    if is_batch(images) and has_parameters(module):
        watcher.network_failed(module, images, error)


def is_batch(value: Any) -> TypeGuard[torch.Tensor]:
    return (
        isinstance(value, torch.Tensor) and value.dim() >= 2 and value.is_floating_point() and len(value) > 0
    )


def has_parameters(module: nn.Module) -> bool:
    return next(module.parameters(), None) is not None


def module_running(frame: Any) -> nn.Module | None:
    """The module whose method this frame runs."""
    names = frame.f_code.co_varnames
    owner = frame.f_locals.get(names[0]) if names else None
    return owner if isinstance(owner, nn.Module) else None


def watch_forward(kind: type, watcher: Watcher, depth: Depth) -> None:
    """`model.forward(x)` passes by `__call__`: from its second call on, a class used so is watched here."""
    forward = kind.__dict__.get("forward")
    if forward is None or hasattr(forward, "__wrapped__"):
        return

    @functools.wraps(forward)
    def watched(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
        if depth.modules or is_written_down():
            return forward(self, *args, **kwargs)
        depth.modules += 1
        watcher.entered, watcher.computed = None, True
        try:
            output = forward(self, *args, **kwargs)
        finally:
            depth.modules -= 1
        report(watcher, self, args, kwargs, output)
        return output

    kind.forward = watched  # type: ignore[attr-defined]


def watch_losses(watcher: Watcher, depth: Depth) -> None:
    for kind in LOSSES:
        setattr(functional, kind, watched_loss(kind, getattr(functional, kind), watcher, depth))


def watched_loss(kind: str, original: Any, watcher: Watcher, depth: Depth) -> Any:
    @functools.wraps(original)
    def loss(input: Any, target: Any, *args: Any, **kwargs: Any) -> Any:
        if not depth.modules and isinstance(input, torch.Tensor):
            depth.modules += 1  # cross_entropy may call nll_loss
            try:
                value = original(input, target, *args, **kwargs)
            finally:
                depth.modules -= 1
            watcher.loss_computed(kind, input, target)
            return value
        return original(input, target, *args, **kwargs)

    return loss


def watch_backward(watcher: Watcher) -> None:
    original = torch.autograd.backward

    @functools.wraps(original)
    def backward(tensors: Any, *args: Any, **kwargs: Any) -> None:
        watcher.backward_begins(tensors)
        original(tensors, *args, **kwargs)
        watcher.backward_ended({})

    torch.autograd.backward = backward

    original_grad = torch.autograd.grad

    @functools.wraps(original_grad)
    def grad(outputs: Any, *args: Any, **kwargs: Any) -> Any:
        root = first_tensor(outputs)
        if root is None or root.numel() != 1:
            return original_grad(outputs, *args, **kwargs)
        watcher.backward_begins(outputs)
        gradients = original_grad(outputs, *args, **kwargs)
        inputs = args[0] if args else kwargs["inputs"]
        inputs = [inputs] if isinstance(inputs, torch.Tensor) else list(inputs)
        watcher.backward_ended({id(p): g for p, g in zip(inputs, gradients, strict=False) if g is not None})
        return gradients

    torch.autograd.grad = grad


def watch_constructors(watcher: Watcher, depth: Depth) -> None:
    """A new module with parts, or a new optimizer, may begin a new run."""
    original = Optimizer.__init__
    known: set[int] = set()

    @functools.wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        watcher.network_or_optimizer_made()
        original(self, *args, **kwargs)
        kind = type(self)
        if watcher.config.bounded and not hasattr(kind.step, "skips"):
            kind.step = spent.skipping(kind.step, watcher)  # type: ignore[method-assign]
        held = {id(p) for group in self.param_groups for p in group["params"]}
        if not held <= known:
            known.update(held)
            watch_owners(held, watcher, depth)

    Optimizer.__init__ = __init__  # type: ignore[method-assign]
    watch_schedulers(watcher)
    for layer in (nn.Conv2d, nn.Linear):
        watch_layer(layer, watcher)


def watch_schedulers(watcher: Watcher) -> None:
    def watched(original: Any) -> Any:
        @functools.wraps(original)
        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            watcher.scheduler_made(self)

        return __init__

    for kind in (LRScheduler, ReduceLROnPlateau):  # the second one does not call the first one's
        kind.__init__ = watched(kind.__init__)  # type: ignore[method-assign]


def watch_owners(held: set[int], watcher: Watcher, depth: Depth) -> None:
    """Classes of the student's whose parameters are being optimised: their forward may be called directly."""
    for thing in gc.get_objects():
        kind = type(thing)
        if not issubclass(kind, nn.Module) or kind.__module__.startswith("torch."):
            continue
        if any(id(p) in held for p in thing.parameters()):
            watch_forward(kind, watcher, depth)


def watch_layer(layer: Any, watcher: Watcher) -> None:
    original = layer.__init__

    @functools.wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        watcher.network_or_optimizer_made()
        original(self, *args, **kwargs)

    layer.__init__ = __init__
