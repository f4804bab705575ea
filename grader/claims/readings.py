"""What one line states: numbers with their meaning, and the epochs it announces."""

from dataclasses import dataclass
from typing import Literal

from grader.schema.claims import Split

LabelKind = Literal["accuracy", "loss", "parameters", "rate"]
FEWEST_PARAMETERS = 100  # smaller counts are of parts


@dataclass(frozen=True, slots=True)
class Reading:
    """A number with its meaning. Accuracies: `scale` says whether `value` is known to be a share, or may be a percentage."""

    kind: LabelKind
    split: Split | None
    value: float
    scale: Literal["share", "unknown"] = "share"
    labelled: bool = True  # False: only the split is named, "test 72.3 %"


@dataclass(frozen=True, slots=True)
class Line:
    """What one line says: readings, and the epochs it announces with their total where that is written (3/20)."""

    readings: tuple[Reading, ...] = ()
    epochs: tuple[tuple[int, int | None], ...] = ()
