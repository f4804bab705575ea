"""A network as data: the list of ATen calls that torch.export wrote down. Read from the kernel, so bounded everywhere."""

import math
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from grader.schema.base import Model

Name = Annotated[str, Field(max_length=300)]
DEPTH = 6  # of lists in an argument; ATen's own go to 3


def plain(value: Any, depth: int = 0) -> Any:
    """An argument as the probe writes it; raises ValueError for anything else, so that readers need no care."""
    if depth > DEPTH:
        raise ValueError("an argument is nested too deeply")
    if isinstance(value, list | tuple):
        return [plain(item, depth + 1) for item in value]
    if isinstance(value, dict):
        if len(value) != 1 or not set(value) <= {"n", "f", "t"} or not all(map(is_short, value.values())):
            raise ValueError("an argument is neither a node, a number nor a constant")
    elif isinstance(value, int | float):
        if not math.isfinite(value) or abs(value) >= 2**63:
            raise ValueError("a number is out of bounds")
    elif value is not None and not is_short(value):
        raise ValueError("an argument is not what the probe writes")
    return value


def is_short(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 300


Argument = Annotated[Any, AfterValidator(plain)]


class Node(Model):
    """One call, input or output. Arguments: {"n": node}, {"f": "1e-05"}, {"t": "torch.float32"}, or plain JSON."""

    name: Name
    op: Name  # input, output, aten.conv2d.default, _operator.getitem, ...
    shape: Annotated[tuple[Annotated[int, Field(ge=0, le=10**9)], ...], Field(max_length=8)] | None = None
    source: Annotated[tuple[Name | None, ...], Field(max_length=2)] | None = (
        None  # (PARAMETER, features.0.weight)
    )
    dtype: Name | None = None  # of an input: torch.float32
    args: Argument = []
    kwargs: dict[Name, Argument] = {}


class Graph(Model):
    """Nodes in the order of execution, each with a name of its own."""

    nodes: Annotated[tuple[Node, ...], Field(max_length=20_000)]

    @model_validator(mode="after")
    def names_are_unique(self) -> "Graph":
        if len({node.name for node in self.nodes}) < len(self.nodes):
            raise ValueError("two nodes have the same name")
        return self

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of the images, batch included; () if the network takes none."""
        for node in self.nodes:
            if node.op == "input" and node.source and node.source[0] == "USER_INPUT":
                return node.shape or ()
        return ()

    @property
    def scores(self) -> str | None:
        """The output that counts: the first of (batch, classes) if there are several, else the first."""
        shapes = {node.name: node.shape for node in self.nodes}
        output = next((node for node in self.nodes if node.op == "output"), None)
        names = references(output.args) if output else []
        return next((name for name in names if len(shapes.get(name) or ()) == 2), names[0] if names else None)


def references(value: Any) -> list[str]:
    """Names of the nodes that an argument refers to, in order."""
    if isinstance(value, dict):
        return [value["n"]] if isinstance(value.get("n"), str) else []
    if isinstance(value, list | tuple):
        return [name for item in value for name in references(item)]
    return []


def in_place(op: str) -> bool:
    """aten.relu_.default and its like change their first argument."""
    parts = op.split(".")
    return len(parts) > 1 and parts[1].endswith("_")


def functional(graph: Graph) -> Graph:
    """`relu_(x)` changes x: whoever uses x afterwards uses the result. Judge and replay both read graphs this way."""
    root: dict[str, str] = {}  # result of a call in place -> the value that was changed
    latest: dict[str, str] = {}  # that value -> the last result

    def renamed(value: Any) -> Any:
        if isinstance(value, dict):
            name = value.get("n")
            return {"n": latest.get(root.get(name, name), name)} if isinstance(name, str) else value
        return [renamed(item) for item in value] if isinstance(value, list | tuple) else value

    nodes = []
    for node in graph.nodes:
        kwargs = {name: renamed(value) for name, value in node.kwargs.items()}
        nodes.append(node.model_copy(update={"args": renamed(node.args), "kwargs": kwargs}))
        changed = references(node.args)[:1] if in_place(node.op) else []
        for name in changed:
            root[node.name] = root.get(name, name)
            latest[root[node.name]] = node.name
    return graph.model_copy(update={"nodes": tuple(nodes)})
