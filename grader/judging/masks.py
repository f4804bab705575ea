"""A dropout written by hand, x * mask, told from where the mask comes from."""

from collections.abc import Container, Mapping

from grader.judging.operations import COPIES, RANDOM, argument, base_name, number
from grader.judging.units import Mask
from grader.schema.graph import Node, references

MOST_COPIES = 8  # of a mask or a constant, one after the other
MOST_CALLS = 20  # that make a mask
MASKING = frozenset("mul where masked_fill index_put".split())


def behind(name: str, nodes: Mapping[str, Node]) -> Node:
    """The node that made a value, seen through copies and casts."""
    node = nodes.get(name) or Node(name=name, op="")
    for _ in range(MOST_COPIES):
        names = references(node.args) if base_name(node.op) in COPIES else []
        if not names or names[0] not in nodes:
            break
        node = nodes[names[0]]
    return node


def random_mask(node: Node, nodes: Mapping[str, Node], data: Container[str]) -> Mask | None:
    """Of a call in MASKING of `data`, values that depend on the images, with a mask drawn at random."""
    mask = drawn(node, nodes, data)
    if mask is None or mask.p is None or not drops_where_true(node, data):
        return mask
    return Mask(1 - mask.p)


def drops_where_true(node: Node, data: Container[str]) -> bool:
    """The values where the mask is true are lost: masked_fill, x[mask] = 0, and where(mask, 0, x)."""
    name = base_name(node.op)
    if name == "where":
        return not any(one in data for one in references(argument(node, 1, "self")))
    return name in ("masked_fill", "index_put")


def drawn(node: Node, nodes: Mapping[str, Node], data: Container[str]) -> Mask | None:
    """Where the mask comes from, and its share of values that are not true."""
    others = [name for name in references(node.args) if name not in data]
    if base_name(node.op) == "mul" and any(of_a_batch(behind(name, nodes), node) for name in others):
        return Mask(None, elsewhere=True)
    todo, seen, p = others, set[str](), None
    while todo:
        one = nodes.get(todo.pop())
        if one is None or one.name in seen or len(seen) > MOST_CALLS:
            continue
        seen.add(one.name)
        name, limit = base_name(one.op), number(argument(one, 1, "other"))
        if name in ("gt", "ge"):
            p = limit
        elif name in ("lt", "le") and limit is not None:
            p = 1 - limit
        elif name == "bernoulli" and number(argument(one, 1, "p")) is not None:
            p = 1 - (number(argument(one, 1, "p")) or 0.0)
        elif name in ("full_like", "full"):
            p = 1 - (number(argument(one, 1, "fill_value")) or 0.0)
        if name in RANDOM:
            return Mask(p)
        todo += references(one.args)
    return None


def of_a_batch(held: Node, node: Node) -> bool:
    """A constant with a number for each image and feature: drawn for each batch outside of PyTorch, as with NumPy."""
    constant = held.op == "input" and held.source is not None and str(held.source[0]).startswith("CONSTANT")
    shape = tuple(node.shape or ())
    return constant and len(shape) > 1 and shape[0] > 1 and tuple(held.shape or ()) == shape
