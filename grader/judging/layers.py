"""A graph of ATen calls, read as the layers a statement speaks of. Every style of code gives the same list.

A `Unit` is a convolution, a pooling, a linear layer, or any operation that is none of the harmless ones; an activation
belongs to the unit it follows. Equal spellings become equal here:

- ReLU before or after max-pooling (they commute), twice, or as clamp(min=0), threshold(0, 0), maximum(x, 0), x[x < 0] = 0,
  (x + |x|) / 2, hardtanh(0, inf)
- padding='same', F.pad or ZeroPad2d before a convolution, and numeric padding
- a convolution over the whole image, a linear layer, and a product with a matrix, as einsum or with the matrix first
- adaptive pooling to half the size, view(n, c, h, 2, w, 2).amax((3, 5)), and 2 x 2 pooling; pooling that changes nothing
- flatten, view, reshape, permute, squeeze
- dropout and batch normalisation are noted beside the units (they have tasks of their own)
- softmax and log-softmax at the end: noted as `head`
- arithmetic with constants and crops before the first layer: preprocessing
"""

import math
from typing import Any

from grader.judging.handmade import fold_norms
from grader.judging.masks import MASKING, behind, random_mask
from grader.judging.operations import (
    ACTIVATIONS,
    ARITHMETIC,
    COMPARISONS,
    DROPOUTS,
    FILLS,
    MAX_POOLS,
    MONOTONE,
    NORMS,
    PIXELS,
    POOLS,
    SHAPES,
    argument,
    base_name,
    elements,
    number,
    pair,
    takes_sizes_only,
)
from grader.judging.products import units_of_product
from grader.judging.rectified import fold_rectified
from grader.judging.units import Dropout, Network, Norm, Unit
from grader.judging.windows import pooled_windows
from grader.schema.graph import Graph, Node, functional, references


