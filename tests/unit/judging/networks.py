"""Networks written in many ways, as the graphs the judge reads, and candidates around them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from grader.judging.candidates import Candidate
from grader.judging.layers import read_layers
from grader.judging.units import Network
from grader.probe.graphs import graph_of
from grader.schema.evaluation import Measured, NetworkFacts, SampleFacts
from grader.schema.evidence import Network as Seen
from grader.schema.evidence import OptimizerUse, Parameter, Phase, Place, TrainingRun
from grader.schema.graph import Graph

NAMES = ("conv1", "pool1", "conv2", "pool2", "fc3", "fc4")


class Small(nn.Module):
    """Two convolutions and two linear layers on 3 x 8 x 8: the table's network of these tests."""

    def __init__(self, **changes: Any) -> None:
        super().__init__()
        parts: dict[str, Any] = {
            "conv1": nn.Conv2d(3, 4, 5, padding=2),
            "pool1": nn.MaxPool2d(2),
            "conv2": nn.Conv2d(4, 6, 5, padding=2),
            "pool2": nn.MaxPool2d(2),
            "fc3": nn.Linear(24, 12),
            "fc4": nn.Linear(12, 10),
            "relu": torch.relu,
            "norm1": nn.Identity(),
            "last": nn.Identity(),
        }
        for name, part in (parts | changes).items():
            setattr(self, name, part)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool1(self.relu(self.norm1(self.conv1(x))))
        x = self.pool2(self.relu(self.conv2(x)))
        x = self.relu(self.fc3(x.flatten(1)))
        logits: Tensor = self.last(self.fc4(x))
        return logits


class Calls(nn.Module):
    """A forward pass written as a function of the parts and the images."""

    def __init__(self, forward: Callable[[Any, Tensor], Any], **parts: Any) -> None:
        super().__init__()
        self.function = forward
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, x: Tensor) -> Any:
        return self.function(self, x)


def by_unfold(x: Tensor) -> Tensor:
    """Windows of 5 x 5 around each pixel: (batch, channels * 25, pixels)."""
    return functional.unfold(x, 5, padding=2)


def by_windows(x: Tensor) -> Tensor:
    wide = functional.pad(x, (2, 2, 2, 2)).unfold(2, 5, 1).unfold(3, 5, 1)
    return wide.permute(0, 1, 4, 5, 2, 3).reshape(x.shape[0], -1, x.shape[2] * x.shape[3])


def by_strides(x: Tensor) -> Tensor:
    wide = functional.pad(x, (2, 2, 2, 2)).contiguous()
    batch, channels, height, width = x.shape
    strides = wide.stride()
    windows = wide.as_strided((batch, channels, 5, 5, height, width), (*strides, *strides[2:]))
    return windows.reshape(batch, -1, height * width)


class ByHand(nn.Module):
    """A convolution of 5 x 5, padded by 2, as one product of matrices."""

    def __init__(self, channels: int, outputs: int, windows: Callable[[Tensor], Tensor] = by_unfold) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.rand(outputs, channels * 25))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.windows = windows

    def forward(self, x: Tensor) -> Tensor:
        out = self.weight @ self.windows(x) + self.bias[:, None]
        return out.view(x.shape[0], -1, x.shape[2], x.shape[3])


def written_down(module: nn.Module, size: int = 8, batch: int = 2, training: bool = False) -> Graph:
    """The graph as the probe writes it."""
    with torch.no_grad():
        graph, _ = graph_of(module.train(training), torch.zeros(batch, 3, size, size), "eval")
    return Graph.model_validate(graph)


def layers_of(module: nn.Module, size: int = 8, training: bool = False) -> Network:
    return read_layers(written_down(module, size, training=training))


def convolution_then(function: Callable[[Tensor], Tensor]) -> Network:
    """The layers of a convolution whose result goes through `function`."""
    return layers_of(Calls(lambda self, x: function(self.conv(x)), conv=nn.Conv2d(3, 4, 3, padding=1)))


TABLE = written_down(Small())


def seen(module: nn.Module, size: int = 8) -> Seen:
    """What the probe says of a trained network."""
    parameters = tuple(
        Parameter(name=name, shape=tuple(p.shape), trainable=p.requires_grad, changed=True, stepped=True)
        for name, p in module.named_parameters()
    )
    shape = (2, 3, size, size)
    place = Place(cell=6, line=1)
    return Seen(
        id="net0", class_name="Net", defined=place, input_shape=shape, parameters=parameters, has_graphs=True
    )


def a_phase(**changes: Any) -> Phase:
    """An evaluation pass over the test split, unless told otherwise."""
    fields: dict[str, Any] = {
        "network": "net0",
        "place": Place(cell=9),
        "kind": "eval",
        "epoch": 1,
        "first_step": 120,
        "training_mode": False,
        "gradients": False,
        "split": "test",
        "batches": 8,
        "samples": 1000,
        "output": "logits",
    }
    return Phase.model_validate(fields | changes)


TRAINING_PASS = a_phase(
    kind="train", epoch=0, first_step=0, training_mode=True, gradients=True, split="train", sample="phase0"
)


def a_run(**changes: Any) -> TrainingRun:
    """A sane run of plain SGD at rate 0.1."""
    use = OptimizerUse(
        kind="SGD", settings={"lr": 0.1, "momentum": 0.0}, groups=1, first_step=0, last_step=119, foreign=0
    )
    fields: dict[str, Any] = {
        "network": "net0",
        "place": Place(cell=8),
        "running": 8,
        "batch_size": 128,
        "steps": 120,
        "full_steps": 120,
        "backwards": 120,
        "epochs": 1,
        "optimizers": (use,),
        "losses_used": ({"kind": "cross_entropy", "received": "logits", "attached": True, "calls": 120},),
        "rates": ((0, 0.1),),
        "losses": tuple((step, 2.3 - step / 110) for step in range(120)),
        "zeroed": 119,
        "not_zeroed": 0,
    }
    return TrainingRun.model_validate(fields | changes)


def with_optimizer(kind: str, **settings: float) -> TrainingRun:
    use = {"kind": kind, "settings": settings, "groups": 1, "first_step": 0, "last_step": 1, "foreign": 0}
    return a_run(optimizers=(use,))


def measured(accuracy: float, images: int = 2000, as_trained: float | None = None) -> NetworkFacts:
    return NetworkFacts(
        measured=Measured(
            accuracy=accuracy,
            standard_error=0.01,
            images=images,
            confusion=((1,),),
            as_trained=as_trained,
        )
    )


RECOGNISED = SampleFacts(
    images=8, identified=8, split="train", labels_checked=8, labels_right=8, preprocessing=None
)
SANE = Candidate(
    file="lab.ipynb",
    network=seen(Small()),
    run=a_run(),
    phases=(TRAINING_PASS, a_phase()),
    facts=measured(0.6),
    samples={"phase0": RECOGNISED},
    graph=TABLE,
    reference=TABLE,
)


def candidate_of(module: nn.Module, **changes: Any) -> Candidate:
    """A sane training of this network."""
    return replace(SANE, network=seen(module), graph=written_down(module), **changes)
