"""What was measured of a trained network, as far as claims are compared with it, and what a comparison says."""

from dataclasses import dataclass
from math import ceil
from typing import Literal

from grader.schema.profile import ProfileName
from grader.schema.result import Where

Verdict = Literal["consistent", "contradicted", "absent"]


@dataclass(frozen=True)
class Measured:
    """One network of a submission. Cells count from 0, as in the file."""

    file: str
    trained: tuple[int, ...]  # cells it was trained in
    evaluated: tuple[int, ...]  # cells it was evaluated in
    accuracy: (
        float | None
    )  # on held-out images, 0..1; None: not measured, or on other images than the student's
    standard_error: float  # of that accuracy, 0..1
    parameters: int
    epochs: int  # as the notebook ran them: loops complete under every profile
    profile: ProfileName
    batch_size: int = 0  # 0: not known
    images: int = 0  # training images of an epoch; 0: not known
    steps: int = 0  # optimizer steps that the measured weights have had
    trainable: int | None = None  # parameters that are trained; None: not known
    ceiling: float | None = None  # no network of this lab reaches more, 0..1; None: not known

    @property
    def cells(self) -> frozenset[int]:
        return frozenset(self.trained + self.evaluated)

    def steps_of(self, epochs: float) -> int | None:
        """Optimizer steps of so many epochs as the student wrote them; None where the size of an epoch is not known."""
        if not self.batch_size or not self.images:
            return None
        return round(epochs * ceil(self.images / self.batch_size))


@dataclass(frozen=True)
class Comparison:
    """`contradicted` asks for a person's look and costs nothing; `absent`: there was nothing to compare."""

    verdict: Verdict
    sentence: str  # holds words of the student's outputs: escape it
    where: Where


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def at(file: str, cell: int | None) -> Where:
    """Where, as people count: cells from 1."""
    return Where(file=file, cell=None if cell is None else cell + 1)


def cells_text(cells: tuple[int, ...]) -> str:
    """`cell 5`, `cells 5 and 7`, as people count."""
    numbers = [str(cell + 1) for cell in sorted(set(cells))]
    if len(numbers) < 2:
        return f"cell {numbers[0]}" if numbers else "no cell"
    if len(numbers) > 4:
        numbers = [*numbers[:3], f"{len(numbers) - 3} more"]
    return f"cells {', '.join(numbers[:-1])} and {numbers[-1]}"