class Reader:
    """Walks the nodes that lead from the images to the output."""

    def __init__(self, graph: Graph) -> None:
        graph = fold_norms(fold_rectified(functional(graph)))
        nodes = graph.nodes
        self.nodes = {node.name: node for node in nodes}
        self.scores = graph.scores
        wanted = self._ancestors()
        self.order = [node for node in nodes if node.name in wanted and node.op not in ("input", "output")]
        self.weights: dict[str, dict[str, int]] = {}  # node -> the parameters it is a view of
        self.data: set[str] = set()  # nodes that depend on the images
        for node in nodes:
            if node.op == "input" and node.source:
                if node.source[0] == "USER_INPUT":
                    self.data.add(node.name)
                elif node.source[0] == "PARAMETER" and node.source[1]:
                    self.weights[node.name] = {node.source[1]: elements(node.shape)}
        self.units: list[Unit] = []
        self.unit_of: dict[str, Unit | None] = dict.fromkeys(self.data)
        self.pads: dict[str, tuple[int, int]] = {}
        self.chosen = ""  # the last choice among the images' values before the first layer
        self.head = ""
        self.dropouts = 0
        self.norms = 0
        self.norm_weights: dict[str, int] = {}
        self.dropout_layers: list[Dropout] = []
        self.masked: set[str] = set()  # products with a mask drawn at random
        self.norm_layers: list[Norm] = []
        self.used: set[str] = set()

    def _ancestors(self) -> set[str]:
        todo, found = [self.scores] if self.scores else [], set[str]()
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
            if takes_sizes_only(node):
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
            dropout_layers=self.dropout_layers,
            norm_layers=self.norm_layers,
            used=frozenset(self.used),
        )

    def _image(self) -> tuple[int, ...]:
        return next((self._shape(name) for name in self.nodes if name in self.data), ())

    def _shape(self, name: str) -> tuple[int, ...]:
        return tuple((self.nodes[name].shape or ())[1:])

    def _note(self, node: Node, data: list[str], held: dict[str, int]) -> None:
        name, source = base_name(node.op), data[0]
        before = self.unit_of.get(source)
        self.unit_of[node.name] = before
        if name in SHAPES or name in COMPARISONS:
            self._keep_padding(node, source)
            return
        if name in DROPOUTS:
            self.dropouts += 1
            p = number(argument(node, 1, "p"))
            active = bool(argument(node, 2, "train", argument(node, 2, "training", False)))
            self.dropout_layers.append(Dropout(name, self._weighted(), before, p, active))
            self._keep_padding(node, source)
            return
        if name in MASKING and (random := random_mask(node, self.nodes, self.data)):
            self.dropouts += 1
            self.masked.add(node.name)
            self.dropout_layers.append(
                Dropout("numbers" if random.elsewhere else "mask", self._weighted(), before, random.p, True)
            )
            return
        if self.head and not (name == "log" and self.head == "softmax"):
            self._activate(self.head, before, node)  # it was not the end
        head, self.head = self.head, ""
        padding, activation = self._zero_padding(node), self._activation(node, name)
        if padding is not None:
            extra = self.pads.get(source, (0, 0))
            self.pads[node.name] = (padding[0] + extra[0], padding[1] + extra[1])
            return
        if activation == "relu":
            self._keep_padding(node, source)
        elif not self.units and name in PIXELS and self._shape(source) != self._shape(node.name):
            pass  # a crop of padded images
        elif source in self.pads and name not in ("conv2d", "convolution"):
            self.units.append(Unit(kind="padding", shape=self._shape(source)))
        if name in NORMS:
            self.norms += 1
            self.norm_weights |= held
            self.norm_layers.append(self._norm(node, name, before))
            if before is not None:
                before.normalised = True
                self._pooled_by(before).normalised = True
        elif name.lstrip("_") in ("softmax", "log_softmax"):
            self.head = name.lstrip("_")
        elif name == "log" and head == "softmax":
            self.head = "log_softmax"
        elif activation:
            self._activate(activation, before, node)
        elif not self._changes_nothing(node, name, data, held):
            self._add_or_bias(node, name, data, held)

    def _weighted(self) -> Unit | None:
        return next((unit for unit in reversed(self.units) if unit.weights), None)

    def _norm(self, node: Node, name: str, before: Unit | None) -> Norm:
        legacy = name == "_native_batch_norm_legit_no_training"
        mean, weight = references(argument(node, 3, "running_mean")), references(argument(node, 1, "weight"))
        return Norm(
            kind=name,
            unit=before,
            activated=before is not None and bool(before.activation),
            dimensions=len(node.shape or ()),
            batch_statistics=not legacy and bool(argument(node, 5, "training", False)),
            running=bool(mean),
            name=next(iter(mean + weight), ""),
        )

    def _keep_padding(self, node: Node, source: str) -> None:
        if source in self.pads:
            self.pads[node.name] = self.pads[source]

    def _changes_nothing(self, node: Node, name: str, data: list[str], held: dict[str, int]) -> bool:
        """Preprocessing before the first layer, times a share (as a dropout does in evaluation), divided by one after a
        mask, plus 0."""
        if not held and not self.units and name in PIXELS:
            self.chosen = name
            return argument(node, 4, "step", 1) == 1 or name != "slice"
        if held or len(data) > 1:
            return False
        other = number(argument(node, 1, "other"))
        share = other and (other if name == "mul" else 1 / other)
        most = float("inf") if data[0] in self.masked else 1.0
        scaled = name in ("mul", "div") and bool(share) and 0 < float(share or 0) <= most
        return scaled or (name in ("add", "sub") and other == 0) or (name in ARITHMETIC and not self.units)

    def _add_or_bias(self, node: Node, name: str, data: list[str], held: dict[str, int]) -> None:
        """x @ W + b is one linear layer; everything else is a unit."""
        unit = self.unit_of.get(data[0])
        bare = (
            unit is not None
            and unit.kind == "linear"
            and not (unit.bias or unit.activation or unit.normalised)
        )
        if unit is not None and bare and held and name == "add" and len(data) == 1:
            unit.weights |= held
            unit.bias = True
        else:
            self._add(node, name, data, held)

    def _zero_padding(self, node: Node) -> tuple[int, int] | None:
        """(rows, columns) of zeros on each side; None if it is something else."""
        name = base_name(node.op)
        if name not in ("pad", "constant_pad_nd"):
            return None
        widths = argument(node, 1, "pad", [])
        value = argument(node, 3, "value") if name == "pad" else argument(node, 2, "value", 0)
        mode = argument(node, 2, "mode", "constant") if name == "pad" else "constant"
        if mode != "constant" or (value is not None and number(value) != 0):
            return None
        if not isinstance(widths, list | tuple) or not all(isinstance(n, int) for n in widths):
            return None
        if len(widths) == 4 and widths[0] == widths[1] and widths[2] == widths[3] and min(widths) >= 0:
            return widths[2], widths[0]
        return None

    def _activation(self, node: Node, name: str) -> str:
        if name in ("clamp", "clamp_min", "clip"):
            low, high = argument(node, 1, "min"), argument(node, 2, "max")
            unbounded = high is None or number(high) == math.inf
            return "relu" if low is not None and self._is_zero(low) and unbounded else ""
        if name == "hardtanh":
            low, high = number(argument(node, 1, "min_val", -1)), number(argument(node, 2, "max_val", 1))
            return "relu" if (low, high) == (0, math.inf) else "relu6" if (low, high) == (0, 6) else name
        if name == "threshold":
            limit, value = number(argument(node, 1, "threshold")), number(argument(node, 2, "value"))
            return "relu" if limit == 0 and value == 0 else ""
        if name in (*FILLS, "where", "mul"):
            return "relu" if self._keeps_positive(node, name) else ""
        if name in ("maximum", "max", "fmax"):
            both = [argument(node, 0, "self"), argument(node, 1, "other")]
            return "relu" if len(references(both)) == 2 and any(map(self._is_zero, both)) else ""
        if name == "leaky_relu":
            slope = number(argument(node, 1, "negative_slope", {"f": "0.01"}))
            return "relu" if slope == 0 else f"leaky_relu({slope:g})" if slope is not None else "leaky_relu"
        return name if name in ACTIVATIONS else ""

    def _keeps_positive(self, node: Node, name: str) -> bool:
        """x[x < 0] = 0, where(x > 0, x, 0), where(x < 0, 0, x) and x * (x > 0)."""
        names = references(node.args)
        mask = next((n for n in names if base_name(behind(n, self.nodes).op) in COMPARISONS), None)
        if mask is None or not self._is_zero(argument(behind(mask, self.nodes), 1, "other")):
            return False
        compared, test = references(behind(mask, self.nodes).args)[:1], base_name(behind(mask, self.nodes).op)
        if name in FILLS:
            added = name == "index_put" and bool(argument(node, 3, "accumulate"))
            zero = self._is_zero(argument(node, 2, "value")) and not added
            return names[:2] == [*compared, mask] and test in ("lt", "le") and zero
        if name == "where":
            chosen, other = argument(node, 1, "self"), argument(node, 2, "other")
            if test in ("lt", "le"):
                chosen, other = other, chosen
            return names[:1] == [mask] and references(chosen) == compared and self._is_zero(other)
        return len(names) == 2 and set(names) == {mask, *compared} and test in ("gt", "ge")

    def _is_zero(self, value: Any) -> bool:
        """The number 0, or a tensor of zeros. A constant's value is not in the graph: one element is taken for 0."""
        names = references(value)
        if not names:
            return number(value) == 0
        node = behind(names[0], self.nodes)
        name = base_name(node.op)
        if node.op == "input":
            constant = node.source is not None and str(node.source[0]).startswith("CONSTANT")
            return constant and elements(node.shape) == 1
        places = {"full": 1, "full_like": 1, "new_full": 2, "scalar_tensor": 0}
        if name in places:
            return number(argument(node, places[name], "fill_value")) == 0
        return name in ("zeros", "zeros_like", "new_zeros")

    def _pooled_by(self, unit: Unit) -> Unit:
        """The convolution before a pooling, else the unit itself."""
        position = next((i for i, u in enumerate(self.units) if u is unit), 0)
        pooled = position > 0 and unit.kind in ("max_pool", "avg_pool")
        return self.units[position - 1] if pooled else unit

    def _activate(self, activation: str, before: Unit | None, node: Node) -> None:
        unit = before
        rising = activation in MONOTONE or activation.startswith("leaky_relu(0")
        if unit is not None and unit.kind == "max_pool" and rising:
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
        if self.chosen and not self.units and inputs[:1] != self._image()[:1]:
            self.units.append(
                Unit(kind=self.chosen, shape=inputs)
            )  # fewer or more channels than an image has
        unit = Unit(kind=name, shape=shape, inputs=inputs, weights=held)
        if name in ("conv2d", "convolution"):
            unit = self._convolution(node, source, unit)
        elif held and len(data) == 1 and (n := units_of_product(node, self.nodes[source], held)) is not None:
            unit.kind, unit.settings, unit.shape = (
                "linear",
                {"features": n},
                shape if shape[-1:] == (n,) else (n,),
            )
            unit.bias = len(held) > 1
        elif name in POOLS:
            pool = self._pooling(node, name, unit)
            if pool is None:
                return
            if before := self.unit_of.get(source):
                before.pooled()
            unit = pool
        elif windows := pooled_windows(node, self.nodes):
            unit.kind, unit.settings = "max_pool", {"kernel": windows, "stride": windows, "padding": (0, 0)}
            unit.inputs = (shape[0], shape[1] * windows[0], shape[2] * windows[1])
        elif name == "add" and len(data) > 1:
            unit.kind = "addition of two branches"
        self.units.append(unit)
        self.unit_of[node.name] = unit

    def _convolution(self, node: Node, source: str, unit: Unit) -> Unit:
        weight = next(iter(references(argument(node, 1, "weight"))), "")
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
        unit.kind = "conv"
        unit.settings = {
            "channels": dims[0] if dims else 0,
            "kernel": kernel,
            "stride": stride,
            "padding": padding,
            "dilation": dilation,
            "groups": groups,
        }
        if whole and unit.shape[1:] == (1, 1):
            unit.count_as_linear()
        return unit

    @staticmethod
    def _sides(unit: Unit) -> tuple[tuple[int, int], tuple[int, int]]:
        """Rows and columns that go in and come out; zeros where they are not known."""
        if len(unit.inputs) < 3 or len(unit.shape) < 3:
            return (0, 0), (0, 0)
        return (unit.inputs[1], unit.inputs[2]), (unit.shape[1], unit.shape[2])

    def _pooling(self, node: Node, name: str, unit: Unit) -> Unit | None:
        unit.kind = "max_pool" if name in MAX_POOLS else "avg_pool"
        if name.startswith("adaptive"):
            (rows, columns), (h, w) = self._sides(unit)
            if not h or not w or rows % h or columns % w:
                unit.kind = f"adaptive {unit.kind}"
                unit.settings = {"output": (h, w)}
                return unit
            kernel = stride = (rows // h, columns // w)
            padding = (0, 0)
        else:
            kernel = pair(argument(node, 1, "kernel_size"), 0)
            stride = pair(argument(node, 2, "stride"), 0)
            stride = kernel if stride == (0, 0) else stride
            padding = pair(argument(node, 3, "padding"), 0)
        if kernel == stride == (1, 1) and padding == (0, 0):
            return None  # changes nothing
        unit.settings = {"kernel": kernel, "stride": stride, "padding": padding}
        return unit


def read_layers(graph: Graph) -> Network:
    """The units of a graph, in the order of execution; only what leads to the output."""
    return Reader(graph).read()
