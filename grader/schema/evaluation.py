"""What the trusted side measured from a submission's evidence: evaluation.json."""

from typing import Literal

from grader.schema.base import Model
from grader.schema.evidence import Place
from grader.schema.graph import Graph


class Frame(Model):
    """A border of one colour around all images that a network received."""

    top: int  # pixels above
    left: int
    size: tuple[int, int]  # rows, columns of what it surrounds
    fill: tuple[float, ...]  # per channel, as received


class Preprocessing(Model):
    """Images as a network received them, as a function of the course's: x = (u - mean) / std, u in [0, 1]."""

    mean: tuple[float, ...]  # per channel
    std: tuple[float, ...]
    size: tuple[int, int]  # rows, columns received
    offset: tuple[int, int] | None  # of the crop; None: it varied
    flipped: bool | None  # None: it varied
    residual: float  # largest root mean square error over the spread of x
    frame: Frame | None = None  # added after the crop


class Window(Model):
    """Where one image that a network received lies in the course's image, in pixels, and how it was mirrored."""

    down: float  # its centre below the centre of the whole image
    right: float
    flipped: bool
    upside_down: bool = False
    scale: float = 1.0  # pixels of the course's image for each received


class Treatment(Model):
    """What was done to images on their way to the first layer.

    Either asked of the loader with images of ours (`asked`), or told from the course's images that were recognised.
    """

    asked: bool
    mean: tuple[float, ...] | None  # x = (u - mean) / std, u in [0, 1]; None: not of this form, or not known
    std: tuple[float, ...] | None
    per_image: bool = False  # each image by statistics of its own
    size: tuple[int, int]  # rows, columns received
    windows: tuple[Window, ...] = ()
    padded: bool = False  # some pixels came from outside of the image
    fixed: bool = False  # each image is always treated in the same way: what is random was drawn once
    others: tuple[str, ...] = ()  # anything else that was seen, in words


class SampleFacts(Model):
    """Which of the course's images a phase's first images are, and whether their labels are right."""

    images: int
    identified: int
    split: Literal["train", "test", "both"] | None
    labels_checked: int
    labels_right: int
    preprocessing: Preprocessing | None
    entering: Treatment | None = None  # of the images as the first convolution received them
    whitened: bool = (
        False  # not recognised, and neighbouring pixels are far less alike than in the course's images
    )


class Measured(Model):
    """A network replayed on held-out images."""

    accuracy: float  # 0..1
    standard_error: float
    images: int
    confusion: tuple[tuple[int, ...], ...]  # rows true, columns predicted
    as_trained: float | None = (
        None  # accuracy near to chance: the one in training, in its mode and on its kind of images
    )


class NetworkFacts(Model):
    """The trusted side's knowledge of one network."""

    measured: Measured | None
    not_measured: str = ""  # why, if it was not
    stream: Treatment | None = (
        None  # one image of each training step, where the loop transforms batches itself
    )


class Part(Model):
    """One thing that a function gives, or that must hold of what it gives."""

    title: str
    holds: bool
    observed: str


class Tried(Model):
    """A function of the notebook as one piece of the assignment, beside what is right."""

    function: str
    place: Place
    named: bool  # it is called as such functions are
    error: str = ""  # why it gave nothing
    parts: tuple[Part, ...]
    library: tuple[str, ...] = ()  # functions that do the piece's work, and were called
    mistake: str = ""  # a known one that gives the same numbers

    @property
    def share(self) -> float:
        """Of the piece, that is right: 0..1."""
        held = sum(part.holds for part in self.parts)
        return 0.0 if self.library or not self.parts else held / len(self.parts)


class Statistics(Model):
    """Of the course's training images, in [0, 1], per channel."""

    mean: tuple[float, ...]
    pixel_std: tuple[float, ...]  # over all pixels of all images
    image_std: tuple[float, ...]  # mean over images of each image's own


class Evaluation(Model):
    """Everything the judge needs beside the evidence. Keys of the dictionaries: "<file number>/<id>"."""

    key: str
    samples: dict[str, SampleFacts]
    networks: dict[str, NetworkFacts]
    pipelines: dict[str, Treatment] = {}  # what loaders do, asked with images of ours
    statistics: Statistics | None = None
    functions: dict[str, tuple[Tried, ...]] = {}  # by "<file number>/<piece>"
    reference: dict[str, Graph]  # by the size of the input, "3x32x32"
    faults: tuple[str, ...] = ()
    seconds: float
    versions: dict[str, str]
