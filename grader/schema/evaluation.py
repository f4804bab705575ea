"""What the trusted side measured from a submission's evidence: evaluation.json."""

from typing import Literal

from grader.schema.base import Model
from grader.schema.graph import Graph


class Preprocessing(Model):
    """Images as a network received them, as a function of the course's: x = (u - mean) / std, u in [0, 1]."""

    mean: tuple[float, ...]  # per channel
    std: tuple[float, ...]
    size: tuple[int, int]  # rows, columns received
    offset: tuple[int, int] | None  # of the crop; None: it varied
    flipped: bool | None  # None: it varied
    residual: float  # largest root mean square error over the spread of x


class SampleFacts(Model):
    """Which of the course's images a phase's first images are, and whether their labels are right."""

    images: int
    identified: int
    split: Literal["train", "test", "both"] | None
    labels_checked: int
    labels_right: int
    preprocessing: Preprocessing | None


class Measured(Model):
    """A network replayed on held-out images."""

    accuracy: float  # 0..1
    standard_error: float
    images: int
    confusion: tuple[tuple[int, ...], ...]  # rows true, columns predicted


class NetworkFacts(Model):
    """The trusted side's knowledge of one network."""

    measured: Measured | None
    not_measured: str = ""  # why, if it was not


class Evaluation(Model):
    """Everything the judge needs beside the evidence. Keys of `networks` and `samples`: "<file number>/<id>"."""

    key: str
    samples: dict[str, SampleFacts]
    networks: dict[str, NetworkFacts]
    reference: dict[str, Graph]  # by the size of the input, "3x32x32"
    faults: tuple[str, ...] = ()
    seconds: float
    versions: dict[str, str]
