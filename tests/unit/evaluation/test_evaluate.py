"""One submission's evidence, however it was written: what is right is measured, what is forged is a reason."""

import json
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from grader.evaluation.course import Course
from grader.evaluation.evaluate import chosen, evaluate, reference_graph
from grader.evaluation.prepared import with_asked
from grader.evaluation.samples import identify
from grader.probe.graphs import graph_of
from grader.schema.evaluation import Evaluation, Treatment, Window
from grader.schema.evidence import Evidence, Phase
from reference.cifar_net import CifarNet
from tests.unit.evaluation.test_samples import GALLERIES, tensors
from tests.unit.judging.networks import TRAINING_PASS, a_phase, a_run, seen

REFERENCE = "reference.cifar_net:CifarNet"
PHASE = a_phase(sample="phase0")
CENTRE = Window(down=0, right=0, flipped=False)


NETWORK = CifarNet().eval()


@lru_cache
def graph_of_reference() -> dict[str, Any]:
    with torch.no_grad():
        return graph_of(NETWORK, torch.zeros(8, 3, 32, 32), "eval")[0]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Course images, and the evidence of the reference on eight test images."""
    for split, gallery in GALLERIES.items():
        for folder in (tmp_path / "visible", tmp_path / "held_out"):
            folder.mkdir(exist_ok=True)
        np.save(tmp_path / f"visible/{split}_images.npy", gallery.images)
        np.save(tmp_path / f"visible/{split}_labels.npy", gallery.labels)
    np.save(tmp_path / "held_out/images.npy", GALLERIES["test"].images)
    np.save(tmp_path / "held_out/labels.npy", GALLERIES["test"].labels)
    (tmp_path / "1").mkdir()
    (tmp_path / "1/net0.eval.json").write_text(json.dumps(graph_of_reference()))
    save_file(NETWORK.state_dict(), tmp_path / "1/net0.safetensors")
    write_sample(tmp_path, images=torch.from_numpy(tensors(range(8), "test")))
    write_evidence(tmp_path)
    return tmp_path


def write_sample(home: Path, **parts: torch.Tensor) -> None:
    save_file({name: tensor.contiguous() for name, tensor in parts.items()}, home / "1/phase0.safetensors")


def write_evidence(home: Path, **network: Any) -> None:
    net = seen(NETWORK, 32).model_copy(update=network)
    evidence = Evidence(networks=(net,), phases=(PHASE,), runs=(a_run(),))
    (home / "1/evidence.json").write_text(evidence.model_dump_json())


def change_graph(home: Path, **fields: Any) -> None:
    """Overwrite fields of the graph's first input node for the images."""
    graph = json.loads((home / "1/net0.eval.json").read_text())
    for node in graph["nodes"]:
        if node.get("source") == ["USER_INPUT", None]:
            node.update(fields)
    (home / "1/net0.eval.json").write_text(json.dumps(graph))


def evaluated(home: Path) -> Evaluation:
    return evaluate(home, ("1",), "key", course(home))


def course(home: Path, **changes: Any) -> Course:
    given = Course(home / "visible", home / "held_out", "images", 50, 10, REFERENCE)
    return replace(given, **changes)


def reason(home: Path) -> str:
    found = evaluated(home)
    assert found.faults == ()
    assert found.networks["1/net0"].measured is None
    return found.networks["1/net0"].not_measured


def test_a_network_is_measured_on_held_out_images(home: Path) -> None:
    found = evaluated(home)
    facts = found.networks["1/net0"].measured
    assert facts is not None
    assert facts.images == 50
    assert found.samples["1/phase0"].split == "test"
    assert list(found.reference) == ["3x32x32"]
    assert Evaluation.model_validate_json(found.model_dump_json()) == found


def test_a_network_near_to_chance_is_asked_again_as_it_was_trained(home: Path) -> None:
    """Statistics of the batch, by which it is always right, instead of running ones, by which it always says the same."""
    gallery = GALLERIES["test"]
    batch = torch.from_numpy(tensors(range(50), "test"))
    network = nn.Sequential(nn.BatchNorm2d(3, affine=False), nn.Flatten(), nn.Linear(batch[0].numel(), 10))
    norm, linear = network[0], network[2]
    assert isinstance(norm, nn.BatchNorm2d)
    assert isinstance(linear, nn.Linear)
    wanted = torch.eye(10)[torch.from_numpy(gallery.labels[:50]).long()]
    with torch.no_grad():
        fitted = torch.linalg.lstsq(norm(batch).flatten(1).double(), wanted.double()).solution
        linear.weight.copy_(fitted.T)
        linear.bias.zero_()
        norm.running_mean = torch.full((3,), 1e6)
        for mode in ("train", "eval"):
            graph, _ = graph_of(network.train(mode == "train"), batch, mode)
            (home / f"1/net0.{mode}.json").write_text(json.dumps(graph))
    save_file(network.state_dict(), home / "1/net0.safetensors")
    write_evidence(home)
    facts = evaluated(home).networks["1/net0"].measured
    assert facts is not None
    assert facts.accuracy < 0.22
    assert facts.as_trained == 1.0


