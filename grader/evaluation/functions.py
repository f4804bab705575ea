"""What students' functions gave, beside what is right: the reference is called here with the same arguments.

Values are compared, not shapes: (N,) and (N, 1) hold the same numbers. TOLERANCE is some 1,600 roundings of float32, which
forgives another order of operations and an eps of 1e-8; every known mistake differs 20 times as much at least, which
tests/unit/evaluation/test_functions.py holds it to.
"""

import importlib
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from grader.datasets.trials import Value, trials_of
from grader.evaluation.properties import PROPERTIES
from grader.schema.assignment import PieceSpec
from grader.schema.evaluation import Part, Tried
from grader.schema.evidence import Attempt, Evidence

TOLERANCE = 1e-4  # of the largest value
LEAST = 1e-6  # where all values are 0
MOST_ATTEMPTS = 2500

Outputs = list[torch.Tensor]


def tried_functions(
    tensors: Mapping[str, torch.Tensor], seen: Evidence, pieces: Sequence[PieceSpec]
) -> dict[str, tuple[Tried, ...]]:
    """Every attempt at each piece. `tensors`: functions.safetensors."""
    found: dict[str, list[Tried]] = {}
    known = {piece.id: piece for piece in pieces}
    right = {piece.id: Right(piece) for piece in pieces}
    for attempt in seen.attempts[:MOST_ATTEMPTS]:
        piece = known.get(attempt.piece)
        if piece is None:
            continue
        leaves = [[as_double(tensors[n]) for n in trial if n in tensors] for trial in attempt.trials]
        tried = judged(attempt, leaves, piece, right[piece.id])
        if attempt.named or all(part.holds for part in tried.parts):
            found.setdefault(piece.id, []).append(tried)
    return {name: tuple(apart(name, found)) for name in found}


def apart(piece: str, found: Mapping[str, Sequence[Tried]]) -> list[Tried]:
    """Where a function is called as the piece, one that is called as another piece, and is right as that, does not stand in
    for it: dropout for a drop-connect that is wrong."""
    own = found[piece]
    if not any(one.named for one in own):
        return list(own)
    taken = {
        one.function
        for name, tries in found.items()
        if name != piece
        for one in tries
        if one.named and one.share == 1
    }
    return [one for one in own if one.named or one.function not in taken]


def as_double(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.to(torch.float64) if tensor.is_floating_point() else tensor


class Right:
    """A piece's trials with what is right for each, computed once."""

    def __init__(self, piece: PieceSpec) -> None:
        self.trials = trials_of(piece)
        self.values = [tensors_of(trial) for trial in self.trials]
        self.ways = (
            [] if piece.random else [self.outputs_of(name) for name in (piece.function, *piece.accept)]
        )

    def outputs_of(self, name: str) -> list[Outputs]:
        """Of each trial."""
        function = function_at(name)
        return [outputs(function(*values.values())) for values in self.values]


def function_at(name: str) -> Callable[..., Any]:
    """module:function. Raises ImportError, AttributeError."""
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found


def tensors_of(trial: Mapping[str, Value]) -> dict[str, Any]:
    return {name: torch.tensor(value) if isinstance(value, list) else value for name, value in trial.items()}


def outputs(returned: Any) -> Outputs:
    parts = returned if isinstance(returned, tuple) else (returned,)
    return [torch.as_tensor(part, dtype=torch.float64) for part in parts]


def judged(attempt: Attempt, leaves: list[Outputs], piece: PieceSpec, right: Right) -> Tried:
    tried = Tried(
        function=attempt.function,
        place=attempt.place,
        named=attempt.named,
        error=attempt.error,
        parts=tuple(Part(title=title, holds=False, observed=attempt.error) for title in piece.outputs),
        library=tuple(name for name in attempt.called if name in piece.library),
    )
    if attempt.error or len(leaves) != len(right.trials):
        return tried
    if piece.random is not None:
        return tried.model_copy(update={"parts": PROPERTIES[piece.random](right.values, leaves)})
    parts = tuple(part_of(title, number, leaves, right) for number, title in enumerate(piece.outputs))
    wrong = [number for number, part in enumerate(parts) if not part.holds]
    return tried.model_copy(
        update={"parts": parts, "mistake": mistake_in(wrong, leaves, piece, right) if wrong else ""}
    )


def part_of(title: str, number: int, leaves: list[Outputs], right: Right) -> Part:
    """One output in all trials."""
    for position, found in enumerate(leaves):
        ways = [way[position][number] for way in right.ways]
        if not any(holds(found, expected) for expected in ways):
            return Part(title=title, holds=False, observed=difference(found, ways[0], right.values[position]))
    count = len(leaves)
    return Part(title=title, holds=True, observed=f"right in {count} trial{'s' * (count > 1)}")


def holds(found: Outputs, expected: torch.Tensor) -> bool:
    return any(distance(leaf, expected) <= allowed(expected) for leaf in found)


def allowed(expected: torch.Tensor) -> float:
    return TOLERANCE * float(expected.abs().max()) + LEAST


def distance(leaf: torch.Tensor, expected: torch.Tensor) -> float:
    """The largest difference of two values; infinite where they are not as many, or no numbers."""
    if leaf.numel() != expected.numel() or not leaf.is_floating_point():
        return math.inf
    largest = float((leaf.reshape(-1).to(torch.float64) - expected.reshape(-1)).abs().max())
    return math.inf if math.isnan(largest) else largest


def difference(found: Outputs, expected: torch.Tensor, arguments: Mapping[str, Any]) -> str:
    """The value that is furthest off, and for which argument."""
    same = [leaf for leaf in found if leaf.numel() == expected.numel()]
    if not same:
        shapes = ", ".join(str(tuple(leaf.shape)) for leaf in found) or "nothing"
        return f"it gave {shapes}, and {tuple(expected.shape)} is wanted"
    leaf = min(same, key=lambda one: distance(one, expected)).reshape(-1).to(torch.float64)
    off = (leaf - expected.reshape(-1)).abs()
    worst = int(torch.where(off.isnan(), math.inf, off).argmax())
    given = argument_of(worst, expected, arguments)
    return f"{given}it gave {float(leaf[worst]):.4g}, and {float(expected.reshape(-1)[worst]):.4g} is right"


def argument_of(position: int, expected: torch.Tensor, arguments: Mapping[str, Any]) -> str:
    """In words: the number, where the result depends on one alone; else the first tensor's shape, and the numbers."""
    (name, first), *_ = arguments.items()
    alone = isinstance(first, torch.Tensor) and len(arguments) == 1
    if alone and first.numel() == expected.numel() and first.dim() < 3:
        return f"for {float(first.reshape(-1)[position]):.4g} "
    shape = [f"{name} {tuple(first.shape)}"] if isinstance(first, torch.Tensor) else []
    numbers = [f"{n} = {v:g}" for n, v in arguments.items() if not isinstance(v, torch.Tensor)]
    return f"for {', '.join([*shape, *numbers])} "


def mistake_in(wrong: Sequence[int], leaves: list[Outputs], piece: PieceSpec, right: Right) -> str:
    """The known mistake that gives the same numbers wherever the function is wrong; "" if there is none."""
    for name in piece.mistakes:
        made = right.outputs_of(name)
        if all(
            holds(found, expected[number])
            for found, expected in zip(leaves, made, strict=True)
            for number in wrong
        ):
            return inspect.getdoc(function_at(name)) or ""
    return ""


def functions_file(folder: Path) -> Path:
    return folder / "functions.safetensors"
