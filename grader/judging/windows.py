"""Poolings written by hand: the largest value of the windows that a view makes of an image."""

from collections.abc import Mapping

from grader.judging.operations import argument, base_name
from grader.schema.graph import Node, references

VIEWS = frozenset("view reshape _unsafe_view unflatten contiguous clone".split())
MAXIMA = frozenset("amax max maximum fmax max_pool1d max_pool3d".split())  # perhaps part of a pooling by hand


def pooled_windows(node: Node, nodes: Mapping[str, Node]) -> tuple[int, int] | None:
    """Rows and columns of the windows of x.view(n, c, h, k, w, k).amax((3, 5)), x being (n, c, h k, w k)."""
    names = references(node.args)
    if base_name(node.op) != "amax" or not names or names[0] not in nodes:
        return None
    view = nodes[names[0]]
    shape, dims = view.shape or (), argument(node, 1, "dim", [])
    if len(shape) != 6 or not isinstance(dims, list | tuple) or argument(node, 2, "keepdim", False):
        return None
    image = image_behind(view, nodes)
    batch, channels, rows, high, columns, wide = shape
    if {d % 6 for d in dims if isinstance(d, int)} != {3, 5} or len(dims) != 2:
        return None
    return (high, wide) if image == (batch, channels, rows * high, columns * wide) else None


def image_behind(view: Node, nodes: Mapping[str, Node]) -> tuple[int, ...]:
    """Shape of what was cut into windows, of four dimensions; () if it was not by views alone."""
    for _ in range(4):
        names = references(view.args)
        if base_name(view.op) not in VIEWS or not names or names[0] not in nodes:
            return ()
        view = nodes[names[0]]
        if len(view.shape or ()) == 4:
            return view.shape or ()
    return ()
