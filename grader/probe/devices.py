"""Code written for a GPU, on a machine without one: "cuda" means the CPU, and a remark says so."""

import functools
from typing import Any

import torch
from torch import nn

from grader.probe.watcher import Watcher

FACTORIES = (
    "tensor", "as_tensor", "zeros", "ones", "empty", "full", "rand", "randn", "randint", "randperm", "arange",
    "linspace", "eye", "zeros_like", "ones_like", "empty_like", "full_like", "rand_like", "randn_like",
)  # fmt: skip


def is_cuda(device: Any) -> bool:
    if isinstance(device, torch.device):
        return device.type == "cuda"
    return isinstance(device, str) and device.partition(":")[0] == "cuda"


def install(watcher: Watcher) -> None:
    """Only where there is no GPU; otherwise nothing is touched."""
    if torch.cuda.is_available():
        return

    def noted() -> None:
        watcher.remark("written for a GPU: there is none here, so .cuda() and device='cuda' mean the CPU")

    def replace(args: Any, kwargs: Any) -> tuple[Any, Any]:
        if any(is_cuda(a) for a in args) or any(is_cuda(a) for a in kwargs.values()):
            noted()
            args = tuple("cpu" if is_cuda(a) else a for a in args)
            kwargs = {k: "cpu" if is_cuda(v) else v for k, v in kwargs.items()}
        return args, kwargs

    def on_cpu(original: Any) -> Any:
        @functools.wraps(original)
        def call(*args: Any, **kwargs: Any) -> Any:
            args, kwargs = replace(args, kwargs)
            return original(*args, **kwargs)

        return call

    def stay(self: Any, *_: Any, **__: Any) -> Any:
        noted()
        return self

    for owner in (torch.Tensor, nn.Module):
        owner.cuda = stay  # type: ignore[method-assign]
        owner.to = on_cpu(owner.to)  # type: ignore[method-assign]
    for name in FACTORIES:
        setattr(torch, name, on_cpu(getattr(torch, name)))
    torch.load = on_cpu(torch.load)
    torch.set_default_device = on_cpu(torch.set_default_device)
    torch.Tensor.pin_memory = lambda self, *_: self  # type: ignore[method-assign,assignment]
    for name in ("FloatTensor", "LongTensor", "DoubleTensor", "IntTensor", "ByteTensor"):
        setattr(torch.cuda, name, getattr(torch, name))
    for name in ("set_device", "synchronize", "empty_cache", "reset_peak_memory_stats"):
        setattr(torch.cuda, name, lambda *_, **__: None)
    for name in ("memory_allocated", "memory_reserved", "max_memory_allocated"):
        setattr(torch.cuda, name, lambda *_, **__: 0)
    torch.cuda.get_device_name = lambda *_, **__: "none (CPU)"
    torch.cuda.current_device = lambda: 0
    torch.compile = uncompiled(watcher)
    set_tensor_type(noted)


def set_tensor_type(noted: Any) -> None:
    original = torch.set_default_tensor_type

    def set_default_tensor_type(kind: Any) -> None:
        if isinstance(kind, str) and ".cuda." in kind:
            noted()
            kind = kind.replace(".cuda.", ".")
        original(kind)

    torch.set_default_tensor_type = set_default_tensor_type


def uncompiled(watcher: Watcher) -> Any:
    """torch.compile changes speed, not results; here compiling would cost more than it saves."""

    def compile(model: Any = None, *args: Any, **kwargs: Any) -> Any:
        watcher.remark("torch.compile: the network runs uncompiled, with the same results")
        return model if model is not None else lambda function: function

    return compile
