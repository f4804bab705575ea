"""Crops and flips are judged by where windows lie and how many are mirrored."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from grader.judging.candidates import Circumstances
from grader.judging.checks.augmentation import augmentation_crop, augmentation_flip, augmentation_test
from grader.schema.evaluation import Treatment, Window
from tests.unit.judging.networks import SANE, TRAINING_PASS, a_phase

SIDE = (-2.0, -1.0, 0.0, 1.0, 2.0)


def windows(
    down: tuple[float, ...] = (0.0,),
    right: tuple[float, ...] = (0.0,),
    flips: float = 0.0,
    upside: bool = False,
) -> tuple[Window, ...]:
    """200 windows at all pairs of places; a share of them mirrored."""
    places = list(product(down, right))
    return tuple(
        Window(
            down=places[i % len(places)][0],
            right=places[i % len(places)][1],
            flipped=not upside and i < 200 * flips,
            upside_down=upside,
        )
        for i in range(200)
    )


def a_treatment(size: int, seen: tuple[Window, ...], **changes: Any) -> Treatment:
    fields = {"asked": True, "mean": (0, 0, 0), "std": (1, 1, 1), "size": (size, size), "windows": seen}
    return Treatment.model_validate(fields | changes)


CROPPED = a_treatment(28, windows(SIDE, SIDE, 0.5))
CENTRE, WHOLE = a_treatment(28, windows()), a_treatment(32, windows())


def judged(train: Treatment, test: Treatment) -> dict[str, tuple[str, str]]:
    phases = (
        TRAINING_PASS.model_copy(update={"pipeline": "pipeline0", "as_loaded": True}),
        a_phase(pipeline="pipeline1", as_loaded=True, sample="phase1"),
    )
    candidate = replace(SANE, pipelines={"pipeline0": train, "pipeline1": test}, phases=phases)
    checks = {"crop": augmentation_crop, "flip": augmentation_flip, "test": augmentation_test}
    verdicts = {name: check(candidate, Circumstances()) for name, check in checks.items()}
    return {name: (verdict.outcome, verdict.observed) for name, verdict in verdicts.items()}


@pytest.mark.parametrize(
    ("train", "test"),
    [
        (CROPPED, CENTRE),
        (a_treatment(32, windows(SIDE, SIDE, 0.45), padded=True), WHOLE),
        (a_treatment(32, windows(tuple(range(-4, 5)), tuple(range(-4, 5)), 0.55), padded=True), WHOLE),
        (a_treatment(28, windows(SIDE, SIDE, 0.5), others=("rotated or sheared",)), CENTRE),
    ],
)
def test_right_ones_pass(train: Treatment, test: Treatment) -> None:
    assert {outcome for outcome, _ in judged(train, test).values()} == {"passed"}


@pytest.mark.parametrize(
    ("train", "test", "check", "outcome", "says"),
    [
        (a_treatment(28, windows((0.0,), (0.0,), 0.5)), CENTRE, "crop", "failed", "same place"),
        (a_treatment(28, windows(SIDE, (0.0,), 0.5)), CENTRE, "crop", "partial", "only up and down"),
        (a_treatment(24, windows(SIDE, SIDE, 0.5)), a_treatment(24, windows()), "crop", "partial", "24 x 24"),
        (a_treatment(32, windows(flips=0.5)), CENTRE, "crop", "failed", "not cropped"),
        (a_treatment(28, windows(SIDE, SIDE, 1.0)), CENTRE, "flip", "failed", "every image is mirrored"),
        (a_treatment(28, windows(SIDE, SIDE, 0.1)), CENTRE, "flip", "partial", "10%"),
        (a_treatment(28, windows(SIDE, SIDE, upside=True)), CENTRE, "flip", "failed", "upside down"),
        (CROPPED, CROPPED, "test", "failed", "at random"),
        (CROPPED, WHOLE, "test", "failed", "no centre crop"),
        (CROPPED, a_treatment(28, windows((-2.0,), (-2.0,))), "test", "failed", "-2 right"),
        (CROPPED, a_treatment(28, windows(flips=1.0)), "test", "failed", "mirrored"),
    ],
)
def test_each_mistake_is_named(
    train: Treatment, test: Treatment, check: str, outcome: str, says: str
) -> None:
    found, observed = judged(train, test)[check]
    assert found == outcome
    assert says in observed


def test_flips_only_are_no_crop_and_right_otherwise() -> None:
    found = judged(a_treatment(32, windows(flips=0.5)), WHOLE)
    assert [found[name][0] for name in ("crop", "flip", "test")] == ["not_attempted", "passed", "passed"]


def test_images_that_are_always_the_same_are_no_attempt() -> None:
    assert {outcome for outcome, _ in judged(WHOLE, WHOLE).values()} == {"not_attempted"}


def test_augmentation_of_test_images_alone_is_named() -> None:
    assert judged(WHOLE, a_treatment(32, windows(flips=0.5)))["test"][0] == "failed"


def test_an_evaluation_that_was_not_recognised_is_undecided_and_a_missing_one_fails() -> None:
    training = TRAINING_PASS.model_copy(update={"pipeline": "pipeline0", "as_loaded": True})
    for others, outcome in (((a_phase(split=None),), "undecided"), ((), "failed")):
        candidate = replace(SANE, pipelines={"pipeline0": CROPPED}, phases=(training, *others))
        assert augmentation_test(candidate, Circumstances()).outcome == outcome


def scaled(by: float, seen: tuple[Window, ...], jitter: float = 0.0) -> Treatment:
    """Windows scaled to 32 x 32."""
    windows = (w.model_copy(update={"scale": by + jitter * (i % 5)}) for i, w in enumerate(seen))
    return a_treatment(32, tuple(windows), others=("scaled",))


def test_crops_scaled_back_are_crops_where_test_images_are_too() -> None:
    crops, centre = scaled(0.875, windows(SIDE, SIDE, 0.5)), scaled(0.875, windows())
    assert [outcome for outcome, _ in judged(crops, centre).values()] == ["passed"] * 3
    outcome, observed = judged(crops, WHOLE)["test"]
    assert (outcome, observed) == ("failed", "trained on windows of 28 pixels, tested on 32: no centre crop")


def test_scaled_windows_of_another_size_or_of_varying_ones_are_half_right() -> None:
    smaller, varying = (scaled(0.75, windows(SIDE, SIDE, 0.5), jitter) for jitter in (0.0, 0.05))
    assert judged(smaller, WHOLE)["crop"] == ("partial", "random windows of 24 x 24, scaled to 32 x 32")
    assert judged(varying, WHOLE)["crop"][0] == "partial"
    assert judged(varying, WHOLE)["test"][0] == "passed"
