"""What the reference reached: calibration.json beside a rubric. A band is measured, never guessed."""

from statistics import mean, stdev
from typing import Literal

from pydantic import Field, model_validator

from grader.schema.base import Model
from grader.schema.claims import Mode
from grader.schema.profile import ProfileName


class CalibrationRun(Model):
    """The reference trained several times with one setting; accuracy on held-out images after `steps`."""

    profile: ProfileName
    data: Literal["standin", "real"]
    optimizer: str
    rate: float = Field(gt=0)
    momentum: float = Field(ge=0, lt=1)
    batch_size: int
    steps: int
    augmented: bool = (
        False  # with random crops and flips and dropout 0.5: the slowest of the lab's right solutions
    )
    accuracies: tuple[float, ...] = Field(min_length=3)  # 0..1, one per seed
    mean: float
    spread: float  # sample standard deviation
    device: str
    versions: dict[str, str]

    @model_validator(mode="after")
    def figures_agree(self) -> "CalibrationRun":
        check_figures(self.accuracies, self.mean, self.spread)
        return self


class ApproachRun(Model):
    """The reference of a comparison of approaches, trained several times in one of them, as written."""

    data: Literal["standin", "real"]
    mode: Mode
    network: str  # the published one it starts from; "" from scratch
    size: int  # pixels a side of an image
    images: int  # to train on, and as many to test on
    epochs: int
    accuracies: tuple[float, ...] = Field(min_length=3)  # 0..1, one per seed
    mean: float
    spread: float  # sample standard deviation
    seconds: float  # of an epoch, mean
    device: str
    versions: dict[str, str]

    @model_validator(mode="after")
    def figures_agree(self) -> "ApproachRun":
        check_figures(self.accuracies, self.mean, self.spread)
        return self


class Calibration(Model):
    """All calibrated settings of one assignment."""

    runs: tuple[CalibrationRun, ...] = ()
    approaches: tuple[ApproachRun, ...] = ()


def check_figures(accuracies: tuple[float, ...], stated_mean: float, stated_spread: float) -> None:
    """Raises ValueError."""
    if abs(stated_mean - mean(accuracies)) > 1e-3 or abs(stated_spread - stdev(accuracies)) > 1e-3:
        raise ValueError("mean and spread are not those of the accuracies")
