"""Functions that draw numbers: what must hold of what they gave, whatever was drawn.

Bounds are five standard errors of what is estimated: a right function misses one in two million times.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from grader.schema.evaluation import Part

SIGMAS = 5.0
NEAR = 1e-4  # relative, as in functions.py
LITTLE_MIXED = 0.05  # share of the other image below which it cannot be told which it was

Values = Sequence[Mapping[str, Any]]
Leaves = Sequence[Sequence[torch.Tensor]]


def near(one: float, other: float, bound: float = 0.0) -> bool:
    return abs(one - other) <= bound + NEAR * abs(other)


def nothing_of(shape: object, titles: Sequence[str]) -> tuple[Part, ...]:
    return tuple(Part(title=t, holds=False, observed=f"it gave nothing of {shape}") for t in titles)


def dropout(values: Values, leaves: Leaves) -> tuple[Part, ...]:
    """The first trial is one of training, the second of the test. Arguments: what is dropped from, p, training."""
    titles = (
        "zeroed with probability p",
        "the others are divided by 1 - p",
        "nothing is changed in the test",
    )
    x, p = list(values[0].values())[:2]
    x = x.to(torch.float64)
    same = [leaf.reshape(x.shape) for leaf in leaves[0] if leaf.numel() == x.numel()]
    if not same:
        return nothing_of(f"the shape of {tuple(x.shape)}", titles)
    dropped = [leaf for leaf in same if not torch.equal(leaf, x)]  # what was given may come back in a cache
    ratio = min((leaf / x for leaf in dropped or same), key=spread_of)  # and so may a mask
    zeroed, kept = float((ratio == 0).double().mean()), ratio[ratio != 0]
    bound = SIGMAS * math.sqrt(p * (1 - p) / x.numel())
    share = f"{zeroed:.1%} were zeroed, with p = {p:g}"
    if abs(zeroed - (1 - p)) <= bound:
        share += ": p is taken as the probability of staying"
    scale = float(kept.mean()) if len(kept) else math.nan
    constant = len(kept) > 0 and spread_of(ratio) <= NEAR * abs(scale)
    scaled = constant and near(scale, 1 / (1 - p))
    factor = (
        f"the others were multiplied by {scale:.4g}"
        if constant
        else "the others were changed in several ways"
    )
    if constant and near(scale, 1.0):
        factor = "the others were left as they were"
    if not len(kept):
        factor = "nothing was left"
    second = next(iter(values[1].values())).to(torch.float64)
    still = any(
        leaf.numel() == second.numel() and torch.allclose(leaf.reshape(second.shape), second, rtol=NEAR)
        for leaf in leaves[1]
    )
    test = "the test's values were left as they were" if still else "values were changed in the test too"
    found = (abs(zeroed - p) <= bound, scaled, still)
    return tuple(
        Part(title=t, holds=h, observed=o)
        for t, h, o in zip(titles, found, (share, factor, test), strict=True)
    )


def spread_of(ratio: torch.Tensor) -> float:
    """Of the values that are not 0."""
    kept = ratio[ratio != 0]
    return float(kept.max() - kept.min()) if len(kept) else math.inf


def mixup(values: Values, leaves: Leaves) -> tuple[Part, ...]:
    """Many calls, stacked. Arguments x (N, D), y (N,), alpha."""
    titles = (
        "images are mixed with others of the batch",
        "the labels of both come with them",
        "lam is drawn from Beta(alpha, alpha)",
    )
    x, y, alpha = values[0]["x"].to(torch.float64), values[0]["y"].to(torch.float64), values[0]["alpha"]
    count = len(x)
    mixed = next((leaf for leaf in leaves[0] if leaf.dim() == 3 and leaf.shape[1:] == x.shape), None)
    shares = next((leaf.reshape(-1) for leaf in leaves[0] if leaf.numel() == len(leaf)), None)
    if mixed is None or shares is None or len(shares) != len(mixed):
        return nothing_of("mixed images and one lam for each call", titles)
    labels = [leaf for leaf in leaves[0] if leaf.dim() == 2 and leaf.shape[1] == count]
    orders = [order_of(one, x, float(lam)) for one, lam in zip(mixed, shares, strict=True)]
    told = [
        order is not None for order, lam in zip(orders, shares, strict=True) if 1 - float(lam) > LITTLE_MIXED
    ]
    right = bool(told) and all(told) and len({tuple(o.tolist()) for o in orders if o is not None}) > 1
    seen = f"{sum(told)} of {len(told)} calls gave lam x + (1 - lam) x[order], with the lam that they gave"
    paired = right and any(pairs(one, other, y, orders) for one in labels for other in labels)
    with_labels = (
        "labels and order agree" if paired else "no two outputs are y and y in the order of the images"
    )
    parts = (right, paired, *beta_of(shares, alpha))
    words = (
        seen,
        with_labels,
        f"{len(shares)} calls: lam is {float((shares - 0.5).abs().mean()):.3f} from 1/2 on average",
    )
    return tuple(Part(title=t, holds=h, observed=o) for t, h, o in zip(titles, parts, words, strict=True))


def order_of(mixed: torch.Tensor, x: torch.Tensor, lam: float) -> torch.Tensor | None:
    """Which rows of x were mixed in; None where it is not a permutation of them, or cannot be told."""
    if not 0 <= lam <= 1 - LITTLE_MIXED:
        return None
    other = (mixed - lam * x) / (1 - lam)
    nearest = torch.cdist(other, x).min(1)
    exact = float(nearest.values.max()) <= 1e-5 / LITTLE_MIXED  # float32 of numbers near 1, divided
    whole = len(set(nearest.indices.tolist())) == len(x)
    return nearest.indices if exact and whole else None


def pairs(
    one: torch.Tensor, other: torch.Tensor, y: torch.Tensor, orders: Sequence[torch.Tensor | None]
) -> bool:
    """In every call `one` holds y, and `other` y in the order in which images were mixed."""
    return all(
        torch.equal(a, y) and torch.equal(b, y[order])
        for a, b, order in zip(one, other, orders, strict=True)
        if order is not None
    )


def beta_of(shares: torch.Tensor, alpha: float) -> tuple[bool]:
    """By the mean distance from 1/2, which max(lam, 1 - lam) does not change."""
    generator = torch.Generator().manual_seed(0)
    gammas = torch._standard_gamma(torch.full((2, 20_000), alpha, dtype=torch.float64), generator=generator)
    expected = (gammas[0] / gammas.sum(0) - 0.5).abs()
    bound = SIGMAS * float(expected.std()) * math.sqrt(1 / len(shares) + 1 / expected.numel())
    inside = bool(((shares >= 0) & (shares <= 1)).all())
    return (inside and abs(float((shares - 0.5).abs().mean() - expected.mean())) <= bound,)


def xavier_linear(values: Values, leaves: Leaves) -> tuple[Part, ...]:
    return xavier(values, leaves, lambda v: (v["d_in"], (v["d_in"], v["d_out"]), v["d_out"]))


def xavier_conv(values: Values, leaves: Leaves) -> tuple[Part, ...]:
    return xavier(
        values,
        leaves,
        lambda v: (
            v["k"] ** 2 * v["c_in"],
            (v["c_in"], v["c_out"], v["k"], v["k"]),
            v["k"] ** 2 * v["c_out"],
        ),
    )


def xavier(
    values: Values, leaves: Leaves, sizes: Callable[[Mapping[str, Any]], tuple[int, tuple[int, ...], int]]
) -> tuple[Part, ...]:
    """Standard deviation 1 / sqrt(inputs), mean 0; the axes may lie in any order."""
    titles = ("weights of the right shape", "their standard deviation is 1 / sqrt(inputs)")
    shape_seen, spread_seen, shaped, spread = "", "", True, True
    for given, found in zip(values, leaves, strict=True):
        inputs, shape, outputs = sizes(given)
        weights = next((leaf for leaf in found if sorted(leaf.shape) == sorted(shape)), None)
        if weights is None:
            shapes = ", ".join(str(tuple(leaf.shape)) for leaf in found) or "nothing"
            return nothing_of(f"the sizes {shape}, but {shapes}", titles)
        shape_seen = shape_seen or f"{tuple(weights.shape)}"
        wanted, count = inputs**-0.5, weights.numel()
        std, mean = float(weights.std()), float(weights.mean())
        right = near(std, wanted, SIGMAS * wanted / math.sqrt(2 * count))
        centred = abs(mean) <= SIGMAS * wanted / math.sqrt(count)
        if spread:
            spread_seen = f"{std:.4f} for {inputs} inputs, where {wanted:.4f} is right"
            if not centred:
                spread_seen += f"; their mean is {mean:.4f}"
            elif not right:
                spread_seen += other_rule(std, inputs, outputs, count)
        spread &= right and centred
    return (
        Part(title=titles[0], holds=shaped, observed=shape_seen),
        Part(title=titles[1], holds=spread, observed=spread_seen),
    )


def other_rule(std: float, inputs: int, outputs: int, count: int) -> str:
    """Well-known rules for another spread."""
    rules = {
        "sqrt(2 / inputs), for ReLU (He et al., 2015)": (2 / inputs) ** 0.5,
        "sqrt(2 / (inputs + outputs)) (Glorot and Bengio, 2010)": (2 / (inputs + outputs)) ** 0.5,
        "1 / inputs, the variance and not its root": 1 / inputs,
        "1 / sqrt(outputs)": outputs**-0.5,
    }
    named = [rule for rule, value in rules.items() if near(std, value, SIGMAS * value / math.sqrt(2 * count))]
    return f"; that is {named[0]}" if named else ""


PROPERTIES: dict[str, Callable[[Values, Leaves], tuple[Part, ...]]] = {
    "dropout": dropout,
    "mixup": mixup,
    "xavier_linear": xavier_linear,
    "xavier_conv": xavier_conv,
}
