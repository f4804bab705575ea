"""Mistakes in the functions that an assignment asks for: names that lead nowhere, trials that cannot be made."""

import ast
import importlib.util
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from grader.datasets.trials import trials_of
from grader.schema.assignment import Assignment, PieceSpec


def mistakes_in_pieces(assignment: Assignment) -> Iterator[str]:
    """A sentence for each."""
    known = [piece.id for piece in assignment.pieces]
    yield from (f'piece "{name}" occurs {n} times.' for name, n in Counter(known).items() if n > 1)
    used: set[str] = set()
    for task in assignment.tasks:
        for check in task.checks:
            place = f'task "{task.id}", check "{check.id}"'
            if (check.kind == "functions") != bool(check.pieces):
                yield f'{place}: "pieces" go with kind = "functions", and with no other.'
            yield from (f'{place}: no piece "{name}".' for name in check.pieces if name not in known)
            used.update(check.pieces)
    yield from (f'piece "{name}" belongs to no check.' for name in known if name not in used)
    for piece in assignment.pieces:
        yield from (f'piece "{piece.id}": {sentence}' for sentence in mistakes_in(piece))


def mistakes_in(piece: PieceSpec) -> Iterator[str]:
    try:
        re.compile(piece.names)
    except re.error as error:
        yield f"names = {piece.names!r}; not a regular expression: {error}."
    for number, trial in enumerate(piece.trials, start=1):
        if list(trial) != list(piece.trials[0]):
            yield f"trial {number} has other arguments than the first: {', '.join(trial)}."
    try:
        trials_of(piece)
    except ValueError as error:
        yield f"{error}; expected as in design/functions.md."
    for name in (piece.function, *piece.accept, *piece.mistakes):
        if not is_function(name):
            yield f"no function {name}."


def is_function(name: str) -> bool:
    """module:function, looked up in the module's text: importing it would take PyTorch's 2 s."""
    module, _, function = name.partition(":")
    try:
        found = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return False
    if found is None or not found.origin:
        return False
    body = ast.parse(Path(found.origin).read_bytes()).body
    return any(isinstance(one, ast.FunctionDef) and one.name == function for one in body)
