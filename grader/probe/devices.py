"""Code written for a GPU, on a machine without one: "cuda" means the CPU, and a remark says so."""

import functools
import time
from types import SimpleNamespace
from typing import Any

import torch
from torch import nn

from grader.probe.watcher import Watcher

FACTORIES = (
    "tensor", "as_tensor", "zeros", "ones", "empty", "full", "rand", "randn", "randint", "randperm", "arange",
    "linspace", "eye", "zeros_like", "ones_like", "empty_like", "full_like", "rand_like", "randn_like",
)  # fmt: skip
MEMORY = 2**34  # bytes, as of a usual GPU: what code that asks for it divides by


class Event:
    """torch.cuda.Event where there is no GPU: a point in time of the CPU, on which nothing runs ahead."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.at = 0.0

    def record(self, *_: Any) -> None:
        self.at = time.perf_counter()

    def elapsed_time(self, end: "Event") -> float:
        return 1000 * (end.at - self.at)

    def synchronize(self) -> None:
        return None

    wait = synchronize

    def query(self) -> bool:
        return True


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

    def moved(original: Any) -> Any:
        move = on_cpu(original)

        @functools.wraps(original)
        def to(self: Any, *args: Any, **kwargs: Any) -> Any:
            """An integer is the index of a GPU."""
            args = tuple("cuda" if type(a) is int else a for a in args)
            kwargs = {k: "cuda" if type(v) is int else v for k, v in kwargs.items()}
            return move(self, *args, **kwargs)

        return to

    for owner in (torch.Tensor, nn.Module):
        owner.cuda = stay  # type: ignore[method-assign]
        owner.to = moved(owner.to)  # type: ignore[method-assign]
    # parameters of lazy layers refuse every function that is not in this list, by identity
    nn.parameter.UninitializedParameter._allowed_methods.append(torch.Tensor.to)  # type: ignore[attr-defined]
    for name in ("new_tensor", "new_zeros", "new_ones", "new_full", "new_empty"):
        setattr(torch.Tensor, name, on_cpu(getattr(torch.Tensor, name)))
    for name in FACTORIES:
        setattr(torch, name, on_cpu(getattr(torch, name)))
    torch.load = loaded_to_cpu(on_cpu(torch.load))
    torch.set_default_device = on_cpu(torch.set_default_device)
    torch.Tensor.pin_memory = lambda self, *_: self  # type: ignore[method-assign,assignment]
    for name in ("FloatTensor", "LongTensor", "DoubleTensor", "IntTensor", "ByteTensor"):
        setattr(torch.cuda, name, getattr(torch, name))
    for name in ("set_device", "synchronize", "empty_cache", "reset_peak_memory_stats", "ipc_collect"):
        setattr(torch.cuda, name, lambda *_, **__: None)
    for name in ("memory_allocated", "memory_reserved", "max_memory_allocated", "max_memory_reserved"):
        setattr(torch.cuda, name, lambda *_, **__: 0)
    torch.cuda.get_device_name = lambda *_, **__: "none (CPU)"
    torch.cuda.get_device_capability = lambda *_, **__: (0, 0)
    torch.cuda.get_device_properties = lambda *_, **__: SimpleNamespace(  # type: ignore[assignment]
        name="none (CPU)", total_memory=MEMORY, major=0, minor=0, multi_processor_count=1
    )
    torch.cuda.mem_get_info = lambda *_, **__: (MEMORY, MEMORY)
    torch.cuda.memory_summary = lambda *_, **__: "none (CPU)"
    torch.cuda.current_device = lambda: 0
    torch.cuda.Event = Event  # type: ignore[misc,assignment]
    torch.compile = uncompiled(watcher)
    set_tensor_type(noted)


def loaded_to_cpu(load: Any) -> Any:
    """torch.load of what was saved on a GPU, without a map_location."""

    @functools.wraps(load)
    def call(f: Any, map_location: Any = None, *args: Any, **kwargs: Any) -> Any:
        return load(f, "cpu" if map_location is None else map_location, *args, **kwargs)

    return call


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
