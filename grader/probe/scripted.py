"""torch.jit.script of a network: the network itself, for calls of a compiled one pass no point where the probe sits."""

import functools
from typing import Any

import torch
from torch import nn

from grader.probe.watcher import Watcher


def install(watcher: Watcher) -> None:
    torch.jit.script = unscripted(torch.jit.script, watcher)


def unscripted(script: Any, watcher: Watcher) -> Any:
    """Both compute the same with the same weights. What is saved is compiled, so that torch.jit.load reads it."""

    @functools.wraps(script)
    def call(obj: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(obj, nn.Module) or isinstance(obj, torch.jit.ScriptModule):
            return script(obj, *args, **kwargs)
        watcher.remark("torch.jit.script: the network runs uncompiled, with the same results")
        obj.save = lambda file, **extra: script(obj).save(file, **extra)  # type: ignore[assignment]
        return obj

    return call
