"""Interactive figures that keep their data: Plotly's JSON. Pictures cannot be read and are not."""

import math
from collections.abc import Iterator
from typing import Any

from grader.claims.columns import name_of
from grader.claims.readings import Reading

PLOTLY = "application/vnd.plotly.v1+json"
MOST_CURVES = 50
MOST_POINTS = 2_000  # of one curve, its last


def curves_of(figure: Any) -> Iterator[tuple[str, list[Reading]]]:
    """Each curve that names accuracies or losses, in its own name or on the axis, with its values in order."""
    data = figure.get("data") if isinstance(figure, dict) else None
    if not isinstance(data, list):
        return
    axis = _text(figure, "layout", "yaxis", "title", "text") or _text(figure, "layout", "yaxis", "title")
    title = axis or _text(figure, "layout", "title", "text")
    for curve in data[:MOST_CURVES]:
        values = curve.get("y") if isinstance(curve, dict) else None
        if not isinstance(values, list):
            continue  # newer figures hold packed bytes
        label = _text(curve, "name")
        name, common = name_of(label), name_of(title)
        kind, split = name.kind or common.kind, name.split or common.split
        numbers = [float(v) for v in values[-MOST_POINTS:] if _is_number(v)]
        if kind == "accuracy":
            known = name.percent or common.percent
            readings = [
                Reading(kind, split, v / 100 if known else v, "share" if known else "unknown")
                for v in numbers
                if 0 <= v <= 100
            ]
        elif kind == "loss":
            readings = [Reading(kind, split, v) for v in numbers]
        else:
            continue
        yield f"curve {label} ({title})", readings


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < 1e15 and math.isfinite(value)


def _text(node: Any, *path: str) -> str:
    for step in path:
        node = node.get(step) if isinstance(node, dict) else None
    return node[:200] if isinstance(node, str) else ""
