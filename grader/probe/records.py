"""The notes that the probe keeps while the notebook runs; `as_json` gives them in the form of grader.schema.evidence."""

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import nn

from grader.probe.tensors import digest

MAX_WIDTHS = 30  # numbers of features that a network has given, kept of each
MAX_POINTS = 5000  # loss values and rates kept of one run; beyond it every other loss is dropped


def as_float(value: Any) -> float | None:
    """A finite float, or None; tensors are read only now, so that a GPU is not made to wait in the loop."""
    number = float(value)
    return number if number - number == 0 else None


@dataclass
class Sample:
    """Images as a network received them, with the labels that belonged to them."""

    name: str
    images: torch.Tensor
    labels: torch.Tensor | None = None
    indices: list[int] | None = None
    entered: torch.Tensor | None = None  # what the first convolution received, if that is something else
    targets: int = 0  # losses that were computed on these images
    blended: bool = False  # two losses with different targets: images that were mixed belong to both

    def target(self, labels: torch.Tensor) -> None:
        """A loss was computed with these labels."""
        if self.targets and self.labels is not None and not torch.equal(self.labels, labels):
            self.blended = True
        self.targets += 1
        self.labels = None if self.blended else labels


@dataclass
class Stream:
    """Some images of each training step as the first convolution received them: for what the loop does to batches."""

    images: list[torch.Tensor] = field(default_factory=list)
    indices: list[int] = field(default_factory=list)  # positions in the course's data set; -1: not known
    steps: list[int] = field(default_factory=list)
    written: int = 0


class Passing(Protocol):
    """A pass over a loader."""

    cut: bool  # ended by the quick profile
    tiny: bool  # a few images stand for all
    batches: int
    length: int | None  # of a whole pass
    over: bool

    @property
    def left(self) -> bool: ...


@dataclass
class Phase:
    network: str
    place: dict[str, int | None]
    training_mode: bool | None
    dropout_mode: bool | None
    norm_mode: bool | None
    gradients: bool
    split: str | None
    dataset: str | None
    epoch: int
    first_step: int
    key: tuple[Any, ...]  # cell, mode, gradients, pass over a loader
    example: torch.Tensor  # the first batch as received
    after_budget: bool
    output: str
    passing: Passing | None = None  # the pass over a loader that feeds it
    steps: int = 0
    batches: int = 0
    samples: int = 0
    counted: int = 0
    confusion: torch.Tensor | None = None  # (classes, classes) counts, rows are true classes
    sample: Sample | None = None
    pipeline: str | None = None  # what its loader does to images, where that could be asked
    stored: bool = False
    as_loaded: bool | None = None  # the first convolution received just what the loader gave

    def as_json(self) -> dict[str, Any]:
        counts = None if self.confusion is None else self.confusion.cpu().tolist()
        return {
            "network": self.network,
            "place": self.place,
            "kind": "train" if self.steps else "eval",
            "epoch": self.epoch,
            "first_step": self.first_step,
            "training_mode": self.training_mode,
            "dropout_mode": self.dropout_mode,
            "norm_mode": self.norm_mode,
            "gradients": self.gradients,
            "split": self.split,
            "dataset": self.dataset,
            "thinned": self.after_budget and self.batches == 1,
            "loader_pass": self.key[-1],
            "cut": self.passing is not None and self.passing.cut,
            "drawn": self.passing.batches if self.passing else None,
            "loader_batches": self.passing.length if self.passing else None,
            "left": self.passing is not None and self.passing.left,
            "output": self.output,
            "batches": self.batches,
            "samples": self.samples,
            "confusion": counts,
            "sample": self.sample.name if self.sample else None,
            "pipeline": self.pipeline,
            "stored": self.stored,
            "as_loaded": self.as_loaded,
        }


@dataclass
class OptimizerUse:
    optimizer: Any  # kept alive, so that its id stays its own
    kind: str
    settings: dict[str, Any]
    groups: int
    stepped: set[str]
    foreign: int
    first_step: int
    last_step: int
    ratios: dict[int, float] = field(default_factory=dict)  # of each group's rate to the schedule's, at first

    def as_json(self) -> dict[str, Any]:
        names = ("kind", "settings", "groups", "foreign", "first_step", "last_step")
        return {name: getattr(self, name) for name in names}


