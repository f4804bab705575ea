"""Products of what goes in with a weight: fully-connected layers, in whatever words."""

from collections.abc import Mapping

from grader.judging.operations import argument, base_name
from grader.schema.graph import Node, references

PLAIN = ("linear", "addmm", "matmul", "mm")
OTHERS = ("einsum", "tensordot", "inner")


def units_of_product(node: Node, source: Node, held: Mapping[str, int]) -> int | None:
    """How many units the layer has; None if the call is no product of `source` with the one matrix that is held."""
    name, shape, given = base_name(node.op), node.shape or (), source.shape or ()
    if name in PLAIN:
        weight_first = name in ("matmul", "mm") and source.name not in references(argument(node, 0, "self"))
        return shape[-2] if weight_first and len(shape) > 1 else shape[-1] if shape else 0
    if name not in OTHERS or len(given) != 2 or len(shape) != 2 or shape[0] != given[0]:
        return None
    if name == "einsum" and not sums_over_one_index(str(argument(node, 0, "equation"))):
        return None
    return shape[1] if sum(held.values()) == given[1] * shape[1] else None


def sums_over_one_index(equation: str) -> bool:
    """bi,oi->bo and its like: both have an index that the result has not, and each has another one."""
    terms, _, result = equation.replace(" ", "").partition("->")
    first, _, second = terms.partition(",")
    both = set(first) & set(second)
    left = set(first) ^ set(second)
    return len(first) == len(second) == 2 and len(both) == 1 and set(result or left) == left
