"""The replay computes what the module computes, and refuses everything else."""

import json
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from grader.evaluation.replay import NotReplayable, Program
from grader.probe.graphs import graph_of
from grader.schema.graph import Graph
from reference.cifar_net import CifarNet
from tests.unit.judging.networks import Calls, Small

IMAGES: dict[str, Any] = {"name": "x", "op": "input", "shape": [2, 3, 8, 8], "source": ["USER_INPUT", None]}
WEIGHT: dict[str, Any] = {"name": "w", "op": "input", "shape": [192, 10], "source": ["PARAMETER", "w"]}


def program(module: nn.Module, size: int = 8) -> Program:
    """Written down at the start, replayed with the weights of now."""
    with torch.no_grad():
        graph, constants = graph_of(module.eval(), torch.zeros(2, 3, size, size), "eval")
    for tensor in module.parameters():
        nn.init.normal_(tensor, std=0.3)
    stored = Graph.model_validate(json.loads(json.dumps(graph)))
    return Program(stored, {**module.state_dict(), **constants})


def call(name: str, op: str, *args: Any, shape: list[int] | None = None, **kwargs: Any) -> dict[str, Any]:
    return {"name": name, "op": op, "args": list(args), "kwargs": kwargs, "shape": shape}


def ref(name: str) -> dict[str, str]:
    return {"n": name}


def forged(*calls: dict[str, Any], output: str | None = None, **weights: Tensor) -> Program:
    """A program of these calls on images x and a weight w; the last one gives the scores."""
    last = {"name": "output", "op": "output", "args": [ref(output or calls[-1]["name"])]}
    graph = Graph.model_validate({"nodes": [IMAGES, WEIGHT, *calls, last]})
    return Program(graph, {"w": torch.ones(192, 10)} | weights)


def refusal(*calls: dict[str, Any], output: str | None = None, **weights: Tensor) -> str:
    with pytest.raises(NotReplayable) as refused:
        forged(*calls, output=output, **weights)
    return str(refused.value)


FLAT = call("flat", "aten.flatten.using_ints", ref("x"), 1)
SCORES = call("scores", "aten.mm.default", ref("flat"), ref("w"), shape=[2, 10])


class Gated(nn.Module):
    """Masks, constants, in-place calls, several outputs: what students write around the layers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, padding="same")
        self.norm = nn.BatchNorm2d(6)
        self.head = nn.Linear(6, 10)
        self.register_buffer("mean", torch.full((1, 3, 1, 1), 0.4), persistent=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = (x - self.mean) / torch.tensor([0.2, 0.3, 0.2]).view(1, 3, 1, 1)
        x = self.norm(self.conv(x))
        x[x < -1] = 0
        F.relu(x, inplace=True)
        x = torch.cat([x, x.roll(1, 2)], 2).mean((2, 3))
        x = F.dropout(x, 0.5, self.training)
        return torch.log_softmax(self.head(x), 1), x


def other_names(self: Any, x: Tensor) -> Tensor:
    """Aliases that export keeps."""
    x = torch.fmax(self.conv(x).clip_(-2), torch.zeros(1)).movedim(1, -1).swapaxes(1, 2)
    x = x.masked_fill(~(x > -1), 0).moveaxis(-1, 1).mT.reshape(len(x), -1)
    x[x < 0.1] = 0
    x = x @ self.weight.T
    return x - x.logsumexp(1, keepdim=True)


NETWORKS: dict[str, Any] = {
    "other names": lambda: Calls(
        other_names, conv=nn.Conv2d(3, 4, 3), weight=nn.Parameter(torch.rand(10, 144))
    ),
    "table": Small,
    "in place": lambda: Small(relu=nn.ReLU(inplace=True)),
    "batch norm and dropout": lambda: Small(norm1=nn.BatchNorm2d(4), last=nn.Dropout(0.5)),
    "gelu and group norm": lambda: Small(relu=nn.GELU(), norm1=nn.GroupNorm(2, 4)),
    "softmax": lambda: Small(last=nn.Softmax(1)),
    "sequential": lambda: nn.Sequential(
        nn.Conv2d(3, 4, 3, stride=2), nn.ELU(), nn.Flatten(), nn.LazyLinear(10)
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_replay_is_bit_equal_to_the_module_at_later_weights(name: str) -> None:
    module = NETWORKS[name]()
    module(torch.zeros(2, 3, 8, 8))
    replayed, images = program(module), torch.rand(2, 3, 8, 8)
    with torch.no_grad():
        assert torch.equal(replayed(images), module(images))


class Views(nn.Module):
    """What asks for the student's own order in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.head = nn.Linear(36, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(self.conv(x), 2)
        x = x.view(x.size(0), 2, -1).contiguous().view_as(torch.zeros(2, 4, 3, 3)).permute(0, 1, 3, 2)
        return torch.as_tensor(self.head(x.contiguous().view(len(x), -1)))


