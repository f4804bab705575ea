"""The probe on a real training, in a process of its own: it sees everything and changes nothing."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from grader.evaluation.replay import Program
from grader.execution.collect import collect, read_evidence
from grader.probe.looking import OF_A_STEP
from grader.schema.evidence import Evidence, TrainingRun
from grader.testimony import graph_at
from tests.unit.probe.apart import run_apart
from tests.unit.probe.watched_training import BATCH, STEPS, Net


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_apart("watched_training", tmp_path_factory.mktemp("evidence"))


@pytest.fixture(scope="module")
def seen(folder: Path) -> Evidence:
    return read_evidence(folder / "evidence.json")


def run_of(seen: Evidence, network: str) -> TrainingRun:
    return next(run for run in seen.runs if run.network == network)


def test_the_weights_are_bit_identical_with_and_without_the_probe(folder: Path) -> None:
    for kind in ("", "_crops"):  # random crops: the loader is asked 200 times and draws as if it had not been
        plain, watched = (load_file(folder / f"{name}{kind}.safetensors") for name in ("plain", "watched"))
        assert all(torch.equal(plain[name], watched[name]) for name in watched)


def test_the_evidence_is_within_its_bounds_and_holds_no_error(folder: Path, seen: Evidence) -> None:
    assert collect(folder, folder / "home") == ""
    assert seen.probe_errors == ()
    assert [network.id for network in seen.networks] == [f"net{number}" for number in range(5)]
    assert all(network.has_graphs and not network.export_error for network in seen.networks)


def test_steps_epochs_and_rates_are_counted(seen: Evidence) -> None:
    run = run_of(seen, "net0")
    assert (run.steps, run.full_steps, run.backwards, run.epochs) == (2 * STEPS, 2 * STEPS, 2 * STEPS, 2)
    assert run.batch_size == BATCH
    assert run.rates == ((0, 0.1), (STEPS, 0.05))
    (use,) = run.optimizers
    assert (use.kind, use.settings["momentum"], use.foreign) == ("SGD", 0.5, 0)


def test_losses_are_kept_and_named(seen: Evidence) -> None:
    run = run_of(seen, "net0")
    assert [step for step, _ in run.losses] == list(range(2 * STEPS))
    assert all(0 < value < 20 for _, value in run.losses)
    (use,) = run.losses_used
    assert (use.kind, use.received, use.attached, use.calls) == ("cross_entropy", "logits", True, 2 * STEPS)
    assert [use.received for use in run_of(seen, "net2").losses_used] == ["probabilities"]


def test_gradients_that_are_kept_are_seen(seen: Evidence) -> None:
    assert (run_of(seen, "net0").zeroed, run_of(seen, "net0").not_zeroed) == (2 * STEPS - 1, 0)
    assert (run_of(seen, "net1").zeroed, run_of(seen, "net1").not_zeroed) == (0, 2 * STEPS - 1)


def test_steps_by_hand_are_counted_and_layers_left_out_are_seen(seen: Evidence) -> None:
    run = run_of(seen, "net2")
    assert (run.steps, run.optimizers) == (STEPS, ())
    changed = {parameter.name: parameter.changed for parameter in seen.networks[2].parameters}
    assert [name for name, moved in changed.items() if moved] == ["fc.weight", "fc.bias"]
    assert all(parameter.changed for parameter in seen.networks[0].parameters)


def test_steps_of_a_network_that_is_frozen_as_a_whole_are_its_own(seen: Evidence) -> None:
    run = run_of(seen, "net4")
    assert (run.steps, run.backwards, run.epochs) == (STEPS, STEPS, 1)
    assert run_of(seen, "net3").steps == 2 * STEPS
    assert not any(parameter.changed for parameter in seen.networks[4].parameters)


def test_phases_say_what_fed_the_network_and_how(seen: Evidence) -> None:
    phases = [phase for phase in seen.phases if phase.network == "net0"]
    assert [(p.kind, p.split, p.training_mode, p.gradients, p.samples) for p in phases] == [
        ("train", "train", True, True, STEPS * BATCH),
        ("train", "train", True, True, STEPS * BATCH),
        ("eval", "test", False, False, STEPS * BATCH),
    ]
    assert phases[2].confusion is not None
    assert sum(map(sum, phases[2].confusion)) == STEPS * BATCH
    assert phases[2].output == "logits"


def test_the_kept_images_are_those_at_their_positions(folder: Path, seen: Evidence) -> None:
    sample = load_file(folder / f"{seen.phases[0].sample}.safetensors")
    assert len(sample["images"]) == len(sample["labels"]) == len(sample["indices"]) == BATCH
    assert torch.equal(sample["labels"], sample["indices"] % 10)


def test_the_written_network_replays_the_trained_one(folder: Path) -> None:
    graph, images = graph_at(folder / "net0.eval.json"), torch.rand(BATCH, 3, 8, 8)
    assert graph is not None
    replayed = Program(graph, load_file(folder / "net0.safetensors"))
    net = Net()
    net.load_state_dict(load_file(folder / "watched.safetensors"))
    with torch.no_grad():
        assert torch.equal(replayed(images), net.eval()(images))


def test_the_loader_is_asked_and_what_the_loop_adds_is_kept(folder: Path, seen: Evidence) -> None:
    passes = [p for p in seen.phases if p.network == "net3"]
    assert [p.as_loaded for p in passes] == [True, False]
    tensors = load_file(folder / f"{passes[0].pipeline}.safetensors")
    assert tensors["coded"].shape[1:] == (3, 8, 8)
    stream = load_file(folder / "net3.stream.safetensors")
    assert len(stream["images"]) == len(stream["indices"]) == OF_A_STEP * STEPS
    assert stream["steps"].tolist() == [step for step in range(STEPS) for _ in range(OF_A_STEP)]
    assert set(stream["indices"].tolist()) <= set(range(STEPS * BATCH))


def test_a_scheduler_is_linked_to_the_network_it_drives(seen: Evidence) -> None:
    assert {(s.kind, s.steps, s.network) for s in seen.schedulers} == {
        ("ExponentialLR", 2, "net0"),
        ("ExponentialLR", 2, "net1"),
    }
