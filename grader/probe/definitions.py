"""The functions that a notebook has defined, cell by cell: a name that is given away later leaves its function behind."""

from collections.abc import Callable, Mapping
from typing import Any

from grader.probe.classes import Made
from grader.probe.functions import own_functions


class Definitions:
    """`found`: by name; a function whose name was given to another one, by its name and cell."""

    def __init__(self, is_own: Callable[[Any], bool]) -> None:
        self.is_own = is_own
        self.found: dict[str, Callable[..., Any]] = {}
        self._cells: dict[str, int | None] = {}

    def note(self, namespace: Mapping[str, Any], cell: int | None) -> None:
        """After a cell."""
        for name, function in own_functions(namespace, self.is_own).items():
            known = self.found.get(name)
            if known is not None and same(known, function):
                continue
            if known is not None and self._cells[name] is not None:
                self.found[f"{name} (cell {self._cells[name]})"] = known
            self.found[name] = function
            self._cells[name] = None if cell is None else cell + 1


def same(one: Any, other: Any) -> bool:
    """Methods are looked up anew each time."""
    if isinstance(one, Made) and isinstance(other, Made):
        return (one.kind, one.method, one.before) == (other.kind, other.method, other.before)
    return bool(one is other or (hasattr(one, "__self__") and one == other))
