"""Published weights without a network, and stages of one module, in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from grader.execution.collect import read_evidence
from grader.probe.published import network_named, stand_in
from grader.probe.tensors import is_constant
from grader.schema.evidence import Evidence
from tests.unit.probe.transferred import FILE, ROWS, STEPS

ROOT = Path(__file__).parents[3]
STOOD_IN = "squeezenet1_1-b8a52dc0.pth"


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    evidence, weights = tmp_path_factory.mktemp("evidence"), tmp_path_factory.mktemp("weights")
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "tests.unit.probe.transferred",
        str(evidence),
        str(weights),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return read_evidence(evidence / "evidence.json")


def test_files_and_what_they_were(seen: Evidence) -> None:
    assert seen.probe_errors == ()
    assert {(use.file, use.kind) for use in seen.weights} == {
        (STOOD_IN, "standin"),
        (FILE, "course"),
        ("own.pth", "own"),
    }


def test_parameters_know_the_file_they_began_with(seen: Evidence) -> None:
    first = seen.networks[0]
    origins = {p.name: p.origin for p in first.parameters}
    assert origins["features.0.weight"] == origins["features.12.expand3x3.weight"] == STOOD_IN
    assert origins["classifier.1.weight"] is None


def test_the_head_and_then_everything_are_two_records_of_one_module(seen: Evidence) -> None:
    first, second = seen.networks
    assert (first.goes_on_from, second.goes_on_from) == (None, first.id)
    assert {p.name for p in first.parameters if p.changed} == {"classifier.1.weight", "classifier.1.bias"}
    assert {p.name for p in first.parameters if p.trainable} == {"classifier.1.weight", "classifier.1.bias"}
    assert all(p.changed for p in second.parameters if p.name.endswith("weight"))
    assert all(p.trainable for p in second.parameters)
    assert second.output_shape == (ROWS, 10)


def test_each_stage_has_a_run_of_its_own_and_large_batches_are_cut(seen: Evidence) -> None:
    assert [(run.network, run.epochs, run.batch_size) for run in seen.runs] == [
        ("net0", 1, ROWS),
        ("net1", 1, ROWS),
    ]
    assert [run.steps for run in seen.runs] == [STEPS, STEPS]
    assert any("batches were cut to" in remark for remark in seen.remarks)


@pytest.mark.parametrize(
    ("file", "network"),
    [
        ("resnet18-f37072fd.pth", "resnet18"),
        ("resnet18-5c106cde.pth", "resnet18"),  # of an older torchvision
        ("alexnet-owt-7be5be79.pth", "alexnet"),
        ("resnet50-11ad3fa6.pth", "resnet50"),
        ("mine.pth", None),
    ],
)
def test_published_files_have_networks(file: str, network: str | None) -> None:
    assert network_named(file) == network


def test_every_tensor_of_a_stand_in_tells_where_it_comes_from() -> None:
    state = stand_in("mobilenet_v3_small", "mobilenet_v3_small-047dcff4.pth")
    assert not [name for name, tensor in state.items() if is_constant(tensor)]
    assert all(float(t.min()) > 0 for name, t in state.items() if name.endswith("running_var"))