@dataclass
class Run:
    network: str
    place: dict[str, int | None]
    running: int | None  # the cell that was running, which may call a function of another one
    initial: dict[str, bytes]  # digest of each parameter before the first step
    batch_size: int = 0
    began: float = field(default_factory=time.monotonic)
    seconds: float = 0.0  # from then to the last step, tests in between included
    origins: dict[str, str] = field(default_factory=dict)  # of initial values: the file of published weights
    moved_before: set[str] = field(default_factory=set)  # by an earlier training of the same module
    statistics: bytes = b""  # digest of the running statistics before the first step
    trainable: set[str] = field(default_factory=set)  # before the first step
    signatures: dict[int, frozenset[int]] = field(default_factory=dict)  # by optimizer: what it trained
    steps: int = 0
    full_steps: int = 0
    full_samples: int = 0
    samples_since_step: int = 0  # images propagated backwards
    backwards: int = 0
    epochs: int = 0
    iteration: int | None = None  # the pass over a loader that the last epoch was counted for
    exhausted: bool = False
    share: float = 1.0  # of the profile's budget
    optimizers: list[OptimizerUse] = field(default_factory=list)
    losses_used: dict[tuple[str, str, bool], int] = field(default_factory=dict)
    rates: list[tuple[int, float]] = field(default_factory=list)
    losses: list[tuple[int, Any]] = field(default_factory=list)
    stride: int = 1  # of the backward passes whose loss is kept
    zeroed: int = 0
    not_zeroed: int = 0
    gradient_is_old: bool = False  # a step was made since the last backward pass
    witness: torch.Tensor | None = None  # a small parameter's value at the last backward pass
    witness_gradient: torch.Tensor | None = None
    rates_unread: int = 0
    reached: list[str] = field(
        default_factory=list
    )  # networks without a run that have gradients at the first step
    apart: bool = False
    tiny_passes: int = 0  # begun since the budget was used up
    whole_passes: int = 0  # after the budget, for a loop that acts at the end of whole passes only

    def as_json(self) -> dict[str, Any]:
        losses = [(step, as_float(value)) for step, value in self.losses]
        names = (
            "network",
            "place",
            "running",
            "batch_size",
            "steps",
            "full_steps",
            "backwards",
            "epochs",
            "seconds",
            "rates",
            "zeroed",
            "rates_unread",
            "reached",
            "apart",
        )
        return {name: getattr(self, name) for name in names} | {
            "not_zeroed": self.not_zeroed,
            "optimizers": [use.as_json() for use in self.optimizers],
            "losses_used": [
                {"kind": kind, "received": received, "attached": attached, "calls": calls}
                for (kind, received, attached), calls in self.losses_used.items()
            ],
            "losses": [(step, value) for step, value in losses if value is not None],
            "nonfinite": any(value is None for _, value in losses),
        }


@dataclass
class Scheduled:
    """A scheduler that was made."""

    scheduler: Any
    place: dict[str, int | None]
    since: int  # optimizer steps that its optimizer's network had made before


@dataclass
class Network:
    id: str
    module: nn.Module
    defined: dict[str, int | None]
    example: torch.Tensor  # one batch as received, for export
    run: Run | None = None
    phase: Phase | None = None
    stream: Stream | None = None
    kept: Counter[Any] = field(default_factory=Counter)  # kinds of phases whose images were kept
    exported: set[str] = field(default_factory=set)
    export_error: str = ""
    hooked: bool = False
    output_shape: tuple[int, ...] = ()  # of the last call before the first step
    widths: set[int] = field(default_factory=set)  # numbers of features that calls gave for an image
    drifted: bool = False  # running statistics of batch normalisations with frozen weights have changed
    answer: torch.Tensor | None = None  # of a spent network, to a few images: an expensive one repeats it
    zeros: dict[int, torch.Tensor] = field(default_factory=dict)  # its gradients then, by id of the weight
    origins: dict[str, str] = field(default_factory=dict)  # of the values of one that was never trained
    stage: int = 0  # trainings of the same module before
    goes_on_from: str | None = None  # the record of the same module before another part of it was trained
    closed: dict[str, Any] | None = None  # its notes, where the module goes on under another record
    held: bytes | None = (
        None  # of the tensors that a loader has yielded in training; b"": they were made anew
    )
    drop_rates: tuple[float, ...] = ()  # of its dropouts, when it was written down
    rewritten: int = 0  # times that its training graph was written again
    constants: dict[str, torch.Tensor] = field(default_factory=dict)
    weights_at_step: int = -1
    changed: dict[str, bool] = field(default_factory=dict)
    full_evals: set[Any] = field(
        default_factory=set
    )  # (cell, data source) already evaluated after the budget

    def note_output(self, scores: torch.Tensor | None) -> None:
        """What a call gave: later ones than the first step may be of another head."""
        if scores is None or not scores.dim():
            return
        if self.run is None or not self.run.steps:
            self.output_shape = tuple(scores.shape)
        if len(self.widths) < MAX_WIDTHS:
            self.widths |= {scores[0].numel(), *scores.shape[1:2]}

    def renewed(self, tensors: torch.Tensor) -> bool:
        """Whether the tensors that loaders yield in training are other ones than at first: images of another epoch."""
        now = digest(tensors[:64])
        if self.held is None:
            self.held = now
        elif now != self.held:
            self.held = b""
        return self.held == b""

    def as_json(self) -> dict[str, Any]:
        if self.closed is not None:
            return self.closed
        stepped: set[str] = set()
        for use in self.run.optimizers if self.run else []:
            stepped |= use.stepped
        origins = self.run.origins if self.run else self.origins
        parameters = [
            {
                "name": name,
                "shape": list(parameter.shape),
                "trainable": name in self.run.trainable if self.run else parameter.requires_grad,
                "changed": self.changed.get(name),
                "stepped": name in stepped if self.run else None,
                "origin": origins.get(name),
                "moved_before": self.run is not None and name in self.run.moved_before,
            }
            for name, parameter in self.module.named_parameters()
            if not isinstance(parameter, nn.parameter.UninitializedParameter)
        ]
        return {
            "id": self.id,
            "class_name": type(self.module).__name__[:200],
            "defined": self.defined,
            "input_shape": list(self.example.shape),
            "parameters": parameters,
            "has_graphs": self.exported >= {"train", "eval"},
            "export_error": self.export_error[:2000],
            "hooked": self.hooked,
            "output_shape": list(self.output_shape),
            "widths": sorted(self.widths),
            "drifted": self.drifted,
            "goes_on_from": self.goes_on_from,
            "weights_at_step": max(0, self.weights_at_step),
        }
