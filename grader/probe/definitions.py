"""The functions that a notebook has defined, cell by cell: a name that is given away later leaves its function behind."""

from collections.abc import Callable, Mapping
from typing import Any

from grader.probe.classes import Made
from grader.probe.functions import Trials, own_functions
from grader.probe.guard import guarded
from grader.probe.watcher import Watcher


def install(watcher: Watcher, shell: Any) -> None:
    """Functions are noted after each cell, and tried after the last one."""
    definitions = Definitions(watcher.cells.is_own)

    def cell_ended(_: object) -> None:
        if watcher.cells.between:
            note(watcher, definitions, shell.user_ns)
        if watcher.cells.all_run:
            try_all(watcher, definitions)

    shell.events.register("post_run_cell", cell_ended)


@guarded
def note(watcher: Watcher, definitions: "Definitions", namespace: Mapping[str, Any]) -> None:
    definitions.note(namespace, watcher.cells.current)


@guarded
def try_all(watcher: Watcher, definitions: "Definitions") -> None:
    """What the functions call is not watched."""
    config = watcher.config
    trials = Trials(config.pieces, config.roles, config.seed)
    watcher.paused = True
    try:
        trials.run(definitions.found, watcher.cells.place_of_code)
    finally:
        watcher.paused = False
    if trials.unfinished:
        watcher.remark("not every function of the notebook could be tried: some took very long")
    trials.save(watcher.writer.folder)
    watcher.attempts = trials.attempts
    watcher.flush()


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
