"""Stages: a module of which first the head is trained, and then more of it, is two networks to the judge."""

from typing import Any

import torch
from torch import nn

from grader.probe.records import Network, Run
from grader.probe.tensors import digest

FEWEST_STEPS = 3  # of a stage: two optimizers that step in turns meet in the first one
MOST_STAGES = (
    10  # of a module: gradual unfreezing has a few, an optimizer that is made anew for each epoch hundreds
)


def signature(optimizer: Any) -> frozenset[int]:
    """What a step can move."""
    return frozenset(id(p) for group in optimizer.param_groups for p in group["params"] if p.requires_grad)


def begins(network: Network, run: Run, optimizer: Any) -> bool:
    """Whether the step that is about to be made is of another training of a pretrained network: it moves other parameters
    than all before it, or it is a new optimizer's."""
    now = signature(optimizer)
    if not now & {id(p) for p in network.module.parameters()}:
        return False  # of something else
    new = id(optimizer) not in run.signatures or now not in run.signatures.values()
    run.signatures[id(optimizer)] = now
    return new and run.steps >= FEWEST_STEPS and bool(run.origins) and network.stage < MOST_STAGES


def next_record(old: Network, name: str) -> Network:
    """The same module under another record. The notes of the old one stay as they are."""
    old.closed = old.as_json()
    new = Network(name, old.module, old.defined, old.example, goes_on_from=old.id)
    new.stage = old.stage + 1
    new.output_shape, new.widths = old.output_shape, set(old.widths)
    phase = old.phase
    if phase is not None and not phase.steps:
        phase.network, new.phase, old.phase = name, phase, None
    return new


def carry_on(old: Network, run: Run, optimizer: Any) -> None:
    """Where the weights came from at first, and what the stages before have changed of them."""
    run.signatures[id(optimizer)] = signature(optimizer)
    if old.run is not None:
        run.origins = dict(old.run.origins)
        run.moved_before = old.run.moved_before | {name for name, moved in old.changed.items() if moved}


def reached(networks: list[Network]) -> list[str]:
    """Those that a backward pass has come to: what they gave was not computed once, but as part of what is trained."""
    return [n.id for n in networks if any(p.grad is not None for p in n.module.parameters())][:100]


def frozen_statistics(module: nn.Module) -> bytes:
    """Digest of the running statistics that batch normalisations with frozen weights keep; b"" without any."""
    kept = [
        part.running_mean
        for part in module.modules()
        if isinstance(part, nn.modules.batchnorm._BatchNorm)
        and part.running_mean is not None
        and not any(p.requires_grad for p in part.parameters(recurse=False))
    ]
    return digest(torch.cat([mean.detach().flatten().float() for mean in kept])) if kept else b""
