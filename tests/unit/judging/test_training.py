"""Every finding of the training loop, each way."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from grader.judging.candidates import Candidate, Circumstances
from grader.judging.checks.training import training
from grader.judging.judge import first_errors
from grader.judging.verdict import Verdict
from grader.schema.evaluation import SampleFacts
from grader.schema.evidence import LossUse, Parameter, Place
from tests.unit.judging.networks import (
    SANE,
    TRAINING_PASS,
    Small,
    a_phase,
    a_run,
    candidate_of,
    seen,
    written_down,
)

UNDISTURBED = Circumstances()
INTERRUPTED = Circumstances(interrupted="lab.ipynb, cell 9: interrupted after 600 s")


def facts(**changes: Any) -> dict[str, SampleFacts]:
    fields: dict[str, Any] = {
        "images": 16,
        "identified": 16,
        "split": "train",
        "labels_checked": 16,
        "labels_right": 16,
        "preprocessing": None,
    }
    return {"phase0": SampleFacts(**(fields | changes))}


RECOGNISED = replace(SANE, samples=facts())


def judged(candidate: Candidate, circumstances: Circumstances = UNDISTURBED) -> Verdict:
    return training(candidate, circumstances)


def wrong(candidate: Candidate) -> list[str]:
    """Titles of the findings that do not hold."""
    return [finding.title for finding in judged(candidate).findings if finding.holds is False]


def with_parameters(*changes: tuple[str, dict[str, Any]]) -> Candidate:
    """The sane candidate, parameters whose name begins so changed."""
    parameters: list[Parameter] = []
    for parameter in RECOGNISED.network.parameters:
        updates = [fields for start, fields in changes if parameter.name.startswith(start)]
        parameters.append(parameter.model_copy(update=updates[0]) if updates else parameter)
    network = RECOGNISED.network.model_copy(update={"parameters": tuple(parameters)})
    return replace(RECOGNISED, network=network)


def test_a_sane_loop_passes() -> None:
    verdict = judged(RECOGNISED)
    assert (verdict.outcome, verdict.basis) == ("passed", "observed")
    assert verdict.observed == "120 steps on batches of 128; right in all 7 points"


def test_what_cannot_be_seen_costs_nothing_in_an_undisturbed_run() -> None:
    verdict = judged(replace(SANE, samples={}))
    assert verdict.outcome == "passed"
    assert [f.title for f in verdict.findings if f.holds is None] == ["labels belong to their images"]


def test_what_an_interruption_may_have_hidden_is_undecided() -> None:
    cut_short = replace(RECOGNISED, phases=(TRAINING_PASS,))
    assert judged(cut_short, INTERRUPTED).outcome == "undecided"
    assert judged(cut_short).outcome == "partial"
    assert judged(replace(RECOGNISED, run=None), INTERRUPTED).outcome == "undecided"
    assert judged(replace(RECOGNISED, run=None)).outcome == "not_attempted"


def test_a_proven_mistake_is_told_although_the_run_was_interrupted() -> None:
    kept = replace(RECOGNISED, phases=(TRAINING_PASS,), run=a_run(zeroed=0, not_zeroed=119))
    assert judged(kept, INTERRUPTED).outcome == "partial"


@pytest.mark.parametrize("split", ["test", "both"])
def test_training_on_test_images_is_seen_by_the_images_themselves(split: str) -> None:
    assert wrong(replace(SANE, samples=facts(split=split))) == ["trains on the training split"]
    verdict = judged(replace(SANE, samples=facts(split=split)))
    assert verdict.fraction == pytest.approx(8 / 12)


def test_the_loaders_word_counts_only_where_no_image_was_recognised() -> None:
    honest = TRAINING_PASS.model_copy(update={"split": "test"})
    assert wrong(replace(RECOGNISED, phases=(honest, a_phase()))) == []
    unseen = replace(SANE, phases=(honest, a_phase()), samples=facts(identified=0, split=None))
    assert wrong(unseen) == ["trains on the training split"]


def test_labels_of_other_images_are_seen() -> None:
    verdict = judged(replace(SANE, samples=facts(labels_right=2)))
    assert "2 of 16 recognised training images came with their own label" in verdict.observed
    assert wrong(replace(SANE, samples=facts(labels_checked=7, labels_right=0))) == []


def test_gradients_that_are_kept_are_seen() -> None:
    assert wrong(replace(RECOGNISED, run=a_run(zeroed=0, not_zeroed=119))) == [
        "gradients are zeroed between steps"
    ]
    assert wrong(replace(RECOGNISED, run=a_run(zeroed=118, not_zeroed=2))) == []
    assert wrong(replace(RECOGNISED, run=a_run(zeroed=117, not_zeroed=3))) == [
        "gradients are zeroed between steps"
    ]


def test_a_loop_without_step_is_seen() -> None:
    still = with_parameters(("", {"changed": False, "stepped": False}))
    verdict = judged(replace(still, run=a_run(steps=0, full_steps=0, optimizers=())))
    assert "no step was made after the backward passes" in verdict.observed


def test_layers_that_the_optimizer_does_not_hold_are_seen() -> None:
    verdict = judged(with_parameters(("conv", {"changed": False, "stepped": False})))
    assert "4 of 8 did not change (conv1.weight, conv1.bias, conv2.weight, ...)" in verdict.observed
    assert verdict.hint == "Which parameters were given to the optimizer?"


def test_a_bias_before_a_batch_normalisation_need_not_move() -> None:
    assert wrong(with_parameters(("conv1.bias", {"changed": False}))) == []
    assert wrong(with_parameters(("conv1", {"changed": False}))) == ["every parameter is trained"]
    held_by_none = {"changed": False, "stepped": False}
    assert wrong(with_parameters(("conv1.bias", held_by_none))) == ["every parameter is trained"]


@pytest.mark.parametrize("stepped", [True, False])
def test_frozen_layers_are_seen_whether_or_not_the_optimizer_holds_them(stepped: bool) -> None:
    frozen = {"changed": False, "trainable": False, "stepped": stepped}
    assert wrong(with_parameters(("conv", frozen))) == ["every parameter is trained"]


def test_an_optimizer_of_another_network_is_seen() -> None:
    use = a_run().optimizers[0].model_copy(update={"foreign": 8})
    still = with_parameters(("", {"changed": False, "stepped": False}))
    verdict = judged(replace(still, run=a_run(optimizers=(use,))))
    assert "the optimizer holds parameters of something else" in verdict.observed


def test_an_unused_layer_and_a_frozen_mean_may_stay_as_they_are() -> None:
    module = Small(spare=nn.Linear(2, 2), mean=nn.Parameter(torch.zeros(3, 1, 1), requires_grad=False))
    network = seen(module)
    parameters = [
        p.model_copy(update={"changed": not p.name.startswith(("spare", "mean"))}) for p in network.parameters
    ]
    candidate = replace(candidate_of(module), samples=facts())
    network = network.model_copy(update={"parameters": tuple(parameters)})
    assert wrong(replace(candidate, network=network)) == []


@pytest.mark.parametrize(
    ("kind", "received", "good"),
    [
        ("cross_entropy", "logits", True),
        ("cross_entropy", "log_probabilities", True),
        ("nll_loss", "log_probabilities", True),
        ("cross_entropy", "probabilities", False),
        ("nll_loss", "probabilities", False),
        ("nll_loss", "logits", False),
        ("mse_loss", "logits", False),
    ],
)
def test_the_loss_and_what_it_receives_are_judged_together(kind: str, received: str, good: bool) -> None:
    use = {"kind": kind, "received": received, "attached": True, "calls": 120}
    assert (wrong(replace(RECOGNISED, run=a_run(losses_used=(use,)))) == []) == good


def test_a_softmax_over_the_images_of_a_batch_is_seen() -> None:
    for dim, titles in ((0, ["the loss is a cross-entropy of the scores"]), (None, [])):
        network = nn.Sequential(Small(), nn.Softmax(dim)) if dim is not None else Small()
        assert wrong(replace(RECOGNISED, train_graph=written_down(network, training=True))) == titles


def test_a_detached_loss_is_seen_and_a_hand_written_one_is_not_judged() -> None:
    use = {"kind": "cross_entropy", "received": "logits", "attached": False, "calls": 120}
    title = "the loss is a cross-entropy of the scores"
    assert wrong(replace(RECOGNISED, run=a_run(losses_used=(use,)))) == [title]
    assert wrong(replace(RECOGNISED, run=a_run(losses_used=()))) == []


def test_evaluation_on_training_images_only_is_seen() -> None:
    only_train = a_phase(split="train")
    assert wrong(replace(RECOGNISED, phases=(TRAINING_PASS, only_train))) == ["evaluated on the test split"]
    assert wrong(replace(RECOGNISED, phases=(TRAINING_PASS,))) == ["evaluated on the test split"]
    unknown = a_phase(split=None)
    assert wrong(replace(RECOGNISED, phases=(TRAINING_PASS, unknown))) == []


def test_one_pass_in_evaluation_mode_is_enough() -> None:
    training_mode = a_phase(training_mode=True)
    assert wrong(replace(RECOGNISED, phases=(TRAINING_PASS, training_mode))) == [
        "evaluated in evaluation mode"
    ]
    assert wrong(replace(RECOGNISED, phases=(TRAINING_PASS, training_mode, a_phase()))) == []


class Loose(Small):
    """Its convolutions stand in a plain list."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = [self.conv1, self.conv2]
        del self.conv1, self.conv2

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool1(self.relu(self.kept[0](x)))
        x = self.pool2(self.relu(self.kept[1](x)))
        logits: Tensor = self.fc4(self.relu(self.fc3(x.flatten(1))))
        return logits


