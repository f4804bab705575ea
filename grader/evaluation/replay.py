"""The trusted replay: a graph's calls, one by one, from a whitelist. No code of the student runs here.

A graph is hostile input. Before any number is computed it runs once on the `meta` device, where only shapes exist, so that
a graph that asks for terabytes is refused for free.
"""

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

import torch

from grader.schema.graph import Graph, Node, functional, in_place, references

LARGEST = 2**28  # elements of one intermediate value: 1 GiB of float32
TOTAL = 2**31  # elements of all intermediate values of one batch

ALLOWED = frozenset(
    """
    conv1d conv2d conv3d conv_transpose2d convolution linear addmm mm matmul bmm einsum tensordot inner t relu relu_ relu6
    leaky_relu leaky_relu_ elu elu_ gelu silu silu_ mish hardtanh hardtanh_ sigmoid sigmoid_ tanh tanh_
    softmax log_softmax _softmax _log_softmax max_pool1d max_pool2d max_pool2d_with_indices avg_pool1d
    avg_pool2d adaptive_avg_pool1d adaptive_avg_pool2d adaptive_max_pool2d batch_norm layer_norm group_norm
    instance_norm native_batch_norm _native_batch_norm_legit_no_training cudnn_batch_norm dropout dropout_
    feature_dropout alpha_dropout native_dropout view reshape _unsafe_view flatten unflatten permute
    transpose contiguous unsqueeze squeeze cat stack add add_ sub sub_ rsub mul mul_ div div_ pow sqrt rsqrt
    exp log log1p neg abs mean sum std var amax amin max maximum min minimum clamp clamp_ clamp_min
    clamp_min_ clamp_max threshold threshold_ clone detach detach_ alias pad constant_pad_nd
    reflection_pad2d replication_pad2d slice select narrow index_select expand expand_as repeat roll flip to
    _to_copy lift_fresh_copy zeros_like ones_like zeros ones full full_like scalar_tensor arange prelu selu
    selu_ celu softplus hardswish hardsigmoid log_sigmoid logsigmoid upsample_nearest2d upsample_bilinear2d
    interpolate chunk split split_with_sizes unbind sym_size where gt lt ge le eq ne masked_fill masked_fill_
    index logical_not
    argmax type_as pixel_shuffle pixel_unshuffle unfold channel_shuffle rms_norm square linalg_vector_norm
    normalize new_zeros new_ones new_full numpy_T mT adjoint swapaxes swapdims movedim moveaxis ravel view_as
    reshape_as clip clip_ fmax fmin sign reciprocal addcmul logsumexp bitwise_not rand rand_like
    bernoulli
    """.split()
)


def of_sizes(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], int]:
    """Arithmetic on sizes: whole numbers that stay small, so that no list is repeated and no number explodes."""

    def call(a: Any, b: Any) -> int:
        if type(a) is not int or type(b) is not int or max(abs(a), abs(b)) > LARGEST:
            raise NotReplayable("the graph computes with something else than sizes")
        return int(function(a, b))

    return call


def put(
    images: Any, where: Any, value: Any, *rest: Any, device: torch.device, **options: Any
) -> torch.Tensor:
    """x[mask] = number; other kinds of index have sizes that depend on values, which no shape can tell."""
    given = [images, *(where if isinstance(where, list) else []), value]
    tensors = [one for one in given if isinstance(one, torch.Tensor)]
    if rest or options or len(given) != 3 or len(tensors) != 3:
        raise NotReplayable("values are put at places that are not replayed")
    mask = tensors[1]
    if mask.dtype != torch.bool or mask.shape != images.shape or value.numel() != 1:
        raise NotReplayable("values are put at places that are not replayed")
    return torch.where(mask, value.to(images.dtype).reshape(()), images)