@pytest.mark.parametrize("name", [*NETWORKS, "gated", "views", "the lab's"])
def test_channels_innermost_in_memory_change_scores_by_rounding_only(name: str) -> None:
    others = {"gated": Gated, "views": Views, "the lab's": lambda: CifarNet(dropout=0.5, batch_norm=True)}
    module, size = (NETWORKS | others)[name](), 32 if name == "the lab's" else 8
    module(torch.zeros(2, 3, size, size))
    replayed, images = program(module, size), torch.rand(2, 3, size, size)
    innermost = images.contiguous(memory_format=torch.channels_last)
    rounding = (
        1600 * torch.finfo(torch.float32).eps
    )  # the longest sum of the lab's convolutions, in another order
    with torch.no_grad():
        expected = replayed(images)
        assert (replayed(innermost) - expected).abs().max() <= rounding * expected.abs().max()


def test_the_labs_network_is_replayed_bit_equal() -> None:
    module = CifarNet(dropout=0.5, batch_norm=True)
    replayed, images = program(module, 32), torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        assert torch.equal(replayed(images), module(images))


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16], ids=str)
def test_a_network_in_another_precision_is_replayed_in_it(dtype: torch.dtype) -> None:
    module = Small(norm1=nn.BatchNorm2d(4)).to(dtype).eval()
    with torch.no_grad():
        graph, constants = graph_of(module, torch.zeros(2, 3, 8, 8, dtype=dtype), "eval")
        replayed = Program(Graph.model_validate(graph), {**module.state_dict(), **constants})
        images = torch.rand(2, 3, 8, 8)
        assert torch.equal(replayed(images), module(images.to(dtype)))


def test_the_scores_are_chosen_among_outputs_and_constants_travel() -> None:
    module = Gated()
    module.state_dict()
    with torch.no_grad():
        graph, constants = graph_of(module.eval(), torch.zeros(2, 3, 8, 8), "eval")
    weights = {**module.state_dict(), **dict(module.named_buffers()), **constants}
    images = torch.rand(2, 3, 8, 8)
    with torch.no_grad():
        assert torch.equal(Program(Graph.model_validate(graph), weights)(images), module(images)[0])


def test_the_callers_images_stay_as_they_are() -> None:
    replayed, images = (
        program(Calls(lambda self, x: self.fc(x.relu_().flatten(1)), fc=nn.Linear(192, 10))),
        -torch.ones(2, 3, 8, 8),
    )
    replayed(images)
    assert images.max() == -1


@pytest.mark.parametrize(
    "op",
    [
        "aten.set_.source_Tensor",
        "aten.resize_.default",
        "aten.from_file.default",
        "aten.to_mkldnn.default",
        "aten.add.out",
        "aten.max.dim_max",
        "aten.min.names_dim_min",
        "aten.mean.names_out",
        "aten.relu",
        "aten.__class__.default",
        "aten.relu.__class__",
        "aten.relu.default.__call__",
        "prims.device_put.default",
        "quantized.linear.default",
        "_operator.setitem",
        "_operator.attrgetter",
        "_operator.pow",
        "posix.system",
        "os.system",
        "builtins.eval",
        "torch.load",
        "torch.ops.aten.relu.default",
        "",
    ],
)
def test_only_listed_operations_are_run(op: str) -> None:
    assert (
        refusal(call("bad", op, ref("x")))
        == f"the operation {op} is not on the list of operations that are replayed"
    )


def test_weights_must_be_there_and_of_the_stated_shape() -> None:
    assert forged(FLAT, SCORES).batch == 2
    assert refusal(FLAT, SCORES, w=torch.ones(10, 192)) == "'w' is (10, 192), the graph says (192, 10)"
    with pytest.raises(NotReplayable, match="the weights hold no 'w'"):
        Program(forged(FLAT, SCORES).graph, {})
    unstated = Graph.model_validate({"nodes": [IMAGES, WEIGHT | {"shape": None}, FLAT, SCORES]})
    with pytest.raises(NotReplayable, match="the graph says None"):
        Program(unstated, {"w": torch.ones(192, 10)})


def test_stated_shapes_must_be_true() -> None:
    assert "the graph says (2, 11)" in refusal(FLAT, SCORES | {"shape": [2, 11]})
    lie = call("pooled", "aten.max_pool2d.default", ref("x"), [2, 2], shape=[2, 3, 8, 8])
    assert "pooled is (2, 3, 4, 4)" in refusal(lie)


@pytest.mark.parametrize(
    "bomb",
    [
        call("b", "aten.zeros.default", [2**20, 2**20]),
        call("b", "aten.zeros.default", [2**15, 2**14], device={"t": "cpu"}),
        call("b", "aten.ones.default", [2**40]),
        call("b", "aten.arange.default", 2**40),
        call("b", "aten.full.default", [2**20, 2**20], 1),
        call("b", "aten.new_zeros.default", ref("x"), [2**30, 2**10]),
        call("b", "aten.repeat.default", ref("x"), [1, 1, 10**5, 10**5]),
        call("b", "aten.expand.default", ref("w"), [10**9, 192, 10]),
        call("b", "aten.constant_pad_nd.default", ref("x"), [10**6] * 4),
        call("b", "aten.upsample_nearest2d.default", ref("x"), [10**5, 10**5]),
    ],
)
def test_memory_bombs_are_refused_before_anything_is_allocated(bomb: dict[str, Any]) -> None:
    reason = refusal(bomb)
    assert "more memory" in reason or "could not be replayed" in reason


