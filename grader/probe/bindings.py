"""How a student's function may be called: which of its parameters takes which argument of a trial."""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from types import MethodType
from typing import Any

import numpy as np

POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
NAMED = (*POSITIONAL, inspect.Parameter.KEYWORD_ONLY)
_DICTIONARY = re.compile(
    r"(.*param|.*config|.*options?|cfg|opt|hyper.*)s?$"
)  # bn_param of one well-known course

MODES = (("train", "test"), ("train", "eval"), (True, False))  # what a parameter called `mode` may be given

Binding = dict[str, str]  # parameter -> role; "*" where it takes all arguments as a dictionary


def plain(name: str) -> str:
    """As names are compared: d_in, dIn and Din are one."""
    return name.replace("_", "").lower()


def written(function: Any) -> Any:
    """The function beneath decorators, functools.partial and objects."""
    for _ in range(20):
        if isinstance(function, partial):
            beneath: Any = function.func
        elif isinstance(function, np.vectorize):
            beneath = function.pyfunc
        elif isinstance(function, MethodType):
            beneath = function.__func__
        else:  # an object may have an answer to any name: it is not asked
            beneath = inspect.getattr_static(function, "__wrapped__", None)
        if beneath is None:
            break
        function = beneath
    return function


def parameters_of(function: Callable[..., Any]) -> list[inspect.Parameter] | None:
    """Those that can be given one by one; None where Python does not know them, or any number is taken."""
    try:
        found = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None
    if any(parameter.kind is inspect.Parameter.VAR_POSITIONAL for parameter in found):
        return None
    return [parameter for parameter in found if parameter.kind in NAMED]


def bindings_of(
    parameters: Sequence[inspect.Parameter],
    roles: Sequence[str],
    also: Sequence[str],
    others: Mapping[str, Sequence[str]],
) -> Iterator[Binding]:
    """By names, then by the places that names leave open, then by the statement's order alone: each that gives every
    parameter that must be given. `also`: roles that are given by name only. `others`: further names of a role.
    A parameter that takes no name stands there as its place, "0"."""
    needed = [p.name for p in parameters if p.default is inspect.Parameter.empty]
    named = by_name([p.name for p in parameters], [*roles, *also], others)
    ordered = [p.name for p in parameters if p.kind in POSITIONAL]
    free = [role for role in roles if role not in named.values()]
    open_ = [name for name in needed if name not in named]
    mixed = named | dict(zip(open_, free, strict=False))
    order = dict(zip(ordered, roles, strict=False)) if len(needed) <= len(roles) else {}
    places = {p.name: f"{i}" for i, p in enumerate(parameters) if p.kind is inspect.Parameter.POSITIONAL_ONLY}
    seen: list[Binding] = []
    for binding in (named, mixed, order):
        if binding and all(name in binding for name in needed) and binding not in seen:
            seen.append(binding)
            yield {places.get(name, name): role for name, role in binding.items()}


def by_name(names: Sequence[str], roles: Sequence[str], others: Mapping[str, Sequence[str]]) -> Binding:
    """The role's own name counts before the others, and each role is taken once."""
    found: Binding = {}
    for exact in (True, False):
        for name in names:
            if name in found:
                continue
            for role in roles:
                known = [role] if exact else others.get(role, ())
                if role not in found.values() and plain(name) in map(plain, known):
                    found[name] = role
                    break
    for name in names:
        if name not in found and _DICTIONARY.fullmatch(name.lower()):
            found[name] = "*"
    return found


def without_defaults(
    binding: Binding, parameters: Sequence[inspect.Parameter], also: Mapping[str, Any]
) -> Binding:
    """What stands in `also` is given where it must be: a default of the student's own counts. Only yes and no always are."""
    optional = {p.name for p in parameters if p.default is not inspect.Parameter.empty}
    left_out = {role for role, value in also.items() if not isinstance(value, bool)}
    return {name: role for name, role in binding.items() if name not in optional or role not in left_out}


def is_mode(binding: Binding) -> bool:
    return any(role == "training" and plain(name) in ("mode", "phase") for name, role in binding.items())


def as_mode(name: str, role: str, value: Any, words: tuple[Any, Any] = MODES[0]) -> Any:
    """A parameter called `mode` wants a word where others want yes or no."""
    return words[0 if value else 1] if is_mode({name: role}) else value