# Views in the student's memory, of the same values in any order of ours.
ANY_ORDER = {
    "aten.view.default": "aten.reshape.default",
    "aten._unsafe_view.default": "aten.reshape.default",
    "aten.view_as.default": "aten.reshape_as.default",
}
PUTS = frozenset({"aten.index_put.default", "aten.index_put_.default"})
PYTHON: dict[str, Callable[..., Any]] = {
    "_operator.getitem": operator.getitem,
    "_operator.mul": of_sizes(operator.mul),
    "_operator.add": of_sizes(operator.add),
    "_operator.sub": of_sizes(operator.sub),
    "_operator.floordiv": of_sizes(operator.floordiv),
}
IGNORED = frozenset(
    {"aten._assert_scalar.default", "aten._assert_tensor_metadata.default", "torch._C._set_grad_enabled"}
)
CONSTANTS = {
    f"torch.{name}": getattr(torch, name)
    for name in [
        "float16",
        "bfloat16",
        "float32",
        "float64",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "bool",
        "strided",
        "contiguous_format",
        "preserve_format",
        "channels_last",
    ]
}


class NotReplayable(Exception):
    """The graph cannot be replayed; the message says why, in words for an instructor."""


def function_of(op: str) -> Callable[..., Any]:
    """The whitelisted function behind a name, looked up, never evaluated."""
    if op in PYTHON:
        return PYTHON[op]
    if op in PUTS:
        return put
    parts = ANY_ORDER.get(op, op).split(".")
    if len(parts) == 3 and parts[0] == "aten" and parts[1] in ALLOWED:
        overload = getattr(getattr(torch.ops.aten, parts[1], None), parts[2], None)
        if isinstance(overload, torch._ops.OpOverload) and allowed(overload, in_place(op)):
            return called(overload, in_place(op))
    raise NotReplayable(f"the operation {op[:80]} is not on the list of operations that are replayed")


def allowed(overload: torch._ops.OpOverload, changes_first: bool) -> bool:
    """Nothing is written to but the first argument of a call in place: `out` variants write elsewhere."""
    written = [a.alias_info is not None and a.alias_info.is_write for a in overload._schema.arguments]
    return not any(written[1:]) and bool(written and written[0]) == changes_first


def called(overload: torch._ops.OpOverload, changes_first: bool) -> Callable[..., Any]:
    """The overload on our device; a call in place changes a copy (see `functional`), so no value changes unseen."""
    devices = {a.name for a in overload._schema.arguments if a.name == "device" and a.kwarg_only}

    def call(*args: Any, device: torch.device, **kwargs: Any) -> Any:
        if changes_first:
            if not args or not isinstance(args[0], torch.Tensor):
                raise NotReplayable("a call in place changes no tensor")
            args = (args[0].clone(), *args[1:])
        return overload(*args, **kwargs, **dict.fromkeys(devices, device))

    return call


