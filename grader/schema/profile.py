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
    train_seconds: float | None = None  # of each training run, which gets three steps at least
    batch_pixels: int | None = (
        None  # rows times columns of all images of a training batch; evaluation passes: 4 of them
    )
    kept_weights: int | None = (
        None  # weights of a network that are carried out of the kernel; larger ones are not replayed
    )
    full_runs: int = 2  # training runs of a notebook that get this budget
    later_share: float = 1.0  # of the budget, for the runs after those
    eval_samples: int | None  # samples of each evaluation pass
    tiny_batch: int = 8  # samples of a thinned batch; more than 1, for batch normalisation
    cell_seconds: float  # wall clock of one cell
    total_seconds: float  # wall clock of one notebook
    held_out: int  # images the judge measures accuracy on