@pytest.mark.parametrize(
    "extra",
    [
        {"labels": torch.zeros(3, dtype=torch.int64)},
        {"labels": torch.full((8,), float("nan"))},
        {"labels": torch.zeros(8, 10, dtype=torch.int64)},
        {"labels": torch.zeros(8, dtype=torch.bfloat16)},
        {"indices": torch.zeros(2, dtype=torch.int64)},
        {"indices": torch.zeros(8, 2, dtype=torch.int64)},
        {"indices": torch.full((8,), -(2**62))},
        {"indices": torch.zeros(8)},
    ],
)
def test_forged_labels_and_positions_are_left_aside(home: Path, extra: dict[str, torch.Tensor]) -> None:
    write_sample(home, images=torch.from_numpy(tensors(range(8), "test")), **extra)
    found = evaluated(home)
    assert found.samples["1/phase0"].identified == 8
    assert found.networks["1/net0"].measured is not None


@pytest.mark.parametrize(
    "images",
    [
        torch.zeros(0, 3, 32, 32),
        torch.zeros(17, 3, 32, 32),
        torch.zeros(8, 32, 32),
        torch.zeros(8, 3, 1, 600),
        torch.zeros(8, 0, 32, 32),
        torch.full((8, 3, 32, 32), 3e38),
        torch.zeros(8, 3, 32, 32, dtype=torch.bool),
        torch.zeros(8, 3, 32, 32, dtype=torch.bfloat16),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_forged_images_only_hide_the_preprocessing(home: Path, images: torch.Tensor) -> None:
    write_sample(home, images=images)
    assert reason(home) == "the preprocessing of its images could not be identified"


def test_damaged_files_are_reasons_and_never_raise(home: Path) -> None:
    (home / "1/net0.safetensors").write_bytes(b"\xff" * 100)
    assert "the weights hold no" in reason(home)
    (home / "1/net0.eval.json").write_text("[" * 100_000)
    assert "its graph cannot be read" in reason(home)
    (home / "1/phase0.safetensors").write_bytes(b"")
    assert "preprocessing" in reason(home)
    (home / "1/evidence.json").write_text('{"networks": 1}')
    assert evaluated(home).faults == ("evidence of file 1 cannot be read: ValidationError",)


@pytest.mark.parametrize("shape", [[8, 3], [8, 3, 32], [8, 3, 28, 28], [8, 3, 32, 32, 1]])
def test_a_graph_for_other_images_is_a_reason(home: Path, shape: list[int]) -> None:
    change_graph(home, shape=shape)
    assert reason(home)


@pytest.mark.parametrize("shape", [(2, 10**9, 32, 32), (2, 3, 0, 32), (2, 3, 10**6, 10**6), (2, 3)])
def test_absurd_sizes_get_no_reference(home: Path, shape: tuple[int, ...]) -> None:
    write_evidence(home, input_shape=shape)
    assert evaluated(home).reference == {}


def test_the_reference_fits_whole_images_and_crops_only(tmp_path: Path) -> None:
    mine = course(tmp_path)
    assert reference_graph(mine, 3, 28, 28) is not None
    assert reference_graph(mine, 3, 40, 40) is None
    assert reference_graph(mine, 1, 32, 32) is None


def test_what_is_the_same_in_every_run_is_kept(tmp_path: Path) -> None:
    mine = course(tmp_path, cache=tmp_path / "cache")
    graph = reference_graph(mine, 3, 28, 28)
    (stored,) = (tmp_path / "cache" / "derived").iterdir()
    reference_graph.cache_clear()
    assert reference_graph(mine, 3, 28, 28) == graph
    stored.write_text('{"graph": null}')
    reference_graph.cache_clear()
    assert reference_graph(mine, 3, 28, 28) is None
    stored.write_text("half a fi")
    reference_graph.cache_clear()
    assert reference_graph(mine, 3, 28, 28) == graph
    reference_graph.cache_clear()


def test_every_network_gets_a_share_of_the_images_that_are_looked_at() -> None:
    phases = [
        TRAINING_PASS.model_copy(update={"network": f"net{n}", "sample": f"phase{n * 20 + i}"})
        for n in range(5)
        for i in range(20)
    ]
    found = chosen((a_phase(), *phases))
    assert len(found) == 24
    assert {phase.network for phase in found} == {f"net{n}" for n in range(5)}
    assert [p.sample for p in found[:5]] == [f"phase{n * 20}" for n in range(5)]


def shown(home: Path, images: np.ndarray, *phases: Phase) -> Evaluation:
    """The reference, trained on images cut at random and tested in these phases, which show `images`."""
    net, other = seen(NETWORK, 28), seen(NETWORK, 28).model_copy(update={"id": "net1"})
    cut = tensors(range(8))[:, :, :28, :28]
    cut[::2] = tensors(range(8))[::2, :, 4:, 4:]
    save_file({"images": torch.from_numpy(cut).contiguous()}, home / "1/phase0.safetensors")
    save_file({"images": torch.from_numpy(images).contiguous()}, home / "1/phase1.safetensors")
    with torch.no_grad():
        graph, _ = graph_of(NETWORK, torch.zeros(8, 3, 28, 28), "eval")
    (home / "1/net0.eval.json").write_text(json.dumps(graph))
    evidence = Evidence(networks=(net, other), phases=(TRAINING_PASS, *phases), runs=(a_run(),))
    (home / "1/evidence.json").write_text(evidence.model_dump_json())
    return evaluated(home)


def test_the_test_of_a_copy_tells_how_images_are_prepared(home: Path) -> None:
    centre = tensors(range(8), "test")[:, :, 2:30, 2:30]
    found = shown(home, centre, a_phase(network="net1", sample="phase1"))
    assert found.networks["1/net0"].measured is not None


def test_the_centre_stands_for_test_images_cut_at_random(home: Path) -> None:
    whole = tensors(range(8), "test")
    cut = np.stack([image[:, i % 5 : i % 5 + 28, 2:30] for i, image in enumerate(whole)])
    centre = shown(home, whole[:, :, 2:30, 2:30], a_phase(sample="phase1")).networks["1/net0"].measured
    found = shown(home, cut, a_phase(sample="phase1")).networks["1/net0"].measured
    assert found == centre is not None


def test_test_images_that_are_not_recognised_are_not_taken_for_training_images(home: Path) -> None:
    found = shown(home, np.zeros((8, 3, 28, 28), dtype=np.float32), a_phase(sample="phase1"))
    assert found.networks["1/net0"].measured is None


def test_a_network_that_was_never_tested_is_measured_as_it_was_trained(home: Path) -> None:
    assert shown(home, np.zeros((8, 3, 28, 28), dtype=np.float32)).networks["1/net0"].measured is not None


CROPPED = Treatment(asked=True, mean=(0.5,) * 3, std=(0.2,) * 3, size=(28, 28), windows=(CENTRE, CENTRE))


@pytest.mark.parametrize(
    ("how", "offset"),
    [
        (CROPPED, (2, 2)),
        (CROPPED.model_copy(update={"size": (32, 32)}), (0, 0)),
        (CROPPED.model_copy(update={"others": ("scaled",)}), None),
        (CROPPED.model_copy(update={"windows": (CENTRE, CENTRE.model_copy(update={"down": 1.0}))}), None),
        (CROPPED.model_copy(update={"windows": ()}), None),
        (CROPPED.model_copy(update={"mean": None}), None),
    ],
)
def test_of_a_single_image_the_loader_tells_how_it_was_prepared(
    how: Treatment, offset: tuple[int, int] | None
) -> None:
    single = identify(tensors([3], "test"), None, None, "test", GALLERIES)
    phase = a_phase(sample="phase1", pipeline="pipeline1", as_loaded=True)
    told = with_asked({"phase1": single}, [phase], {"pipeline1": how})["phase1"].preprocessing
    assert single.preprocessing is None
    assert (told.offset if told else None) == offset
    changed = phase.model_copy(update={"as_loaded": False})
    assert with_asked({"phase1": single}, [changed], {"pipeline1": how}) == {"phase1": single}


@pytest.mark.parametrize(
    ("step", "why"),
    [(0, "the kernel ended before its weights were written"), (30, "it is too large to be carried out")],
)
def test_weights_that_are_not_there_have_one_of_two_reasons(home: Path, step: int, why: str) -> None:
    write_evidence(home, weights_at_step=step)
    (home / "1/net0.safetensors").unlink()
    assert reason(home) == why