class Program:
    """A checked graph with its weights, ready to be called on a batch of exactly `batch` images."""

    def __init__(self, graph: Graph, weights: Mapping[str, torch.Tensor]) -> None:
        if len(graph.input_shape) < 2 or not graph.input_shape[0]:
            raise NotReplayable("the graph takes no batch of images")
        if math.prod(graph.input_shape) > LARGEST:
            raise NotReplayable("the graph asks for more memory than a network of this lab can need")
        graph = functional(graph)
        self.graph = graph
        self.batch = graph.input_shape[0]
        self._steps = [(node, function_of(node.op)) for node in graph.nodes if self._is_call(node)]
        self._weights = {
            node.name: self._weight(node, weights) for node in graph.nodes if self._is_weight(node)
        }
        self._inputs = [node.name for node in graph.nodes if node.op == "input" and not self._is_weight(node)]
        self._dtype = self._dtype_of_images()
        self._scores = graph.scores
        if len(self._inputs) != 1 or self._scores is None:
            raise NotReplayable("the graph does not have one input and one output")
        self._done_with = self._last_uses()
        self._try_shapes()

    def _last_uses(self) -> list[list[str]]:
        """For each call, the values that none after it takes. They are let go: those of a large network fill gigabytes."""
        last: dict[str, int] = {}
        for number, (node, _) in enumerate(self._steps):
            for name in references([node.args, list(node.kwargs.values())]):
                last[name] = number
        done: list[list[str]] = [[] for _ in self._steps]
        for name, number in last.items():
            if name != self._scores:
                done[number].append(name)
        return done

    @staticmethod
    def _is_call(node: Node) -> bool:
        return node.op not in ("input", "output") and node.op not in IGNORED

    @staticmethod
    def _is_weight(node: Node) -> bool:
        return (
            node.op == "input"
            and bool(node.source)
            and node.source is not None
            and node.source[0] != "USER_INPUT"
        )

    @staticmethod
    def _weight(node: Node, weights: Mapping[str, torch.Tensor]) -> torch.Tensor:
        name = node.source[1] if node.source and len(node.source) > 1 else None
        if name is None or name not in weights:
            raise NotReplayable(f"the weights hold no {name!r}")
        tensor = weights[name]
        if tuple(tensor.shape) != node.shape:
            raise NotReplayable(f"{name!r} is {tuple(tensor.shape)}, the graph says {node.shape}")
        return tensor

    def _dtype_of_images(self) -> torch.dtype:
        """What the network was called with, where that is a kind of real number."""
        stated = next((node.dtype for node in self.graph.nodes if node.name in self._inputs), None)
        dtype = CONSTANTS.get(stated or "torch.float32")
        return dtype if isinstance(dtype, torch.dtype) and dtype.is_floating_point else torch.float32

    def _try_shapes(self) -> None:
        images = torch.empty(self.graph.input_shape, device="meta", dtype=self._dtype)
        self._run(images, {name: tensor.to("meta") for name, tensor in self._weights.items()}, "meta")

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """(batch, channels, rows, columns) float32 -> the first output, on the CPU, in the network's own precision.

        Memory keeps the order that it has."""
        if tuple(images.shape) != self.graph.input_shape:
            raise NotReplayable(f"images are {tuple(images.shape)}, the graph takes {self.graph.input_shape}")
        with torch.no_grad():
            return self._run(images.clone().to(self._dtype), self._weights, "cpu")

    def _run(self, images: torch.Tensor, weights: Mapping[str, torch.Tensor], device: str) -> torch.Tensor:
        values: dict[str, Any] = {**weights, self._inputs[0]: images}
        total = 0
        for (node, function), done in zip(self._steps, self._done_with, strict=True):
            try:
                arguments = decode(node.args, values, device)
                keywords = {k: decode(v, values, device) for k, v in node.kwargs.items()}
                if node.op not in PYTHON:
                    keywords["device"] = torch.device(device)
                result = function(*arguments, **keywords)
            except NotReplayable:
                raise
            except Exception as error:
                reason = str(error).strip().partition("\n")[0][:200]
                raise NotReplayable(f"{node.op} could not be replayed: {reason}") from error
            values[node.name] = result
            check_shape(node, result)
            for tensor in result if isinstance(result, tuple | list) else [result]:
                if isinstance(tensor, torch.Tensor):
                    total += tensor.numel()
                    if tensor.numel() > LARGEST or total > TOTAL:
                        raise NotReplayable(
                            "the graph asks for more memory than a network of this lab can need"
                        )
            for name in done:
                del values[name]
        output = values.get(self._scores or "")
        if not isinstance(output, torch.Tensor):
            raise NotReplayable("the graph returns no tensor")
        return output


def check_shape(node: Node, result: Any) -> None:
    """The judge reads layers from the shapes that the graph states; they must be true."""
    first = result[0] if isinstance(result, tuple | list) and result else result
    if node.shape is not None and isinstance(first, torch.Tensor) and tuple(first.shape) != node.shape:
        raise NotReplayable(f"{node.name} is {tuple(first.shape)}, the graph says {node.shape}")


def decode(value: Any, values: Mapping[str, Any], device: str) -> Any:
    """JSON back to arguments. Devices named in the graph are replaced by ours."""
    if isinstance(value, dict):
        if "n" in value:
            if value["n"] not in values:
                raise NotReplayable(f"the value {str(value['n'])[:60]!r} is used before it exists")
            return values[value["n"]]
        if "f" in value:
            return float(value["f"])
        name = str(value.get("t"))
        if name in CONSTANTS:
            return CONSTANTS[name]
        return torch.device(device)
    if isinstance(value, list | tuple):
        return [decode(item, values, device) for item in value]
    return value
