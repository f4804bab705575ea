"""A graph of ATen calls, read as the layers a statement speaks of. Every style of code gives the same list.

A `Unit` is a convolution, a pooling, a linear layer, or any operation that is none of the harmless ones; an activation
belongs to the unit it follows. Equal spellings become equal here:

- ReLU before or after max-pooling (they commute), twice, or as clamp(min=0), threshold(0, 0), maximum(x, 0)
- padding='same', F.pad or ZeroPad2d before a convolution, and numeric padding
- a convolution over the whole image, and a linear layer
- adaptive pooling to half the size, and 2 x 2 pooling; pooling that changes nothing
- flatten, view, reshape, permute, squeeze: shapes only
- dropout and batch normalisation are noted beside the units (they have tasks of their own)
- softmax and log-softmax at the end: noted as `head`
- arithmetic with constants before the first layer: preprocessing
"""

from dataclasses import dataclass, field
from typing import Any

from grader.schema.graph import Graph, Node, references

SHAPES = frozenset(
    """
    view reshape _unsafe_view flatten unflatten squeeze unsqueeze permute transpose contiguous clone detach
    alias to _to_copy lift_fresh_copy type_as expand expand_as t movedim detach_ getitem
    """.split()
)
SIZES_ONLY = frozenset(
    "zeros_like ones_like full_like empty_like sym_size rand_like lt le gt ge eq ne".split()
)
DROPOUTS = frozenset(
    """
    dropout dropout_ feature_dropout alpha_dropout feature_alpha_dropout native_dropout
    """.split()
)
NORMS = frozenset(
    """
    batch_norm native_batch_norm _native_batch_norm_legit _native_batch_norm_legit_no_training
    cudnn_batch_norm
    """.split()
)
ACTIVATIONS = frozenset(
    """
    relu relu6 leaky_relu elu gelu silu mish sigmoid tanh softplus selu celu hardtanh hardswish hardsigmoid
    prelu rrelu logsigmoid log_sigmoid softsign
    """.split()
)
ARITHMETIC = frozenset(
    """
    add sub mul div rsub pow sqrt neg abs exp log rsqrt
    """.split()
)
MAX_POOLS = frozenset(
    """
    max_pool2d max_pool2d_with_indices adaptive_max_pool2d
    """.split()
)
POOLS = MAX_POOLS | {"avg_pool2d", "adaptive_avg_pool2d"}


@dataclass
class Unit:
    """One layer: its kind, its settings in the field's words, the shape it gives out (no batch), its weights."""

    kind: str  # conv, max_pool, avg_pool, linear, or an operation's name
    settings: dict[str, Any] = field(default_factory=dict)
    activation: str = ""
    shape: tuple[int, ...] = ()
    weights: dict[str, int] = field(default_factory=dict)  # parameter name -> elements
    inputs: tuple[int, ...] = ()  # shape that goes in, no batch
    normalised: bool = False
    bias: bool = True

    @property
    def parameters(self) -> int:
        return sum(self.weights.values())


@dataclass
class Network:
    """A graph as units in the order of execution."""

    units: list[Unit]
    head: str  # softmax, log_softmax or ""
    dropouts: int
    norms: int
    norm_weights: dict[str, int]
    used: frozenset[str]  # names of the parameters on the way to the output


def base_name(op: str) -> str:
    """aten.relu_.default -> relu; _operator.getitem -> getitem."""
    parts = op.split(".")
    return (parts[1] if len(parts) > 1 else op).rstrip("_") or op


def number(value: Any) -> float | None:
    if isinstance(value, dict) and "f" in value:
        try:
            return float(value["f"])
        except (TypeError, ValueError):
            return None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def pair(value: Any, default: int) -> tuple[int, int]:
    """An int, a list of one or two ints, or nothing, as two ints."""
    if isinstance(value, int):
        return value, value
    if isinstance(value, list | tuple) and value and all(isinstance(v, int) for v in value):
        return (value[0], value[0]) if len(value) == 1 else (value[0], value[1])
    return default, default


