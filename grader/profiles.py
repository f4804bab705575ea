"""The two profiles, and where their figures come from (design/budgets.md)."""

from typing import Literal

from grader.schema.profile import Profile, ProfileName

# One epoch of real CIFAR-10 (391 steps of 128 images) takes this lab's network about 20 s on 2 CPU cores; after it, a
# correct solution with the lab's own settings is clear of chance. The stand-in gets a fifth of that: six trainings of a
# notebook with all improvements take less than a minute, and the reference has left chance behind (calibration.json).
QUICK_STEPS: dict[Literal["standin", "real"], int] = {"standin": 80, "real": 400}
LATER_SHARE = (
    0.5  # techniques are told from what a run does; the plain network is among the first two, most often
)
FEWEST_STEPS = 15  # of any run: what a loop does to images is told from one image of each step
EVALUATED: dict[Literal["standin", "real"], int] = {"standin": 500, "real": 1000}  # of one evaluation pass
HELD_OUT: dict[Literal["standin", "real"], int] = {"standin": 1000, "real": 2000}
LARGEST_FULL_BATCH = 256  # larger batches use up the budget in samples
# What was done to a pretrained network shows after a few steps, and a step of VGG-16 on 8 images of 224 x 224 takes 10 s.
LARGE_STEPS, LARGE_SECONDS = 12, 30.0
LARGE_PIXELS = 8 * 224 * 224
LARGE_TOTAL = 1800.0
LARGE_HELD_OUT = 200
LARGE_WEIGHTS = 30_000_000  # 120 MB: five networks like VGG-16 of each student would fill any disk


def profile_for(name: ProfileName, source: Literal["standin", "real"], large: bool = False) -> Profile:
    """The profile's limits for this source of images. `large`: the lab's networks are pretrained ones."""
    if name == "quick" and large:
        return Profile(
            name="quick",
            train_steps=LARGE_STEPS,
            train_samples=LARGE_STEPS * LARGEST_FULL_BATCH,
            train_seconds=LARGE_SECONDS,
            batch_pixels=LARGE_PIXELS,
            kept_weights=LARGE_WEIGHTS,
            full_runs=6,
            eval_samples=EVALUATED[source],
            cell_seconds=LARGE_TOTAL,
            total_seconds=LARGE_TOTAL,
            held_out=LARGE_HELD_OUT,
        )
    if name == "quick":
        steps = QUICK_STEPS[source]
        return Profile(
            name="quick",
            train_steps=steps,
            train_samples=steps * LARGEST_FULL_BATCH,
            later_share=max(LATER_SHARE, min(1.0, FEWEST_STEPS / steps)),
            eval_samples=EVALUATED[source],
            cell_seconds=600,
            total_seconds=1200,
            held_out=HELD_OUT[source],
        )
    return Profile(
        name="full",
        train_steps=None,
        train_samples=None,
        eval_samples=None,
        cell_seconds=4 * 3600,
        total_seconds=6 * 3600,
        held_out=10_000,
        kept_weights=LARGE_WEIGHTS if large else None,
    )