def test_layers_that_no_parameters_call_lists_are_not_trained() -> None:
    verdict = judged(replace(candidate_of(Loose()), samples=facts()))
    assert [f.title for f in verdict.findings if f.holds is False] == ["every parameter is trained"]
    assert "parameters() lists no weights of conv1, conv2" in verdict.observed


def test_steps_without_a_backward_pass_are_told_as_such() -> None:
    verdict = judged(replace(RECOGNISED, run=a_run(backwards=0)))
    assert (verdict.outcome, verdict.hint) == (
        "failed",
        "Which call computes the gradients that step() follows?",
    )


def test_an_error_that_ended_the_training_is_told() -> None:
    error = "RuntimeError: element 0 of tensors does not require grad"
    around = Circumstances(errors=first_errors([("lab.ipynb", 9, error), ("lab.ipynb", 11, "NameError")]))
    still = with_parameters(("", {"changed": False}))
    verdict = judged(replace(still, run=a_run(steps=0, running=8)), around)
    assert verdict.observed.endswith(f"; cell 9 stopped with {error}")
    assert verdict.hint == "What does this error say, and which line led to it?"
    assert "stopped" not in judged(replace(RECOGNISED, run=a_run(zeroed=0, not_zeroed=9)), around).observed


def test_a_loss_that_takes_no_logarithm_is_not_asked_about_one() -> None:
    use = LossUse(kind="mse_loss", received="probabilities", attached=True, calls=120)
    verdict = judged(replace(RECOGNISED, run=a_run(losses_used=(use,))))
    assert verdict.hint.startswith("Which loss does the lab ask for")


def test_a_test_in_which_modes_disagree_is_described_as_such() -> None:
    mixed = a_phase(training_mode=None, dropout_mode=True, norm_mode=False)
    verdict = judged(replace(RECOGNISED, phases=(TRAINING_PASS, mixed)))
    assert "some layers were in training mode in every pass" in verdict.observed


def test_the_place_is_that_of_the_pass_that_was_wrong() -> None:
    place = Place(cell=11, line=4)
    on_test = TRAINING_PASS.model_copy(update={"split": "test", "sample": None, "place": place})
    for phases in ((TRAINING_PASS, on_test), (TRAINING_PASS, a_phase(training_mode=True, place=place))):
        where = judged(replace(RECOGNISED, phases=phases)).where
        assert where is not None
        assert (where.cell, where.line) == (12, 4)


def test_a_fault_of_the_loop_is_placed_where_it_trains() -> None:
    verdict = judged(replace(RECOGNISED, run=a_run(zeroed=0, not_zeroed=20)))
    assert verdict.where == RECOGNISED.place("trained")
