"""Where the code of a notebook may end a training early: read, never run, and only ever a reason to ask a person.

The quick profile shortens trainings, and with them the losses that an early stopping looks at.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from grader.claims.rates import cells_of, names_called, parsed

Loop = ast.For | ast.While
_COUNTS = re.compile(r"range|count")  # trange, tqdm(range(...)), itertools.count
_TRAINS = re.compile(r"train|fit|[eé]po(?:ch|que)|entra|appr|step|backward|valid|eval", re.IGNORECASE)
_ENDS = re.compile(r"patien|stop|wait|done|finish|fini|conver|improv|best|meilleur", re.IGNORECASE)


def stops_early_in(path: Path) -> int | None:
    """The first cell, counted from 1, with a loop over epochs that is left when something measured asks for it."""
    return next((number for number, source in cells_of(path) if stops_early(source)), None)


def stops_early(source: str) -> bool:
    tree = parsed(source)
    try:
        return tree is not None and any(
            ends_itself(node) for node in ast.walk(tree) if isinstance(node, Loop) and trains(node)
        )
    except RecursionError:  # thousands of conditions in each other
        return False


def trains(loop: Loop) -> bool:
    """It has loops in it, or calls that sound like an epoch."""
    inner = [node for statement in loop.body for node in ast.walk(statement)]
    return any(isinstance(node, Loop) for node in inner) or any(map(_TRAINS.search, names_called(loop)))


def ends_itself(loop: Loop) -> bool:
    if isinstance(loop, ast.While) and any(map(_ENDS.search, words_of(loop.test))):
        return True
    if isinstance(loop, ast.For) and not any(map(_COUNTS.search, names_called(loop.iter))):
        return False
    counters = set(words_of(loop.target)) if isinstance(loop, ast.For) else set()
    changed = set(stored_in(loop)) - counters
    return any(depends(test, changed) for test in tests_of_leaving(loop.body, ()))


def depends(test: ast.expr, changed: set[str]) -> bool:
    """On something that the loop changes, and not on the number of the epoch alone."""
    parts = list(ast.walk(test))
    return bool(changed & set(words_of(test))) or any(isinstance(p, ast.Call | ast.Attribute) for p in parts)


def tests_of_leaving(body: list[ast.stmt], tests: tuple[ast.expr, ...]) -> Iterator[ast.expr]:
    """The conditions around each `break` or `return` that leaves this loop. Inner loops keep their own."""
    for statement in body:
        if isinstance(statement, ast.Break | ast.Return | ast.Raise):
            yield from tests
        elif isinstance(statement, ast.If):
            yield from tests_of_leaving(statement.body, (*tests, statement.test))
            yield from tests_of_leaving(statement.orelse, (*tests, statement.test))
        elif isinstance(statement, ast.With | ast.Try):
            yield from tests_of_leaving(statement.body, tests)


def words_of(node: ast.AST) -> list[str]:
    names = [n.id for n in ast.walk(node) if isinstance(n, ast.Name)]
    return names + [n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)]


def stored_in(loop: Loop) -> Iterator[str]:
    """What is only ever counted on, `e += 1`, is left out; a patience is set back."""
    counted = {id(node.target) for node in ast.walk(loop) if isinstance(node, ast.AugAssign)}
    for node in ast.walk(loop):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and id(node) not in counted:
            yield node.id
