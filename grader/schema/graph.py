"""A network as data: the list of ATen calls that torch.export wrote down. Read from the kernel, so bounded everywhere."""

from typing import Annotated, Any

from pydantic import Field

from grader.schema.base import Model

Name = Annotated[str, Field(max_length=300)]


class Node(Model):
    """One call, input or output. Arguments: {"n": node}, {"f": "1e-05"}, {"t": "torch.float32"}, or plain JSON."""

    name: Name
    op: Name  # input, output, aten.conv2d.default, _operator.getitem, ...
    shape: Annotated[tuple[Annotated[int, Field(ge=0, le=10**9)], ...], Field(max_length=8)] | None = None
    source: Annotated[tuple[Name | None, ...], Field(max_length=2)] | None = (
        None  # (PARAMETER, features.0.weight)
    )
    args: Any = ()
    kwargs: dict[Name, Any] = {}


class Graph(Model):
    """Nodes in the order of execution."""

    nodes: Annotated[tuple[Node, ...], Field(max_length=20_000)]

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of the images, batch included; () if the network takes none."""
        for node in self.nodes:
            if node.op == "input" and node.source and node.source[0] == "USER_INPUT":
                return node.shape or ()
        return ()


def references(value: Any) -> list[str]:
    """Names of the nodes that an argument refers to, in order."""
    if isinstance(value, dict):
        return [value["n"]] if isinstance(value.get("n"), str) else []
    if isinstance(value, list | tuple):
        return [name for item in value for name in references(item)]
    return []
