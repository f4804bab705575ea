"""The arguments that students' functions are tried with: tensors from recipes, the same in every run.

"normal 4x5 0 2"     mean 0, standard deviation 2
"uniform 4x5 0 1"    from 0 to 1
"numbers -10 0 10"   these
"labels 6 4"         six whole numbers below 4
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from grader.schema.assignment import PieceSpec, TrialValue

SEED = 20_250_915
Value = bool | int | float | list[Any]


def trials_of(piece: PieceSpec) -> list[dict[str, Value]]:
    """Tensors as nested lists. Raises ValueError for a recipe that is none."""
    generator = np.random.default_rng([SEED, *piece.id.encode()])
    return [made(trial, generator) for trial in piece.trials]


def made(values: Mapping[str, TrialValue], generator: np.random.Generator) -> dict[str, Value]:
    return {
        name: tensor(value, generator) if isinstance(value, str) else value for name, value in values.items()
    }


def tensor(recipe: str, generator: np.random.Generator) -> list[Any]:
    """Numbers of float32, for which both sides must mean the same."""
    try:
        kind, *rest = recipe.split()
        if kind == "numbers":
            drawn = np.array([float(number) for number in rest])
        elif kind == "labels":
            count, classes = map(int, rest)
            return [int(label) for label in generator.integers(0, classes, count)]
        else:
            shape = tuple(int(side) for side in rest[0].split("x"))
            low, high = float(rest[1]), float(rest[2])
            if kind == "normal":
                drawn = low + high * generator.standard_normal(shape)
            else:
                drawn = low + (high - low) * {"uniform": generator.random}[kind](shape)
    except (IndexError, KeyError, ValueError) as error:
        raise ValueError(f'"{recipe}" is no recipe for a tensor') from error
    found: list[Any] = drawn.astype(np.float32).tolist()
    return found
