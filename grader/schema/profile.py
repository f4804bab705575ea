"""A profile bounds what a notebook may cost, the same way for everyone, and is printed in every report."""

from typing import Literal

from grader.schema.base import Model

ProfileName = Literal["quick", "full"]


class Profile(Model):
    """Limits of one execution. None: as the student wrote it."""

    name: ProfileName
    train_steps: (
        int | None
    )  # optimizer steps of each training run at full batch size, then one tiny batch an epoch
    train_samples: int | None  # the same in samples, whichever comes first
    eval_samples: int | None  # samples of each evaluation pass
    tiny_batch: int = 16  # samples of a thinned batch; more than 1, for batch normalisation
    cell_seconds: float  # wall clock of one cell
    total_seconds: float  # wall clock of one notebook
    held_out: int  # images the judge measures accuracy on
