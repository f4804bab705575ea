"""Modes told from weights: which began as published ones, which of them changed."""

from dataclasses import replace
from typing import Any

import pytest

from grader.judging.candidates import Candidate, Circumstances
from grader.judging.checks.transfer import first_network, from_scratch_mode, pair_of, second_network
from grader.judging.modes import Training, family_of, published_network, tell
from grader.schema.evidence import Network, Parameter, Place
from tests.unit.judging.networks import SANE, TRAINING_PASS, a_phase, a_run

FILE = "resnet101-63fe2227.pth"
COURSE = {FILE: "course", "vgg13-19584684.pth": "course", "resnet152-394f9c45.pth": "course"}
AROUND = Circumstances()
ALL = ("conv1", "bn1", "layer1", "fc")
BODY = ("conv1", "bn1", "layer1")
SHAPES = {
    "conv1.weight": (8, 3, 3, 3),
    "bn1.weight": (8,),
    "layer1.weight": (16, 8, 3, 3),
    "fc.weight": (10, 16),
    "fc.bias": (10,),
}


def parameters(
    file: str | None = FILE,
    changed: tuple[str, ...] = ("fc",),
    fresh: tuple[str, ...] = ("fc",),
    frozen: tuple[str, ...] = (),
    stepped: tuple[str, ...] = ("conv1", "bn1", "layer1", "fc"),
) -> tuple[Parameter, ...]:
    """Of a small network; names by their first part. Vectors of one value have no origin: nothing tells them."""
    return tuple(
        Parameter(
            name=name,
            shape=shape,
            trainable=name.split(".")[0] not in frozen,
            changed=name.split(".")[0] in changed,
            stepped=name.split(".")[0] in stepped,
            origin=None if name.split(".")[0] in fresh else file,
        )
        for name, shape in SHAPES.items()
    )


def candidate(outputs: int = 10, run: Any = None, **given: Any) -> Candidate:
    network = Network(
        id="net0",
        class_name="ResNet",
        defined=Place(cell=3),
        input_shape=(8, 3, 64, 64),
        output_shape=(8, outputs),
        parameters=parameters(**given),
        has_graphs=True,
    )
    passes = (TRAINING_PASS.model_copy(update={"loader_pass": 0}),)
    return replace(SANE, network=network, run=run or a_run(), phases=passes)


def told(*, outputs: int = 10, run: Any = None, kinds: dict[str, str] = COURSE, **given: Any) -> Training:
    found = tell(candidate(outputs, run, **given), kinds, 10)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("mode", "given", "says"),
    [
        ("feature_extraction", {}, "170 new weights in fc changed, the other 1,376 of resnet101 did not"),
        ("feature_extraction", {"frozen": BODY, "stepped": ("fc",)}, "new weights in fc"),
        ("finetuning", {"changed": ALL}, "1,376 of the 1,376 published weights"),
        ("finetuning", {"changed": ("layer1", "fc")}, "layer1 only"),
        ("from_scratch", {"file": None, "fresh": (), "changed": ALL}, "all of its 1,546 weights"),
        (
            None,
            {"changed": (), "frozen": ALL},
            "none of the weights of resnet101 changed: everything was frozen",
        ),
        (None, {"changed": ALL, "fresh": ()}, "head of resnet101 was not replaced"),
        (None, {"changed": ALL, "frozen": BODY}, "frozen and changed all the same"),
        (None, {"changed": ("layer1",)}, "kept its random weights"),
        (None, {"outputs": 1000, "changed": ALL}, "it gives 1,000 scores"),
        (None, {"file": None, "fresh": (), "changed": ("fc",)}, "random ones: no published weights"),
        (None, {"fresh": ("bn1", "layer1", "fc"), "changed": ALL}, "only 1 of its layers"),
        (None, {"file": None, "fresh": (), "changed": ()}, "none of them changed"),
    ],
)
def test_what_was_done_to_the_weights(mode: str | None, given: dict[str, Any], says: str) -> None:
    found = told(**given)
    assert found.mode == mode
    assert says in found.reason


@pytest.mark.parametrize(
    ("given", "foreign", "says"),
    [
        ({"frozen": ALL}, 0, "everything was frozen"),
        ({"stepped": ()}, 2, "a head that was replaced after it was made"),
        ({"stepped": ()}, 0, "the optimizer held none of those that are not frozen"),
        ({}, 0, "its steps did not move them"),
    ],
)
def test_why_nothing_changed(given: dict[str, Any], foreign: int, says: str) -> None:
    use = a_run().optimizers[0].model_copy(update={"foreign": foreign})
    assert says in told(changed=(), run=a_run(optimizers=(use,)), **given).reason


