"""Equal spellings give equal layers; what differs shows."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from grader.judging.layers import read_layers
from grader.schema.graph import Graph, Node
from tests.unit.judging.networks import Calls, Small, convolution_then, layers_of

RELUS: dict[str, Any] = {
    "functional": F.relu,
    "method": lambda x: x.relu(),
    "in place": nn.ReLU(inplace=True),
    "result dropped": lambda x: (F.relu(x, inplace=True), x)[1],
    "in place twice": lambda x: (x.relu_(), x.clamp_(min=0), x)[2],
    "in place on the result": lambda x: (x.mul_(1).relu_(), x)[1],
    "clamp": lambda x: x.clamp(min=0),
    "clamp_min": lambda x: torch.clamp_min(x, 0),
    "clamp by a tensor": lambda x: x.clamp(min=torch.zeros(1)),
    "threshold": lambda x: F.threshold(x, 0, 0),
    "where": lambda x: torch.where(x > 0, x, 0.0),
    "where zeros": lambda x: torch.where(x >= 0, x, torch.zeros_like(x)),
    "where constant": lambda x: torch.where(x > torch.zeros_like(x), x, torch.tensor(0.0)),
    "masked_fill": lambda x: x.masked_fill(x < 0, 0),
    "index": lambda x: (x.masked_fill_(x <= 0, 0.0), x)[1],
    "assigned": lambda x: (x.__setitem__(x < 0, 0), x)[1],
    "clip in place": lambda x: x.clip_(0),
    "where below": lambda x: torch.where(x < 0, 0.0, x),
    "where below zeros": lambda x: torch.where(x <= 0, torch.zeros_like(x), x),
    "fmax": lambda x: torch.fmax(x, torch.zeros_like(x)),
    "mask": lambda x: x * (x > 0),
    "mask first": lambda x: (x > 0).float() * x,
    "cast mask": lambda x: x * (x > 0).to(x.dtype),
    "maximum": lambda x: torch.maximum(x, torch.zeros_like(x)),
    "max of constant": lambda x: torch.max(x, torch.tensor(0.0)),
    "max of full": lambda x: torch.max(torch.full_like(x, 0.0), x),
    "leaky without slope": lambda x: F.leaky_relu(x, 0.0),
    "twice": lambda x: F.relu(F.relu(x)),
    "half of a sum": lambda x: (x + x.abs()) / 2,
    "half of a turned sum": lambda x: 0.5 * (torch.abs(x) + x),
    "hardtanh without a bound": nn.Hardtanh(0, float("inf")),
    "clamp without a bound": lambda x: x.clamp(0, float("inf")),
}
NOT_RELUS: dict[str, Any] = {
    "where ones": lambda x: torch.where(x > 0, x, torch.ones_like(x)),
    "where minus one": lambda x: torch.where(x > 0, x, -1.0),
    "where of another": lambda x: torch.where(x > 0, x, x * 2),
    "where turned": lambda x: torch.where(x < 0, x, 0.0),
    "where below turned": lambda x: torch.where(x < 0, x, 0.0),
    "assigned above": lambda x: (x.__setitem__(x > 0, 0), x)[1],
    "where of two": lambda x: torch.where(x < 0, torch.zeros_like(x), x * 2),
    "masked_fill above": lambda x: x.masked_fill(x > 0, 0),
    "masked_fill one": lambda x: x.masked_fill(x < 0, 1.0),
    "threshold one": lambda x: F.threshold(x, 1, 0),
    "clamp above": lambda x: x.clamp(min=0, max=6),
    "maximum of ones": lambda x: torch.maximum(x, torch.ones_like(x)),
    "maximum over rows": lambda x: torch.max(x, 1, keepdim=True)[0],
    "mask of one": lambda x: x * (x > 1),
    "whole sum": lambda x: x + x.abs(),
    "half of a difference": lambda x: (x - x.abs()) / 2,
    "half of a sum of others": lambda x: (x + (x + 1).abs()) / 2,
    "half of a weighted sum": lambda x: torch.add(x, x.abs(), alpha=3) / 2,
    "third of a sum": lambda x: (x + x.abs()) / 3,
    "two over a sum": lambda x: 2 / (x + x.abs() + 1),
    "hardtanh": F.hardtanh,
    "hardtanh to six": nn.Hardtanh(0, 6),
    "where times two": lambda x: torch.where(x > 0, x, 2 * x),
    "sigmoid": torch.sigmoid,
    "leaky": F.leaky_relu,
}


def kinds(module: nn.Module, **options: Any) -> list[str]:
    return [unit.kind for unit in layers_of(module, **options).units]


@pytest.mark.parametrize("spelling", RELUS)
def test_every_spelling_of_relu_is_relu(spelling: str) -> None:
    units = convolution_then(RELUS[spelling]).units
    assert [(unit.kind, unit.activation) for unit in units] == [("conv", "relu")]


@pytest.mark.parametrize("spelling", NOT_RELUS)
def test_what_is_not_relu_shows(spelling: str) -> None:
    units = convolution_then(NOT_RELUS[spelling]).units
    assert [(unit.kind, unit.activation) for unit in units] != [("conv", "relu")]


def test_relu_commutes_with_max_pooling_but_not_with_average_pooling() -> None:
    after = convolution_then(lambda x: F.relu(F.max_pool2d(x, 2))).units
    before = convolution_then(lambda x: F.max_pool2d(F.relu(x), 2)).units
    average = convolution_then(lambda x: F.relu(F.avg_pool2d(x, 2))).units
    assert [u.activation for u in after] == [u.activation for u in before] == ["relu", ""]
    assert [u.activation for u in average] == ["", "relu"]


PADDINGS: dict[str, Any] = {
    "same": lambda self, x: F.conv2d(x, self.conv.weight, self.conv.bias, padding="same"),
    "F.pad": lambda self, x: self.conv(F.pad(x, (2, 2, 2, 2))),
    "F.pad twice": lambda self, x: self.conv(F.pad(F.pad(x, (1, 1, 1, 1)), (1, 1, 1, 1))),
    "F.pad and padding": lambda self, x: F.conv2d(F.pad(x, [1] * 4), self.conv.weight, padding=1),
    "ZeroPad2d": lambda self, x: self.conv(nn.ZeroPad2d(2)(x)),
    "constant": lambda self, x: self.conv(F.pad(x, (2, 2, 2, 2), "constant", 0.0)),
    "relu and dropout between": lambda self, x: self.conv(F.dropout(F.relu(F.pad(x, [2] * 4)), 0.5, False)),
}


@pytest.mark.parametrize("spelling", PADDINGS)
def test_every_spelling_of_padding_is_padding_two(spelling: str) -> None:
    (unit,) = (
        u for u in layers_of(Calls(PADDINGS[spelling], conv=nn.Conv2d(3, 4, 5))).units if u.kind != "relu"
    )
    assert unit.settings["padding"] == (2, 2)
    assert unit.inputs == (3, 8, 8)


@pytest.mark.parametrize(
    "pad",
    [
        lambda x: F.pad(x, (1, 1, 1, 1), value=1.0),
        lambda x: F.pad(x, (2, 1, 2, 1)),
        lambda x: F.pad(x, (1, 1, 1, 1), mode="reflect"),
        lambda x: F.max_pool2d(F.pad(x, (1, 1, 1, 1)), 2),
        lambda x: F.pad(x, (1, 1, 1, 1)).flatten(1) @ torch.ones(400, 2),
    ],
)
def test_other_padding_is_a_layer_of_its_own(pad: Any) -> None:
    assert convolution_then(pad).units[1].kind in ("pad", "padding")


def test_a_convolution_over_the_whole_image_is_a_linear_layer() -> None:
    parts = nn.Conv2d(3, 7, 8), nn.ReLU(), nn.Conv2d(7, 10, 1), nn.Flatten()
    first, second = layers_of(nn.Sequential(*parts)).units
    assert (first.kind, first.settings, first.shape) == ("linear", {"features": 7}, (7,))
    assert (second.kind, second.settings, second.parameters) == ("linear", {"features": 10}, 80)


def test_a_convolution_over_the_whole_image_that_is_pooled_stays_one() -> None:
    pool = nn.MaxPool2d(2, ceil_mode=True)
    units = layers_of(
        nn.Sequential(nn.Conv2d(3, 7, 8), nn.ReLU(), pool, nn.Flatten(), nn.Linear(7, 10))
    ).units
    assert [(unit.kind, unit.shape) for unit in units[:2]] == [("conv", (7, 1, 1)), ("max_pool", (7, 1, 1))]
    assert units[0].settings["kernel"] == (8, 8)


def test_a_product_and_a_sum_are_one_linear_layer() -> None:
    weights = {"w": nn.Parameter(torch.zeros(192, 10)), "b": nn.Parameter(torch.zeros(10))}
    (unit,) = layers_of(Calls(lambda self, x: x.flatten(1) @ self.w + self.b, **weights)).units
    assert (unit.kind, unit.settings, unit.parameters, unit.bias) == ("linear", {"features": 10}, 1930, True)


@pytest.mark.parametrize(
    "product",
    [
        lambda x, w: torch.einsum("bi,oi->bo", x, w),
        lambda x, w: torch.einsum("oi, bi -> bo", w, x),
        lambda x, w: torch.tensordot(x, w, dims=([1], [1])),
        lambda x, w: torch.inner(x, w),
        lambda x, w: (w @ x.T).T,
        lambda x, w: (w @ x[:, :, None]).squeeze(-1),
    ],
)
def test_a_product_with_a_matrix_is_a_linear_layer_however_it_is_written(product: Any) -> None:
    weights = {"w": nn.Parameter(torch.rand(10, 192)), "b": nn.Parameter(torch.zeros(10))}
    (unit,) = layers_of(Calls(lambda self, x: product(x.flatten(1), self.w) + self.b, **weights)).units
    assert (unit.kind, unit.settings, unit.parameters, unit.bias) == ("linear", {"features": 10}, 1930, True)


@pytest.mark.parametrize("equation", ["bi,oj->bo", "bi,oi->bi", "bi,oi->o"])
def test_another_sum_of_products_is_no_linear_layer(equation: str) -> None:
    network = Calls(
        lambda self, x: torch.einsum(equation, x.flatten(1), self.w), w=nn.Parameter(torch.rand(10, 192))
    )
    assert kinds(network) == ["einsum"]


def test_a_sum_after_an_activation_or_of_a_number_is_no_bias() -> None:
    weights = {"w": nn.Parameter(torch.zeros(192, 10)), "b": nn.Parameter(torch.zeros(10))}
    late = Calls(lambda self, x: F.relu(x.flatten(1) @ self.w) + self.b, **weights)
    plain = Calls(lambda self, x: x.flatten(1) @ self.w + 3.0, **weights)
    assert kinds(late) == kinds(plain) == ["linear", "add"]


def test_adaptive_pooling_to_half_the_size_is_pooling_by_two() -> None:
    adaptive = convolution_then(nn.AdaptiveMaxPool2d(4)).units[1]
    plain = convolution_then(nn.MaxPool2d(2)).units[1]
    assert (adaptive.kind, adaptive.settings) == (plain.kind, plain.settings)
    assert convolution_then(nn.AdaptiveAvgPool2d(3)).units[1].kind == "adaptive avg_pool"


def test_pooling_that_changes_nothing_is_no_layer() -> None:
    assert len(convolution_then(nn.AdaptiveAvgPool2d(8)).units) == 1
    assert len(convolution_then(nn.MaxPool2d(1)).units) == 1
    assert len(convolution_then(nn.MaxPool2d(3, stride=1, padding=1)).units) == 2


def test_pooling_with_indices_is_pooling() -> None:
    units = convolution_then(lambda x: F.max_pool2d(x, 2, return_indices=True)[0]).units
    assert units[1].settings == {"kernel": (2, 2), "stride": (2, 2), "padding": (0, 0)}


@pytest.mark.parametrize(
    ("last", "head"),
    [
        (nn.Identity(), ""),
        (nn.Softmax(1), "softmax"),
        (nn.LogSoftmax(1), "log_softmax"),
        (lambda x: torch.log(F.softmax(x, 1)), "log_softmax"),
        (lambda x: F.softmax(x, 1).squeeze(), "softmax"),
    ],
)
def test_the_head_is_noted_and_is_no_layer(last: Any, head: str) -> None:
    network = layers_of(Small(last=last))
    assert (network.head, len(network.units)) == (head, 6)


def test_a_softmax_that_is_not_the_end_is_an_activation() -> None:
    assert convolution_then(lambda x: F.max_pool2d(x.softmax(1), 2)).units[0].activation == "softmax"
    assert (
        layers_of(Small(last=nn.Sequential(nn.Softmax(1), nn.Softmax(1)))).units[-1].activation == "softmax"
    )


def test_arithmetic_before_the_first_layer_is_preprocessing() -> None:
    module = Calls(lambda self, x: self.conv((x / 255 - self.mean) / 0.5), conv=nn.Conv2d(3, 4, 3))
    module.register_buffer("mean", torch.zeros(1, 3, 1, 1))
    assert kinds(module) == ["conv"]
    assert [unit.kind for unit in convolution_then(lambda x: x * 2).units] == ["conv", "mul"]
    assert [unit.kind for unit in convolution_then(lambda x: x * 1 + 0).units] == ["conv"]


CROPS: dict[str, Any] = {
    "slices": lambda x: x[..., 2:10, 2:10],
    "slices and arithmetic": lambda x: (x[:, :, 2:-2, 2:-2] - 0.4) / 0.2,
    "image by image": lambda x: torch.stack([one[:, 2:10, 2:10] for one in x]),
    "padded before": lambda x: F.pad(x, (2, 2, 2, 2))[..., 4:12, 4:12],
    "channel by channel": lambda x: torch.cat([(x[:, i : i + 1] - 0.4) / 0.2 for i in range(3)], 1),
    "mirrored": lambda x: x.flip(-1),
}


@pytest.mark.parametrize("crop", CROPS)
def test_a_crop_before_the_first_layer_is_preprocessing(crop: str) -> None:
    module = Calls(lambda self, x: self.conv(CROPS[crop](x)), conv=nn.Conv2d(3, 4, 3))
    (unit,) = layers_of(module, size=12).units
    assert (unit.kind, unit.settings["padding"]) == ("conv", (0, 0))


@pytest.mark.parametrize(
    ("choice", "channels"),
    [
        (lambda x: x[:, :1], 1),
        (lambda x: torch.cat([x, x.flip(-1)], 1), 6),
        (lambda x: x[..., ::2, ::2], 3),
    ],
)
def test_other_channels_and_left_out_pixels_are_a_layer(choice: Any, channels: int) -> None:
    module = Calls(lambda self, x: self.conv(choice(x)), conv=nn.Conv2d(channels, 4, 3))
    assert kinds(module)[-1] == "conv"
    assert len(kinds(module)) > 1


def test_a_crop_of_feature_maps_is_a_layer() -> None:
    assert [u.kind for u in convolution_then(lambda x: x[..., 1:]).units] == ["conv", "slice"]


def largest_of_windows(x: Tensor) -> Tensor:
    batch, channels, rows, columns = x.shape
    return x.reshape(batch, channels, rows // 2, 2, columns // 2, 2).amax((3, 5))


def test_the_largest_value_of_windows_is_max_pooling() -> None:
    by_hand, layer = convolution_then(largest_of_windows), convolution_then(lambda x: F.max_pool2d(x, 2))
    assert by_hand.units[1] == layer.units[1]
    turned = convolution_then(lambda x: largest_of_windows(x.transpose(2, 3)).mT).units
    assert turned[1].kind == "max_pool"
    assert convolution_then(lambda x: x.view(2, 4, 4, 2, 4, 2).amax((2, 4))).units[1].kind == "amax"
    assert convolution_then(lambda x: x.view(2, 2, 2, 4, 2, 8).amax((3, 5))).units[1].kind == "amax"


@pytest.mark.parametrize(
    "same",
    [
        lambda x: x.flatten(1).T.T,
        lambda x: x.movedim(1, -1),
        lambda x: torch.moveaxis(x, 1, -1),
        lambda x: x.swapaxes(1, 3),
        lambda x: x.mT,
    ],
)
def test_other_names_of_a_change_of_shape_are_no_layer(same: Any) -> None:
    assert [u.kind for u in convolution_then(same).units] == ["conv"]


def test_a_residual_is_a_layer() -> None:
    assert [u.kind for u in convolution_then(lambda x: x + x).units] == ["conv", "addition of two branches"]


def test_a_branch_through_a_comparison_is_not_overlooked() -> None:
    second = nn.Conv2d(3, 4, 3, padding=1)
    module = Calls(
        lambda self, x: self.conv(x) + self.second((x > 0.5).float()),
        conv=nn.Conv2d(3, 4, 3, padding=1),
        second=second,
    )
    assert kinds(module) == ["conv", "conv", "addition of two branches"]


def test_dropout_and_batch_norm_are_noted_beside_the_layers() -> None:
    network = layers_of(Small(norm1=nn.BatchNorm2d(4), last=nn.Dropout(0.5)), training=True)
    assert (network.dropouts, network.norms, len(network.units)) == (1, 1, 6)
    assert network.norm_weights == {"norm1.weight": 4, "norm1.bias": 4}
    assert network.units[0].normalised


def test_an_unused_layer_is_not_used() -> None:
    network = layers_of(Small(spare=nn.Linear(2, 2)))
    assert len(network.units) == 6
    assert "fc4.weight" in network.used
    assert not any(name.startswith("spare") for name in network.used)


def test_the_scores_are_read_among_several_outputs() -> None:
    module = Calls(
        lambda self, x: (self.conv(x), self.fc(x.flatten(1))), conv=nn.Conv2d(3, 4, 3), fc=nn.Linear(192, 10)
    )
    assert kinds(module) == ["linear"]


names = st.sampled_from([f"n{i}" for i in range(6)])
ops = st.sampled_from(
    """input output aten.conv2d.default aten.linear.default aten.adaptive_max_pool2d.default aten. aten.relu_.default
    aten.max_pool2d.default aten.add.Tensor aten.where.self aten.masked_fill_.Scalar aten.to.dtype aten.pad.default
    aten.batch_norm.default aten.clamp.default aten.lt.Scalar aten.softmax.int aten.maximum.default x""".split()
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.sampled_from(["same", "valid", "constant", ""])
    | st.builds(lambda name: {"n": name}, names)
    | st.sampled_from([{"f": "nan"}, {"f": "x"}, {"t": "torch.float32"}, {"f": "0.0"}]),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=5,
)
shapes = st.none() | st.lists(st.integers(0, 10**9), max_size=4).map(tuple)
sources = st.sampled_from(
    [None, (), ("USER_INPUT", None), ("PARAMETER", "w"), ("PARAMETER", None), ("CONSTANT",)]
)
nodes = st.builds(
    Node,
    name=names,
    op=ops,
    shape=shapes,
    source=sources,
    args=st.lists(values, max_size=5),
    kwargs=st.dictionaries(st.sampled_from(["other", "value", "pad"]), values, max_size=1),
)


@given(st.lists(nodes, max_size=6, unique_by=lambda node: node.name))
@settings(max_examples=150)
def test_no_graph_makes_the_judge_stumble(some: list[Node]) -> None:
    network = read_layers(Graph(nodes=tuple(some)))
    assert len(network.units) <= 2 * len(some)


def test_the_share_of_a_dropout_in_evaluation_is_no_layer() -> None:
    assert [unit.kind for unit in convolution_then(lambda x: x * 0.6).units] == ["conv"]
    assert [unit.kind for unit in convolution_then(lambda x: x / 1.25).units] == ["conv"]
    assert [unit.kind for unit in convolution_then(lambda x: x * -0.6).units] == ["conv", "mul"]
    assert [unit.kind for unit in convolution_then(lambda x: x / 0.5).units] == ["conv", "div"]
