"""Where parameters have their first values from: files of weights that the notebook loaded."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from grader.probe.tensors import is_constant, origin_digest

MOST_FILES = 100
MOST_TENSORS = 5_000  # of one file


class Origins:
    """Files, and digests of the tensors in them. A tensor that is one value throughout tells nothing and is left out."""

    def __init__(self) -> None:
        self.files: dict[
            tuple[str, str], None
        ] = {}  # name, and whose it is: see grader.schema.evidence.WeightsUse
        self._known: dict[bytes, str] = {}

    def add(self, file: str, kind: str, state: Any) -> None:
        """`state`: a module, a state dict, or what holds one."""
        if len(self.files) >= MOST_FILES:
            return
        name = file[:200]
        self.files.setdefault((name, kind))
        held = state.state_dict() if isinstance(state, nn.Module) else state
        for tensor in tensors_in(held):
            if not is_constant(tensor):
                self._known[origin_digest(tensor)] = name

    def of(self, module: nn.Module) -> dict[str, str]:
        """The files that its parameters have their values from, by the parameters' names."""
        if not self._known:
            return {}
        values = {name: origin_digest(parameter) for name, parameter in module.named_parameters()}
        return {name: self._known[value] for name, value in values.items() if value in self._known}

    def as_json(self) -> list[dict[str, str]]:
        return [{"file": file, "kind": kind} for file, kind in self.files]


def tensors_in(state: Any, depth: int = 3) -> Iterator[torch.Tensor]:
    if isinstance(state, torch.Tensor):
        yield state
    elif isinstance(state, dict) and depth:
        for value in list(state.values())[:MOST_TENSORS]:
            yield from tensors_in(value, depth - 1)
