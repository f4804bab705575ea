"""What all submissions of a class are measured by."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Course:
    """Folders as grader.datasets.store.ImageSet has them."""

    visible: Path
    held_out: Path
    identity: str  # of the images
    count: int  # held-out images that networks are measured on
    classes: int
    reference: str | None  # module:class
    pieces: str = "[]"  # functions that are looked for: PieceSpecs, in JSON
    cache: Path | None = None  # what is the same in every run is kept there
