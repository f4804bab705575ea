"""Classes of the notebook as functions: made with some of the arguments, and called with the others."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

BACK = ("backward", "grad", "gradient", "derivative", "deriv", "prime")
FORTH = ("forward", "__call__")
IN_PLACE = inspect.Parameter.POSITIONAL_OR_KEYWORD


class Made:
    """Makes an object of a class for each call; `signature` joins the parameters of both, those that must be given first."""

    def __init__(self, kind: type, method: str, before: str = "") -> None:
        self.kind, self.method, self.before = kind, method, before
        initialize = initializer(kind)
        self.making = taken_by(initialize, 1) if initialize else []
        self.calling = taken_by(getattr(kind, before or method), 1)
        self.__wrapped__ = getattr(kind, method)  # where it is written
        self.steered = issubclass(kind, nn.Module) and "training" not in names_of(self.making + self.calling)
        joined = {p.name: p.replace(kind=IN_PLACE) for p in (*self.calling, *self.making)}
        if self.steered:
            joined["training"] = inspect.Parameter("training", IN_PLACE, default=True)
        self.__signature__ = inspect.Signature(
            sorted(joined.values(), key=lambda p: p.default is not p.empty)
        )

    def __call__(self, **given: Any) -> Any:
        """What the method returns, and attributes named as what the object was made with that are no longer that."""
        made = {name: given[name] for name in names_of(self.making) if name in given}
        one = self.kind(**made)
        if self.steered:
            one.train(bool(given.get("training", True)))
        rest = {name: given[name] for name in names_of(self.calling) if name in given}
        returned = getattr(one, self.before or self.method)(**rest)
        if self.before:
            back = getattr(one, self.method)
            return back(ones_like(next(iter(rest.values())))) if taken_by(back, 0) else back()
        now = {name: getattr(one, name, value) for name, value in made.items()}
        return (returned, *(value for name, value in now.items() if value is not made[name]))


def initializer(kind: type) -> Callable[..., Any] | None:
    """None where it takes nothing."""
    found: Callable[..., Any] = getattr(kind, "__init__")  # noqa: B009
    return None if found in (object.__init__, nn.Module.__init__) else found


def names_of(parameters: list[inspect.Parameter]) -> list[str]:
    return [parameter.name for parameter in parameters]


def taken_by(method: Callable[..., Any], without: int) -> list[inspect.Parameter]:
    """What it can be given by name; the first ones (self) are left out. Raises TypeError, ValueError."""
    found = list(inspect.signature(method).parameters.values())[without:]
    return [p for p in found if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]


def ones_like(value: Any) -> Any:
    return torch.ones_like(value) if isinstance(value, torch.Tensor) else np.ones_like(value)


class Noted:
    """What a torch.autograd.Function is given to keep values in."""

    saved_tensors: tuple[Any, ...] = ()

    def save_for_backward(self, *tensors: Any) -> None:
        self.saved_tensors = tensors


def of_autograd(kind: Any) -> dict[str, Callable[..., Any]]:
    """forward(ctx, x) and backward(ctx, gradient) of a torch.autograd.Function."""

    def derivative(x: Any) -> Any:
        context = Noted()
        kind.forward(context, x)
        return kind.backward(context, ones_like(x))

    def value(*arguments: Any) -> Any:
        return kind.forward(Noted(), *arguments)

    return {kind.__name__: value, f"{kind.__name__}_grad": derivative}


def methods_of(name: str, kind: type, is_own: Callable[[Any], bool]) -> dict[str, Callable[..., Any]]:
    """A class as a function, and its backward pass as another: Sigmoid and Sigmoid_grad. Other methods: Losses.l1."""
    if issubclass(kind, torch.autograd.Function):
        return of_autograd(kind) if is_own(kind.forward) else {}
    own = {word for word in dir(kind) if is_own(getattr(kind, word, None))}
    found: dict[str, Callable[..., Any]] = {}
    for title, method in called(name, kind, own):
        found.setdefault(title, method)
    return found


def called(name: str, kind: type, own: set[str]) -> Iterator[tuple[str, Callable[..., Any]]]:
    forth = next((word for word in FORTH if word in own), "")
    for word in sorted(own, key=lambda word: (word not in FORTH, word != "forward", word)):
        if word.startswith("__") and word != "__call__":
            continue
        title = name if word in FORTH else f"{name}_grad" if word in BACK else f"{name}.{word}"
        static = isinstance(inspect.getattr_static(kind, word), staticmethod | classmethod)
        if static:
            yield title, getattr(kind, word)
            continue
        try:
            if word in BACK and forth and (word == "backward" or not taken_by(getattr(kind, word), 1)):
                yield title, Made(kind, word, before=forth)
                title = f"{name}_backward"
            yield title, Made(kind, word)
        except (TypeError, ValueError):
            continue
