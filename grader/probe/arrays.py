"""The arguments of a trial, as the notebook's functions want them: tensors of PyTorch or arrays of NumPy.

x.var(0) is divided by n - 1 in one and by n in the other, so it is not enough that a function raises nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import CodeType, ModuleType
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from grader.probe.bindings import written
from grader.probe.classes import Made


def torch_values(given: Mapping[str, Any]) -> dict[str, Any]:
    """Lists as tensors: of numbers float32, of whole numbers int64."""
    return {
        role: torch.tensor(value) if isinstance(value, list) else value
        for role, value in worded(given).items()
    }


def numpy_values(given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        role: np.array(value) if isinstance(value, list) else value for role, value in worded(given).items()
    }


def numbers_as_tensors(given: Mapping[str, Any]) -> dict[str, Any]:
    """The first of them, a step or an epoch, as a tensor of one number."""
    first = next(iter(given))
    return dict(given) | {first: torch.tensor([given[first]])}


def worded(given: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments that no number can be: "ones" in the shape of the first argument, "cross_entropy" as a function."""
    made = dict(given)
    for role, value in given.items():
        if value == "ones":
            made[role] = np.ones(np.shape(next(iter(given.values())))).tolist()
        elif value == "cross_entropy":
            made[role] = cross_entropy
    return made


def cross_entropy(scores: Any, labels: Any) -> Any:
    found = functional.cross_entropy(torch.as_tensor(scores), torch.as_tensor(labels))
    return found if isinstance(scores, torch.Tensor) else found.numpy()


def are_numpys(functions: Iterable[Any]) -> Callable[[Any], bool]:
    """Says of a function whether it works on arrays of NumPy: it uses NumPy and not PyTorch, or neither, as most do here."""
    used = [libraries_of(function) for function in functions]
    with_torch, with_numpy = (sum(name in one for one in used) for name in ("torch", "numpy"))

    def is_numpys(function: Any) -> bool:
        own = libraries_of(function)
        if own & {"torch", "numpy"}:
            return "torch" not in own
        if with_torch != with_numpy:
            return with_numpy > with_torch
        return "torch" not in map(
            root_of, getattr(written(function), "__globals__", {"torch": torch}).values()
        )

    return is_numpys


def libraries_of(function: Any) -> set[str]:
    """Those that its code, or that of its class, speaks of."""
    if isinstance(function, Made):
        functions = [value for base in function.kind.__mro__ for value in vars(base).values()]
    else:
        functions = [function]
    found = set()
    for one in map(written, functions):
        code, known = getattr(one, "__code__", None), getattr(one, "__globals__", {})
        if isinstance(code, CodeType):
            found |= {root_of(known[name]) for name in names_in(code) if name in known}
    return found & {"torch", "numpy"}


def names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from names_in(constant)


def root_of(value: Any) -> str:
    """The package that a module, or what was imported from one, is of."""
    if isinstance(value, ModuleType):
        return value.__name__.partition(".")[0]
    module = getattr(value, "__module__", None) if callable(value) else None
    return module.partition(".")[0] if isinstance(module, str) else ""