def test_of_two_trainings_of_a_network_the_longer_one_counts() -> None:
    short, long = told(run=a_run(epochs=1)), told(run=a_run(epochs=5))
    first, _ = pair_of([short, long], "feature_extraction")
    assert first is long


def test_a_network_that_was_never_trained_is_no_training() -> None:
    assert tell(candidate(run=a_run(steps=0)), COURSE, 10) is None


@pytest.mark.parametrize(
    ("trained", "says"),
    [
        (False, "108 weights of resnet101 (stem) are new, random, and were frozen"),
        (True, "278 new weights in fc, stem changed"),
    ],
)
def test_new_layers_are_named_wherever_they_are(trained: bool, says: str) -> None:
    stem = Parameter(
        name="stem.weight", shape=(4, 3, 3, 3), trainable=trained, changed=trained, stepped=trained
    )
    network = candidate().network
    more = network.model_copy(update={"parameters": (*network.parameters, stem)})
    found = tell(replace(candidate(), network=more), COURSE, 10)
    assert found is not None
    assert says in found.reason


def test_weights_that_were_changed_before_are_no_features_of_others() -> None:
    """First finetuned, then frozen."""
    network = candidate().network
    moved = tuple(p.model_copy(update={"moved_before": p.origin is not None}) for p in network.parameters)
    found = tell(replace(candidate(), network=network.model_copy(update={"parameters": moved})), COURSE, 10)
    assert found is not None
    assert found.mode is None
    assert "had been changed before" in found.reason


def test_a_few_weights_of_a_network_are_not_its_features() -> None:
    found = told(file="resnet18-f37072fd.pth", kinds={"resnet18-f37072fd.pth": "course"})
    assert found.mode is None
    assert "too few to be its features" in found.reason


def test_a_rate_of_0_in_all_steps_that_were_left_tells_nothing() -> None:
    resting = a_run(full_steps=3, rates=((0, 0.0), (100, 0.1)))
    assert first_network([told(changed=(), run=resting)], "feature_extraction", AROUND).outcome == "undecided"


def test_test_images_in_training_are_remarked() -> None:
    cheating = replace(
        candidate(), phases=(TRAINING_PASS.model_copy(update={"split": "test", "sample": None}),)
    )
    found = tell(cheating, COURSE, 10)
    assert found is not None
    assert "trained on test images" in found.remark


def test_epochs_of_stages_in_one_cell_may_be_added_up() -> None:
    assert replace(told(run=a_run(epochs=3)), before=1).lengths == {3, 4}
    no_loader = replace(candidate(), phases=(TRAINING_PASS,))
    found = tell(no_loader, COURSE, 10)
    assert found is not None
    assert found.lengths == frozenset()


def test_vectors_of_one_value_belong_to_the_layer_they_stand_in() -> None:
    """A published bias of zeros has no origin: it is not taken for a part of the new head."""
    network = candidate().network
    level = Parameter(name="conv1.bias", shape=(8,), trainable=True, changed=False, stepped=True)
    found = tell(
        replace(candidate(), network=network.model_copy(update={"parameters": (*network.parameters, level)})),
        COURSE,
        10,
    )
    assert found is not None
    assert "the 170 new weights in fc" in found.reason


def test_features_that_were_computed_once() -> None:
    head = candidate(file=None, changed=ALL, fresh=())
    found = tell(replace(head, backbone=candidate().network), COURSE, 10)
    assert found is not None
    assert (found.mode, found.network) == ("feature_extraction", "resnet101")


def test_weights_that_nobody_compared_go_to_a_person() -> None:
    verdict = first_network([told(kinds={FILE: "own"})], "feature_extraction", AROUND)
    assert verdict.outcome == "undecided"
    assert "not compared" in verdict.observed


def test_drifting_statistics_are_a_remark() -> None:
    drifting = candidate()
    network = drifting.network.model_copy(update={"drifted": True})
    found = tell(replace(drifting, network=network), COURSE, 10)
    assert found is not None
    verdict = first_network([found], "feature_extraction", AROUND)
    assert verdict.outcome == "passed"
    assert "costs nothing" in verdict.observed


def test_the_notebooks_own_test_is_reported_with_real_weights_only() -> None:
    counts = tuple(tuple(4 if i == j else 1 for j in range(10)) for i in range(10))
    tested = replace(candidate(), phases=(a_phase(confusion=counts),))
    for kind, said in (("course", True), ("standin", False)):
        found = tell(tested, {FILE: kind}, 10)
        assert found is not None
        assert ("30.8 % of 130 test images" in found.remark) is said


def test_trainable_parameters_are_those_not_frozen_or_those_of_the_optimizer() -> None:
    assert told(stepped=("fc",)).counts == {170, 1546}
    assert told(frozen=BODY, stepped=("fc",)).counts == {170}


