"""What the reference reached: calibration.json beside a rubric. A band is measured, never guessed."""

from statistics import mean, stdev
from typing import Literal

from pydantic import Field, model_validator

from grader.schema.base import Model
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
        if abs(self.mean - mean(self.accuracies)) > 1e-3 or abs(self.spread - stdev(self.accuracies)) > 1e-3:
            raise ValueError("mean and spread are not those of the accuracies")
        return self


class Calibration(Model):
    """All calibrated settings of one assignment."""

    runs: tuple[CalibrationRun, ...] = ()
