"""How a student's function may be called: which of its parameters takes which argument of a trial."""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
NAMED = (*POSITIONAL, inspect.Parameter.KEYWORD_ONLY)
_DICTIONARY = re.compile(
    r"(.*param|.*config|.*options?|cfg|opt|hyper.*)s?$"
)  # bn_param of one well-known course

Binding = dict[str, str]  # parameter -> role; "*" where it takes all arguments as a dictionary


def plain(name: str) -> str:
    """As names are compared: d_in, dIn and Din are one."""
    return name.replace("_", "").lower()


def parameters_of(function: Callable[..., Any]) -> list[inspect.Parameter] | None:
    """Those that can be given one by one; None where Python does not know them."""
    try:
        found = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None
    return [parameter for parameter in found if parameter.kind in NAMED]


def bindings_of(
    parameters: Sequence[inspect.Parameter],
    roles: Sequence[str],
    also: Sequence[str],
    others: Mapping[str, Sequence[str]],
) -> Iterator[Binding]:
    """By names, then by the places that names leave open, then by the statement's order alone: each that gives every
    parameter that must be given. `also`: roles that are given by name only. `others`: further names of a role."""
    needed = [p.name for p in parameters if p.default is inspect.Parameter.empty]
    named = by_name([p.name for p in parameters], [*roles, *also], others)
    ordered = [p.name for p in parameters if p.kind in POSITIONAL]
    free = [role for role in roles if role not in named.values()]
    open_ = [name for name in needed if name not in named]
    mixed = named | dict(zip(open_, free, strict=False))
    order = dict(zip(ordered, roles, strict=False)) if len(needed) <= len(roles) else {}
    seen: list[Binding] = []
    for binding in (named, mixed, order):
        if binding and all(name in binding for name in needed) and binding not in seen:
            seen.append(binding)
            yield binding


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


def as_mode(name: str, role: str, value: Any) -> Any:
    """A parameter called `mode` wants a word where others want yes or no."""
    return ("train" if value else "test") if role == "training" and plain(name) == "mode" else value