def argument(node: Node, position: int, name: str, default: Any = None) -> Any:
    args = node.args if isinstance(node.args, list | tuple) else ()
    if name in node.kwargs:
        return node.kwargs[name]
    return args[position] if len(args) > position else default


def in_place_resolved(graph: Graph) -> list[Node]:
    """`relu_(x)` changes x: whoever uses x afterwards uses the result."""
    latest: dict[str, str] = {}

    def renamed(value: Any) -> Any:
        if isinstance(value, dict):
            return {"n": latest.get(value["n"], value["n"])} if isinstance(value.get("n"), str) else value
        return [renamed(item) for item in value] if isinstance(value, list | tuple) else value

    nodes = []
    for node in graph.nodes:
        kwargs = {name: renamed(value) for name, value in node.kwargs.items()}
        nodes.append(node.model_copy(update={"args": renamed(node.args), "kwargs": kwargs}))
        parts = node.op.split(".")
        if len(parts) > 1 and parts[1].endswith("_") and references(node.args):
            latest[references(node.args)[0]] = node.name
    return nodes


class Reader:
    """Walks the nodes that lead from the images to the output."""

    def __init__(self, graph: Graph) -> None:
        nodes = in_place_resolved(graph)
        self.nodes = {node.name: node for node in nodes}
        self.output = next((node for node in nodes if node.op == "output"), None)
        wanted = self._ancestors()
        self.order = [node for node in nodes if node.name in wanted and node.op not in ("input", "output")]
        self.weights: dict[str, dict[str, int]] = {}  # node -> the parameters it is a view of
        self.data: set[str] = set()  # nodes that depend on the images
        for node in graph.nodes:
            if node.op == "input" and node.source:
                if node.source[0] == "USER_INPUT":
                    self.data.add(node.name)
                elif node.source[0] == "PARAMETER" and node.source[1]:
                    self.weights[node.name] = {node.source[1]: elements(node.shape)}
        self.units: list[Unit] = []
        self.unit_of: dict[str, Unit | None] = dict.fromkeys(self.data)
        self.pads: dict[str, tuple[int, int]] = {}
        self.head = ""
        self.dropouts = 0
        self.norms = 0
        self.norm_weights: dict[str, int] = {}
        self.used: set[str] = set()

    def _ancestors(self) -> set[str]:
        if self.output is None:
            return set()
        names = references(self.output.args)
        scores = [n for n in names if n in self.nodes and len(self.nodes[n].shape or ()) == 2]
        todo, found = (scores or names)[:1], set[str]()
        while todo:
            name = todo.pop()
            if name not in found and name in self.nodes:
                found.add(name)
                node = self.nodes[name]
                todo += references(node.args) + references(list(node.kwargs.values()))
        return found

    def read(self) -> Network:
        for node in self.order:
            inputs = references(node.args) + references(list(node.kwargs.values()))
            held: dict[str, int] = {}
            for name in inputs:
                held |= self.weights.get(name, {})
            if base_name(node.op) in SIZES_ONLY:
                continue
            if any(name in self.data for name in inputs):
                self.data.add(node.name)
                self.used |= set(held)
                self._note(node, [name for name in inputs if name in self.data], held)
            elif held:
                self.weights[node.name] = held  # a view of a parameter, such as its transpose
        return Network(
            units=self.units,
            head=self.head,
            dropouts=self.dropouts,
            norms=self.norms,
            norm_weights=self.norm_weights,
            used=frozenset(self.used),
        )

    def _shape(self, name: str) -> tuple[int, ...]:
        return tuple((self.nodes[name].shape or ())[1:])

    def _note(self, node: Node, data: list[str], held: dict[str, int]) -> None:
        name, source = base_name(node.op), data[0]
        before = self.unit_of.get(source)
        self.unit_of[node.name] = before
        self.head = "" if name not in SHAPES else self.head
        if name in SHAPES:
            if source in self.pads:
                self.pads[node.name] = self.pads[source]
        elif name in DROPOUTS:
            self.dropouts += 1
        elif name in NORMS:
            self.norms += 1
            self.norm_weights |= held
            if before is not None:
                before.normalised = True
        elif name in ("softmax", "log_softmax"):
            self.head = name.lstrip("_")
        elif name in ("_softmax", "_log_softmax"):
            self.head = name[1:]
        elif name in ("pad", "constant_pad_nd") and self._zero_padding(node) is not None:
            self.pads[node.name] = self._zero_padding(node) or (0, 0)
        elif activation := self._activation(node, name):
            self._activate(activation, before, node)
        elif name in ARITHMETIC and not held and not self.units and len(data) == 1:
            pass  # preprocessing
        elif (name == "mul" and self._is_one(node)) or (
            name in ("add", "sub") and len(data) == 1 and self._is_zero(node)
        ):
            pass
        elif (
            name == "add"
            and len(data) == 1
            and before is not None
            and before.kind == "linear"
            and not before.bias
        ):
            before.weights |= held  # x @ W + b
            before.bias = bool(held)
        else:
            self._add(node, name, data, held)

    def _is_one(self, node: Node) -> bool:
        return number(argument(node, 1, "other")) == 1

    def _is_zero(self, node: Node) -> bool:
        return number(argument(node, 1, "other")) == 0

    def _zero_padding(self, node: Node) -> tuple[int, int] | None:
        widths = argument(node, 1, "pad", [])
        value = argument(node, 3, "value") if base_name(node.op) == "pad" else argument(node, 2, "value", 0)
        mode = argument(node, 2, "mode", "constant") if base_name(node.op) == "pad" else "constant"
        if mode != "constant" or (number(value) or 0) != 0 or not isinstance(widths, list | tuple):
            return None
        if len(widths) == 4 and widths[0] == widths[1] and widths[2] == widths[3] and min(widths) >= 0:
            return widths[2], widths[0]
        return None

    def _activation(self, node: Node, name: str) -> str:
        if name in ("clamp", "clamp_min", "clip"):
            low, high = number(argument(node, 1, "min")), number(argument(node, 2, "max"))
            return "relu" if low == 0 and (name == "clamp_min" or high is None) else ""
        if name == "threshold":
            limit, value = number(argument(node, 1, "threshold")), number(argument(node, 2, "value"))
            return "relu" if limit == 0 and value == 0 else ""
        if name in ("masked_fill", "where", "mul"):
            return "relu" if self._keeps_positive(node, name) else ""
        if name in ("maximum", "max"):
            return "relu" if self._other_is_zeros(node) else ""
        if name == "leaky_relu":
            slope = number(argument(node, 1, "negative_slope", {"f": "0.01"}))
            return "relu" if slope == 0 else f"leaky_relu({slope:g})" if slope is not None else "leaky_relu"
        return name if name in ACTIVATIONS else ""

    def _keeps_positive(self, node: Node, name: str) -> bool:
        """x[x < 0] = 0, where(x > 0, x, 0) and x * (x > 0)."""
        names = references(node.args)
        tests = [
            n for n in names if n in self.nodes and base_name(self.nodes[n].op) in ("lt", "le", "gt", "ge")
        ]
        if len(tests) != 1 or number(argument(self.nodes[tests[0]], 1, "other")) != 0:
            return False
        compared, test = references(self.nodes[tests[0]].args)[:1], base_name(self.nodes[tests[0]].op)
        if name == "masked_fill":
            return names[:1] == compared and test in ("lt", "le") and number(argument(node, 2, "value")) == 0
        if name == "where":
            return names[1:2] == compared and test in ("gt", "ge") and not self.data & set(names[2:])
        return set(names) == {tests[0], *compared} and test in ("gt", "ge")

    def _other_is_zeros(self, node: Node) -> bool:
        makers = {base_name(self.nodes[n].op) for n in references(node.args) if n in self.nodes}
        return bool(makers & {"zeros_like", "zeros", "scalar_tensor", "lift_fresh_copy"})

    def _activate(self, activation: str, before: Unit | None, node: Node) -> None:
        unit = before
        if unit is not None and unit.kind == "max_pool" and activation == "relu":
            position = next((i for i, u in enumerate(self.units) if u is unit), 0)
            if position and self.units[position - 1].kind in ("conv", "linear"):
                unit = self.units[position - 1]
        if unit is None:
            self.units.append(Unit(kind=activation, shape=self._shape(node.name)))
            self.unit_of[node.name] = self.units[-1]
        elif not unit.activation:
            unit.activation = activation
        elif unit.activation != activation or activation != "relu":
            unit.activation += f", {activation}"

    def _add(self, node: Node, name: str, data: list[str], held: dict[str, int]) -> None:
        source = data[0]
        inputs, shape = self._shape(source), self._shape(node.name)
        unit = Unit(kind=name, shape=shape, inputs=inputs, weights=held)
        if name in ("conv2d", "convolution"):
            unit = self._convolution(node, source, unit)
        elif name in ("linear", "addmm", "matmul", "mm") and held and len(data) == 1:
            unit.kind = "linear"
            unit.settings = {"features": shape[-1] if shape else 0}
            unit.bias = len(held) > 1
        elif name in POOLS:
            pool = self._pooling(node, name, unit)
            if pool is None:
                return
            unit = pool
        elif name == "getitem":
            return
        elif name == "add" and len(data) > 1:
            unit.kind = "addition of two branches"
        self.units.append(unit)
        self.unit_of[node.name] = unit

    def _convolution(self, node: Node, source: str, unit: Unit) -> Unit:
        weight = next((n for n in references(argument(node, 1, "weight"))), "")
        dims = tuple(self.nodes[weight].shape or ()) if weight in self.nodes else ()
        kernel = (dims[2], dims[3]) if len(dims) == 4 else (0, 0)
        stride, dilation = pair(argument(node, 3, "stride"), 1), pair(argument(node, 5, "dilation"), 1)
        padding = argument(node, 4, "padding", 0)
        if padding == "same":
            padding = [dilation[i] * (kernel[i] - 1) // 2 for i in (0, 1)]
        padding = (0, 0) if padding == "valid" else pair(padding, 0)
        extra = self.pads.get(source, (0, 0))
        padding = (padding[0] + extra[0], padding[1] + extra[1])
        groups = argument(node, 8 if base_name(node.op) == "convolution" else 6, "groups", 1)
        unit.bias = len(unit.weights) > 1
        if source in self.pads and len(unit.inputs) == 3:
            unit.inputs = (unit.inputs[0], unit.inputs[1] - 2 * extra[0], unit.inputs[2] - 2 * extra[1])
        whole = len(unit.inputs) == 3 and unit.inputs[1:] == kernel and padding == (0, 0) and groups == 1
        if whole and unit.shape[1:] == (1, 1):
            unit.kind, unit.settings, unit.shape = "linear", {"features": unit.shape[0]}, unit.shape[:1]
            return unit
        unit.kind = "conv"
        unit.settings = {
            "channels": dims[0] if dims else 0,
            "kernel": kernel,
            "stride": stride,
            "padding": padding,
            "dilation": dilation,
            "groups": groups,
        }
        return unit

    def _pooling(self, node: Node, name: str, unit: Unit) -> Unit | None:
        if unit.shape == unit.inputs:
            return None  # changes nothing
        unit.kind = "max_pool" if name in MAX_POOLS else "avg_pool"
        if name.startswith("adaptive"):
            (rows, columns), (h, w) = unit.inputs[-2:], unit.shape[-2:]
            if not h or not w or rows % h or columns % w:
                unit.kind = f"adaptive {unit.kind}"
                unit.settings = {"output": (h, w)}
                return unit
            kernel = stride = (rows // h, columns // w)
            padding = (0, 0)
        else:
            kernel = pair(argument(node, 1, "kernel_size"), 0)
            stride = pair(argument(node, 2, "stride") or kernel, 0)
            padding = pair(argument(node, 3, "padding"), 0)
        unit.settings = {"kernel": kernel, "stride": stride, "padding": padding}
        return unit


def elements(shape: tuple[int, ...] | None) -> int:
    total = 1
    for size in shape or ():
        total *= size
    return total


def read_layers(graph: Graph) -> Network:
    """The units of a graph, in the order of execution; only what leads to the output."""
    return Reader(graph).read()
