"""The words in which the judge speaks of a network: layers, and what stands beside them."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Unit:
    """One layer: its kind, its settings in the field's words, the shape it gives out (no batch), its weights."""

    kind: str  # conv, max_pool, avg_pool, linear, or an operation's name
    settings: dict[str, Any] = field(default_factory=dict)
    activation: str = ""
    shape: tuple[int, ...] = ()
    weights: dict[str, int] = field(default_factory=dict)  # parameter name -> elements
    inputs: tuple[int, ...] = ()  # shape that goes in, no batch
    normalised: bool = False
    bias: bool = True
    over_all: dict[str, Any] | None = (
        None  # settings of a convolution over the whole image, which counts as linear
    )

    def count_as_linear(self) -> None:
        """A convolution that gives one value for each channel."""
        self.over_all, self.settings = self.settings, {"features": self.shape[0]}
        self.kind, self.shape = "linear", self.shape[:1]

    def pooled(self) -> None:
        """A convolution over the whole image is one all the same where its outputs are pooled."""
        if self.over_all is not None:
            self.kind, self.settings, self.shape, self.over_all = (
                "conv",
                self.over_all,
                (*self.shape, 1, 1),
                None,
            )

    @property
    def parameters(self) -> int:
        return sum(self.weights.values())


@dataclass
class Dropout:
    """A dropout, and the last layer with weights before it (None: before all of them)."""

    kind: str  # the operation's name, "mask" for one written by hand, "numbers" for a product with ones drawn elsewhere
    after: Unit | None
    unit: Unit | None  # the unit just before it
    p: float | None  # None: not known
    active: bool


@dataclass
class Norm:
    """A normalisation layer: what it follows, and which statistics it uses."""

    kind: str
    unit: Unit | None  # the unit just before it
    activated: bool  # an activation stands between the two
    dimensions: int  # of what it normalises, batch included
    batch_statistics: bool
    running: bool  # it keeps running statistics
    name: str = ""  # of its running mean, or of its weight: two of the same name are one layer


@dataclass
class Network:
    """A graph as units in the order of execution."""

    units: list[Unit]
    head: str  # softmax, log_softmax or ""
    dropouts: int
    norms: int
    norm_weights: dict[str, int]
    dropout_layers: list[Dropout]
    norm_layers: list[Norm]
    used: frozenset[str]  # names of the parameters on the way to the output


@dataclass(frozen=True)
class Mask:
    """Drawn at random; the share of zeros, where it is known. `elsewhere`: drawn outside of PyTorch, in a way unknown."""

    p: float | None
    elsewhere: bool = False
