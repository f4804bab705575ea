"""The calls of a graph, by what they do to a network, and their arguments."""

from typing import Any

from grader.schema.graph import Node

SHAPES = frozenset(
    """
    view reshape _unsafe_view flatten unflatten squeeze unsqueeze permute transpose contiguous clone detach
    alias to _to_copy lift_fresh_copy type_as expand expand_as t movedim detach_ getitem numpy_T mT adjoint
    swapaxes swapdims moveaxis ravel view_as reshape_as
    """.split()
)
PIXELS = frozenset(  # choose among values or put them side by side: a crop before the first layer
    "slice narrow select unbind split split_with_sizes chunk stack cat flip".split()
)
SIZES_ONLY = frozenset(  # take nothing of their argument but its shape
    "zeros_like ones_like full_like empty_like sym_size rand_like new_zeros new_ones new_full new_empty".split()
)
COMPARISONS = frozenset("lt le gt ge eq ne".split())
COPIES = frozenset(  # of a constant or a mask: the value stays
    "to _to_copy type_as detach clone contiguous lift_fresh_copy expand expand_as view reshape unsqueeze".split()
)
DROPOUTS = frozenset(
    """
    dropout dropout_ feature_dropout alpha_dropout feature_alpha_dropout native_dropout
    """.split()
)
FILLS = ("masked_fill", "index_put")  # x[mask] = value, in one version of PyTorch or another
RANDOM = frozenset("rand rand_like bernoulli binomial uniform normal randn randn_like".split())
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
MONOTONE = frozenset(  # rising everywhere, so they may change places with max-pooling; leaky_relu too, see layers.py
    "relu relu6 elu sigmoid tanh softplus selu celu hardtanh hardsigmoid logsigmoid log_sigmoid softsign".split()
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
BY_HAND = ("im2col", "unfold", "as_strided")  # operations that cut an image into windows


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
    """An int, a list of one or two ints, or nothing, as two ints; (-1, -1) if it is computed elsewhere."""
    if value is None or value == []:
        return default, default
    if isinstance(value, int):
        return value, value
    if isinstance(value, list | tuple) and all(isinstance(v, int) for v in value):
        return (value[0], value[0]) if len(value) == 1 else (value[0], value[1])
    return -1, -1


def argument(node: Node, position: int, name: str, default: Any = None) -> Any:
    args = node.args if isinstance(node.args, list | tuple) else ()
    if name in node.kwargs:
        return node.kwargs[name]
    return args[position] if len(args) > position else default


def elements(shape: tuple[int, ...] | None) -> int:
    total = 1
    for size in shape or ():
        total *= size
    return total


def takes_sizes_only(node: Node) -> bool:
    """Its result does not depend on the values that it is given: zeros_like(x), bernoulli(x, p)."""
    name = base_name(node.op)
    return name in SIZES_ONLY or (name == "bernoulli" and number(argument(node, 1, "p")) is not None)
