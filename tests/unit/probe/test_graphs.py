"""Writing a network down changes nothing that its owner could see."""

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from grader.evaluation.replay import Program
from grader.probe.graphs import encode, graph_of, traced_graph_of, write_graph, write_tensors
from grader.probe.tensors import digest, kind_of_scores
from grader.schema.graph import Graph


class Chatty(nn.Module):
    """Prints, counts, logs its images and draws random numbers in forward."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)
        self.drop, self.fc = nn.Dropout(0.5), nn.Linear(144, 10)
        self.calls, self.seen = 0, list[int]()

    def forward(self, x: Tensor) -> Any:
        print("forward")
        self.calls += 1
        self.seen.append(len(x))
        random.random()
        np.random.rand()
        return self.fc(self.drop(self.norm(self.conv(x)).flatten(1)))


class Branching(Chatty):
    """Decides by a value: torch.export refuses it."""

    def forward(self, x: Tensor) -> Any:
        return super().forward(x) if x.sum() > -1 else x


class Uncopyable(Chatty):
    def __deepcopy__(self, memo: Any) -> Any:
        raise TypeError("cannot be copied")


IMAGES = torch.rand(2, 3, 8, 8)


def states() -> list[Any]:
    return [torch.get_rng_state().tolist(), str(np.random.get_state()), random.getstate()]


def visible(module: nn.Module) -> Any:
    """All that a student could look at."""
    flags = [(name, part.training) for name, part in module.named_modules()]
    tensors = {name: tensor.tolist() for name, tensor in module.state_dict().items()}
    gradients = [None if p.grad is None else p.grad.tolist() for p in module.parameters()]
    kept = {name: str(value) for name, value in vars(module).items() if not name.startswith("_")}
    return flags, tensors, gradients, [p.requires_grad for p in module.parameters()], kept


@pytest.mark.parametrize("mode", ["train", "eval"])
@pytest.mark.parametrize("kind", [Chatty, Branching])
def test_nothing_changes(
    kind: type[Chatty], mode: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    module = kind()
    module.norm.eval()  # a mixture of flags
    module(IMAGES).sum().backward()
    capsys.readouterr()
    before, random_before = visible(module), states()
    write_graph(module, IMAGES, mode, tmp_path / "net0.json")
    assert states() == random_before
    assert visible(module) == before
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("mode", ["train", "eval"])
def test_a_module_that_cannot_be_copied_keeps_its_flags(mode: str, tmp_path: Path) -> None:
    module = Uncopyable()
    module.norm.eval()
    before = [part.training for part in module.modules()]
    write_graph(module, IMAGES, mode, tmp_path / "net0.json")
    assert [part.training for part in module.modules()] == before


def test_train_mode_is_the_modules_own_and_eval_mode_is_eval(tmp_path: Path) -> None:
    module = Chatty()
    module.drop.eval()
    flags = {}
    for mode in ("train", "eval"):
        write_graph(module, IMAGES, mode, tmp_path / "net0.json")
        nodes = json.loads((tmp_path / "net0.json").read_text())["nodes"]
        flags[mode] = [node["args"][-1] for node in nodes if node["op"].startswith("aten.dropout")]
    assert flags == {"train": [False], "eval": [False]}


def test_hooks_of_the_student_are_not_called_and_stay(tmp_path: Path) -> None:
    module, called = Chatty(), []
    module.conv.register_forward_hook(lambda *_: called.append(1))
    write_graph(module, IMAGES, "train", tmp_path / "net0.json")
    assert called == []
    module(IMAGES)
    assert called == [1]


def test_a_forward_that_raises_raises_and_changes_nothing(tmp_path: Path) -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(5, 10))
    before = states()
    with pytest.raises(RuntimeError, match="dim"):
        write_graph(module, IMAGES, "eval", tmp_path / "net0.json")
    assert states() == before
    assert not (tmp_path / "net0.json").exists()


def test_gradients_stay_on_or_off_as_they_were(tmp_path: Path) -> None:
    for wanted in (True, False):
        with torch.set_grad_enabled(wanted):
            write_graph(Chatty(), IMAGES, "eval", tmp_path / "net0.json")
            assert torch.is_grad_enabled() is wanted


def test_what_export_refuses_is_traced_to_the_same_numbers() -> None:
    module = Branching().eval()
    with torch.no_grad(), pytest.raises(RuntimeError, match="data-dependent"):
        graph_of(module, IMAGES, "eval")
    with torch.no_grad():
        graph, constants = traced_graph_of(module, IMAGES, "eval")
        replayed = Program(Graph.model_validate(graph), {**module.state_dict(), **constants})
        assert torch.equal(replayed(IMAGES), module(IMAGES))


def test_weights_that_layers_share_have_the_name_of_the_first() -> None:
    shared = nn.BatchNorm2d(3)
    module = nn.Sequential(shared, nn.Conv2d(3, 3, 3, padding=1), shared, nn.Flatten(), nn.Linear(192, 10))
    for write in (graph_of, traced_graph_of):
        with torch.no_grad():
            graph, _ = write(module.eval(), IMAGES, "eval")
        sources = [node["source"][1] for node in graph["nodes"] if node["op"] == "input"]
        assert "0.weight" in sources
        assert "2.weight" not in sources


def test_arguments_are_written_as_json() -> None:
    written = encode([1, 0.1, None, True, (torch.float32, "same"), torch.device("cpu")])
    assert written == [1, {"f": "0.1"}, None, True, [{"t": "torch.float32"}, "same"], {"t": "cpu"}]
    with pytest.raises(TypeError, match="cannot be written down"):
        encode(object())


def test_tensors_are_written_whole_even_where_they_share_memory(tmp_path: Path) -> None:
    base = torch.arange(6.0)
    tensors = {"base": base, "view": base[::2], "same": base, "turned": base.view(2, 3).t()}
    write_tensors(tensors, tmp_path / "net0.safetensors")
    stored = load_file(tmp_path / "net0.safetensors")
    assert all(torch.equal(stored[name], tensor) for name, tensor in tensors.items())
    assert [path.name for path in tmp_path.iterdir()] == ["net0.safetensors"]


LOGITS = torch.randn(64, 10)


@pytest.mark.parametrize(
    ("scores", "kind"),
    [
        (LOGITS, "logits"),
        (LOGITS.relu(), "logits"),
        (LOGITS.softmax(1), "probabilities"),
        (LOGITS.half().softmax(1), "probabilities"),
        (LOGITS.log_softmax(1), "log_probabilities"),
        (LOGITS.sigmoid(), "logits"),
        (torch.full((4, 10), float("nan")), "logits"),
        (torch.zeros(4, 1), "other"),
        (torch.zeros(4, 10, dtype=torch.int64), "other"),
        (torch.zeros(4, 10, 2), "other"),
        (torch.tensor(1.0), "other"),
    ],
)
def test_scores_are_told_apart_by_what_a_row_sums_to(scores: Tensor, kind: str) -> None:
    assert kind_of_scores(scores) == kind


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_scores_are_told_under_any_default_dtype(dtype: torch.dtype) -> None:
    usual = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        kinds = [kind_of_scores(given) for given in (LOGITS, LOGITS.log_softmax(1), LOGITS.softmax(1))]
    finally:
        torch.set_default_dtype(usual)
    assert kinds == ["logits", "log_probabilities", "probabilities"]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.int64, torch.bool])
def test_a_digest_changes_with_any_element(dtype: torch.dtype) -> None:
    tensor = torch.zeros(5, 3).to(dtype)
    other = tensor.clone()
    other[4, 2] = 1
    assert digest(tensor) == digest(tensor.clone()) != digest(other)
    assert len(digest(torch.tensor(1.0))) == len(digest(torch.zeros(0))) == 16
