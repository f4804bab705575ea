"""Standardisation is judged by the numbers that reach the first layer."""

from dataclasses import replace
from typing import Any

import pytest
from torch import nn

from grader.judging.candidates import Circumstances
from grader.judging.checks.normalization import (
    CIFAR10,
    IMAGENET,
    MEAN,
    STD,
    normalization_test,
    normalization_train,
)
from grader.judging.verdict import Verdict
from grader.schema.evaluation import Statistics, Treatment
from tests.unit.judging.networks import SANE, TRAINING_PASS, Small, a_phase, written_down

SCALED = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
RIGHT = (MEAN, STD)
Numbers = tuple[tuple[float, ...], tuple[float, ...]]


def a_treatment(numbers: Numbers | None, **changes: Any) -> Treatment:
    mean, std = numbers or (None, None)
    return Treatment(**({"asked": True, "mean": mean, "std": std, "size": (32, 32)} | changes))


def judged(train: Treatment | None, test: Treatment | None, **changes: Any) -> tuple[Verdict, Verdict]:
    pipelines = {name: how for name, how in (("pipeline0", train), ("pipeline1", test)) if how is not None}
    phases = (
        TRAINING_PASS.model_copy(update={"pipeline": "pipeline0", "as_loaded": True}),
        a_phase(pipeline="pipeline1", as_loaded=True, sample="phase1"),
    )
    candidate = replace(SANE, pipelines=pipelines, phases=phases, **changes)
    return normalization_train(candidate, Circumstances()), normalization_test(candidate, Circumstances())


@pytest.mark.parametrize("numbers", [RIGHT, CIFAR10, ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010))])
def test_constants_of_the_statement_and_true_ones_pass(numbers: Numbers) -> None:
    assert [v.outcome for v in judged(a_treatment(numbers), a_treatment(numbers))] == ["passed", "passed"]


@pytest.mark.parametrize(
    ("numbers", "fraction", "says"),
    [
        (((0.492, 0.482, 0.447), STD), 0.5, "0.492 for 0.491"),
        ((MEAN, (0.202, 0.199, 0.210)), 0.5, "0.210 for 0.201"),
        ((STD, MEAN), 0.0, "swapped"),
        ((MEAN[::-1], STD[::-1]), 0.5, "red and blue are exchanged"),
        (((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)), 0.0, "other constants"),
        ((tuple(m / 255 for m in MEAN), tuple(s / 255 for s in STD)), 0.0, "0 to 255"),
        ((tuple(m * 255 for m in MEAN), tuple(s * 255 for s in STD)), 0.0, "applied to values of 0 to 1"),
        (((0.590182, 0.577918, 0.536847), (0.040804, 0.039601, 0.040401)), 0.0, "standardising twice"),
        (IMAGENET, 0.5, "ImageNet"),
        (((0.47, 0.47, 0.47), (0.25, 0.25, 0.25)), 0.5, "other constants"),
    ],
)
def test_each_mistake_is_named(numbers: Numbers, fraction: float, says: str) -> None:
    for verdict in judged(a_treatment(numbers), a_treatment(numbers)):
        assert verdict.fraction == fraction
        assert says in verdict.observed
        assert "0.491, 0.482, 0.447" in verdict.expected


def test_statistics_of_the_images_used_are_right_too() -> None:
    own = Statistics(mean=(0.16, 0.15, 0.14), pixel_std=(0.25, 0.25, 0.23), image_std=(0.19, 0.18, 0.15))
    for std in (own.pixel_std, own.image_std):
        how = a_treatment((own.mean, std))
        assert [v.outcome for v in judged(how, how, statistics=own)] == ["passed", "passed"]
        assert [v.outcome for v in judged(how, how)] == ["failed", "failed"]