@pytest.mark.parametrize(
    ("name", "family"),
    [("resnet101", "ResNet"), ("wide_resnet50_2", "ResNet"), ("resnext50_32x4d", "ResNet"), ("squeezenet1_0", "SqueezeNet"),
     ("vgg16_bn", "VGG"), ("mobilenet_v3_small", "MobileNet"), ("alexnet", "AlexNet"), ("own", "own")],
)  # fmt: skip
def test_families(name: str, family: str) -> None:
    assert family_of(name) == family


def test_names_of_published_files() -> None:
    assert published_network("alexnet-owt-7be5be79.pth") == "alexnet"
    assert published_network("squeezenet1_1-b8a52dc0.pth") == "squeezenet1_1"
    assert published_network("mine.pth") == "mine"


def extraction(file: str) -> Training:
    return told(file=file)


def test_two_families_are_asked_for() -> None:
    resnets = [extraction(FILE), extraction("resnet152-394f9c45.pth")]
    assert first_network(resnets, "feature_extraction", AROUND).outcome == "passed"
    second = second_network(resnets, "feature_extraction", AROUND)
    assert second.outcome == "failed"
    assert "both of the family ResNet" in second.observed
    other = second_network([*resnets, extraction("vgg13-19584684.pth")], "feature_extraction", AROUND)
    assert other.outcome == "passed"


def test_what_was_not_done_is_not_attempted_and_what_went_wrong_is_named() -> None:
    assert first_network([], "finetuning", AROUND).outcome == "not_attempted"
    assert first_network([told()], "finetuning", AROUND).outcome == "not_attempted"
    twice = first_network([told(), told()], "finetuning", AROUND)
    assert twice.outcome == "failed"
    assert "new weights in fc changed" in twice.observed
    frozen = first_network([told(changed=(), frozen=ALL)], "finetuning", AROUND)
    assert frozen.outcome == "failed"
    assert "everything was frozen" in frozen.observed
    hidden = first_network([], "finetuning", Circumstances(interrupted="lab3.ipynb, cell 9: time limit"))
    assert hidden.outcome == "undecided"


def test_from_scratch_needs_random_weights() -> None:
    assert from_scratch_mode([told(file=None, fresh=(), changed=ALL)], AROUND).outcome == "passed"
    assert from_scratch_mode([told(changed=ALL)], AROUND).outcome == "not_attempted"


def test_a_head_that_was_not_replaced_gets_a_hint_of_its_own() -> None:
    whole, other = told(outputs=1000, changed=ALL, fresh=()), told(changed=())
    assert "how many classes" in first_network([whole], "finetuning", AROUND).hint
    assert "how many classes" not in first_network([other], "finetuning", AROUND).hint


def test_each_check_shows_the_training_that_was_meant_for_it() -> None:
    """Both approaches of one network failed, and then those of both networks."""
    head, more = (
        told(file=None, fresh=(), changed=changed, frozen=frozen)
        for changed, frozen in ((("fc",), BODY), (("layer1", "fc"), ("conv1", "bn1")))
    )
    assert "1,376 of its 1,546" in second_network([more, head, told()], "feature_extraction", AROUND).observed
    assert (
        "224 of its 1,546" in second_network([more, head, told(changed=ALL)], "finetuning", AROUND).observed
    )
    assert "1,376 of its" in first_network([head, more], "feature_extraction", AROUND).observed
    assert "224 of its" in second_network([head, more], "finetuning", AROUND).observed


def test_finetuning_of_random_weights_is_told_as_that() -> None:
    frozen, free = told(file=None, fresh=(), changed=("fc",)), told(file=None, fresh=(), changed=ALL)
    verdict = second_network([free, frozen, free, told(changed=ALL)], "finetuning", AROUND)
    assert verdict.outcome == "failed"
    assert "start from random values and were trained" in verdict.observed


def test_from_scratch_that_starts_from_published_weights() -> None:
    tuned = told(changed=ALL)
    verdict = from_scratch_mode([tuned, told(), told(changed=ALL)], AROUND)
    assert verdict.outcome == "failed"
    assert "published weights of resnet101 changed" in verdict.observed
    assert from_scratch_mode([told(), tuned], AROUND).outcome == "not_attempted"


def test_weights_that_were_drawn_anew_are_told_from_none() -> None:
    one = candidate(file=None, fresh=(), changed=("fc",))
    levels = [
        p.model_copy(update={"origin": FILE}) if p.name == "bn1.weight" else p for p in one.network.parameters
    ]
    network = one.network.model_copy(update={"parameters": tuple(levels)})
    found = tell(replace(one, network=network), COURSE, 10)
    assert found is not None
    assert "1 biases and scales are left" in found.reason
