"""What is seen of images after the budget, where a network repeats its answers."""

from pathlib import Path

import pytest
from safetensors.torch import load_file

from grader.execution.collect import read_evidence
from grader.schema.evidence import Evidence
from tests.unit.probe.apart import run_apart
from tests.unit.probe.spent_training import EPOCHS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_apart("spent_training", tmp_path_factory.mktemp("evidence"))


@pytest.fixture(scope="module")
def seen(folder: Path) -> Evidence:
    return read_evidence(folder / "evidence.json")


def test_the_loops_went_on_to_their_end(seen: Evidence) -> None:
    assert seen.probe_errors == ()
    assert [run.epochs for run in seen.runs if run.network == "net0"] == [EPOCHS]


def test_passes_that_begin_with_the_same_images_are_told(seen: Evidence) -> None:
    kept = [phase for phase in seen.phases if phase.sample and phase.kind == "train"]
    assert [(phase.network, phase.first_step) for phase in kept if phase.stored] == [
        ("net1", 0),
        ("net1", 10),
    ]


def test_images_are_kept_only_of_calls_that_went_through_the_network(folder: Path, seen: Evidence) -> None:
    kept = [phase for phase in seen.phases if phase.sample]
    assert {(p.network, p.kind) for p in kept} == {
        (n, k) for n in ("net0", "net1", "net2") for k in ("train", "eval")
    }
    assert any(phase.first_step > 10 for phase in kept)  # after the budget too
    for phase in kept:
        assert not phase.as_loaded  # the network crops
        tensors = load_file(folder / f"{phase.sample}.safetensors")
        assert tensors["entered"].shape[2:] == (6, 6)