def test_many_small_values_are_a_bomb_too() -> None:
    calls = [call(f"b{i}", "aten.zeros.default", [2**27]) for i in range(17)]
    assert "more memory" in refusal(*calls)
    huge = Graph.model_validate({"nodes": [IMAGES | {"shape": [10**6, 3, 512, 512]}]})
    with pytest.raises(NotReplayable, match="more memory"):
        Program(huge, {})


def test_sizes_cannot_explode() -> None:
    doubled = [call(f"n{i + 1}", "_operator.mul", ref(f"n{i}"), ref(f"n{i}")) for i in range(40)]
    assert "something else than sizes" in refusal(call("n0", "_operator.add", 2, 2), *doubled)
    assert "something else than sizes" in refusal(call("n", "_operator.mul", [0], 10**10))
    assert "something else than sizes" in refusal(call("n", "_operator.mul", ref("x"), ref("x")))
    assert "could not be replayed" in refusal(call("n", "_operator.floordiv", 1, 0))


def test_values_must_exist_before_they_are_used() -> None:
    loop = [call("a", "aten.relu.default", ref("b")), call("b", "aten.relu.default", ref("a"))]
    assert "the value 'b' is used before it exists" in refusal(*loop)
    assert "'nowhere'" in refusal(call("a", "aten.relu.default", ref("nowhere")))
    assert refusal(FLAT, SCORES, output="nowhere") == "the graph returns no tensor"


def test_a_graph_has_one_input_and_names_of_its_own() -> None:
    second = IMAGES | {"name": "y"}
    with pytest.raises(NotReplayable, match="one input"):
        Program(Graph.model_validate({"nodes": [IMAGES, second]}), {})
    with pytest.raises(NotReplayable, match="no batch of images"):
        Program(Graph.model_validate({"nodes": [WEIGHT]}), {})
    with pytest.raises(ValueError, match="same name"):
        forged(FLAT, call("flat", "aten.relu.default", ref("x")))


def test_no_value_changes_unseen() -> None:
    """A call in place through a view would smuggle a second network past the judge, who goes by names."""
    view = call("view", "aten.view.default", ref("flat"), [-1])
    hidden = call("hidden", "aten.mul_.Tensor", ref("view"), 0)
    images = torch.rand(2, 3, 8, 8)
    expected = images.flatten(1) @ torch.ones(192, 10)
    assert torch.equal(forged(FLAT, view, hidden, SCORES)(images), expected)
    assert "changes no tensor" in refusal(call("none", "aten.relu_.default"))


def test_weights_are_the_same_for_every_batch() -> None:
    replayed = forged(FLAT, call("more", "aten.add_.Tensor", ref("w"), 1), SCORES)
    images = torch.rand(2, 3, 8, 8)
    assert torch.equal(replayed(images), replayed(images))


def test_a_mask_that_is_always_drawn_is_replayed() -> None:
    drops = Calls(
        lambda self, x: self.fc(x.flatten(1) * torch.bernoulli(torch.full((2, 192), 0.5))),
        fc=nn.Linear(192, 10),
    )
    replayed, images = program(drops), torch.rand(2, 3, 8, 8)
    assert not torch.equal(replayed(images), replayed(images))


def test_only_a_number_is_put_where_a_mask_says() -> None:
    mask = call("mask", "aten.gt.Scalar", ref("x"), 0, shape=[2, 3, 8, 8])
    put = call("put", "aten.index_put.default", ref("x"), [ref("mask")], ref("x"))
    at = call("at", "aten.index_put.default", ref("x"), [ref("w")], ref("x"))
    for calls in ([mask, put], [at]):
        assert "places that are not replayed" in refusal(*calls, FLAT, SCORES)


def test_only_a_batch_of_the_written_size_is_taken() -> None:
    with pytest.raises(NotReplayable, match="the graph takes"):
        forged(FLAT, SCORES)(torch.zeros(3, 3, 8, 8))


numbers = st.integers(-(2**40), 2**40) | st.sampled_from(
    [{"n": "x"}, {"n": "w"}, {"f": "nan"}, {"t": "torch.int64"}, None]
)
arguments = st.lists(numbers | st.lists(numbers, max_size=4), max_size=5)
listed = (
    "aten.zeros.default aten.add.Tensor aten.view.default aten.repeat.default _operator.mul _operator.getitem"
)


@given(
    st.sampled_from([*listed.split(), "aten.arange.start", "aten.pad.default", "aten.conv2d.default"]),
    arguments,
)
@settings(max_examples=200)
def test_any_arguments_are_replayed_or_refused(op: str, some: list[Any]) -> None:
    try:
        result = forged(call("odd", op, *some))
    except NotReplayable:
        return
    assert result.batch == 2