@pytest.mark.parametrize("bare", [SCALED, ((0.0, 0.0, 0.0), (1 / 255, 1 / 255, 1 / 255))])
def test_scaling_alone_is_no_attempt_on_both_sides_and_a_failure_on_one(bare: Numbers) -> None:
    plain = a_treatment(bare)
    assert [v.outcome for v in judged(plain, plain)] == ["not_attempted", "not_attempted"]
    assert [v.outcome for v in judged(a_treatment(RIGHT), plain)] == ["passed", "failed"]
    assert [v.outcome for v in judged(plain, a_treatment(RIGHT))] == ["failed", "passed"]


def test_a_normalisation_layer_in_place_of_constants_is_named() -> None:
    module = nn.Sequential(nn.BatchNorm2d(3, affine=False), Small())
    graph = written_down(module, training=True)
    for verdict in judged(a_treatment(SCALED), a_treatment(SCALED), train_graph=graph):
        assert verdict.outcome == "not_attempted"
        assert verdict.observed.endswith("by constants; the network begins with a normalisation layer")


def test_each_image_by_itself_is_named() -> None:
    how = a_treatment(None, per_image=True)
    assert all("of its own" in v.observed and v.outcome == "failed" for v in judged(how, how))


def test_what_could_not_be_identified_is_undecided() -> None:
    assert [v.outcome for v in judged(None, None)] == ["undecided", "undecided"]


def test_what_happened_after_the_loader_counts_where_the_batch_did_not_arrive_as_loaded() -> None:
    from grader.schema.evaluation import SampleFacts

    seen = a_treatment(RIGHT, asked=False)
    fields = {"images": 16, "identified": 16, "labels_checked": 0, "labels_right": 0, "preprocessing": None}
    facts = {
        name: SampleFacts.model_validate(fields | {"split": split, "entering": seen})
        for name, split in (("phase0", "train"), ("phase1", "test"))
    }
    phases = (
        TRAINING_PASS.model_copy(update={"pipeline": "pipeline0", "as_loaded": False}),
        a_phase(pipeline="pipeline0", as_loaded=False, sample="phase1"),
    )
    candidate = replace(SANE, pipelines={"pipeline0": a_treatment(SCALED)}, phases=phases, samples=facts)
    assert normalization_train(candidate, Circumstances()).outcome == "passed"
    assert normalization_test(candidate, Circumstances()).outcome == "passed"


def test_test_images_that_were_trained_on_show_how_they_are_standardised() -> None:
    phases = (
        TRAINING_PASS.model_copy(update={"pipeline": "pipeline0", "as_loaded": True}),
        TRAINING_PASS.model_copy(
            update={"pipeline": "pipeline1", "as_loaded": True, "split": "test", "sample": "phase1"}
        ),
    )
    for numbers, outcome in ((RIGHT, "passed"), (SCALED, "failed")):
        pipelines = {"pipeline0": a_treatment(RIGHT), "pipeline1": a_treatment(numbers)}
        candidate = replace(SANE, pipelines=pipelines, phases=phases)
        assert normalization_test(candidate, Circumstances()).outcome == outcome


@pytest.mark.parametrize(
    ("train", "outcome"), [(RIGHT, "undecided"), (None, "undecided"), (SCALED, "not_attempted")]
)
def test_an_evaluation_that_was_not_recognised_is_no_missing_one(train: Numbers | None, outcome: str) -> None:
    known = {"pipeline0": a_treatment(train)} if train else {}
    phases = (
        TRAINING_PASS.model_copy(update={"pipeline": "pipeline0", "as_loaded": True}),
        a_phase(split=None),
    )
    candidate = replace(SANE, pipelines=known, phases=phases)
    assert normalization_test(candidate, Circumstances()).outcome == outcome


def test_a_network_that_was_not_tested_is_asked_what_it_was_evaluated_on() -> None:
    phase = TRAINING_PASS.model_copy(update={"pipeline": "pipeline0", "as_loaded": True})
    candidate = replace(SANE, pipelines={"pipeline0": a_treatment(RIGHT)}, phases=(phase,))
    verdict = normalization_test(candidate, Circumstances())
    assert (verdict.observed, verdict.hint) == (
        "no pass over test images",
        "Over which images does your evaluation go?",
    )
    assert verdict.where == candidate.place("trained")
