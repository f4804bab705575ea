"""What the code cells themselves say: which print or plot, and in which order they were run."""

import ast
import warnings
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from grader.schema.claims import ExecutionOrder

LONGEST_SOURCE = 200_000  # characters
_SHOWS = frozenset("print display show plot imshow scatter hist summary pprint".split())
_SILENT = frozenset({"clear_output", "redirect_stdout", "capture"})


def prints(source: str) -> bool:
    """Whether the cell shows something whenever it runs to its end.

    It does if it calls print, display or a plot outside functions, classes, conditions and loops, or ends in a value.
    Errs on the quiet side: a call of the student's own function, loops (they may be empty), cell magics and shell
    lines are taken as silent, as is a cell that clears its output.
    """
    source = source[:LONGEST_SOURCE]
    if source.lstrip().startswith("%%"):
        return False
    lines = ["" if line.lstrip().startswith(("%", "!")) else line for line in source.split("\n")]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    calls = list(_calls(tree.body))
    if any(_name(call) in _SILENT for call in calls):
        return False
    if any(
        _name(call) in _SHOWS and not any(k.arg in ("file", "end") for k in call.keywords) for call in calls
    ):
        return True
    return bool(tree.body) and _is_value(tree.body[-1]) and not lines[-1].rstrip().endswith(";")


def _calls(body: Iterable[ast.stmt]) -> Iterator[ast.Call]:
    """Calls that stand as statements of their own and are always reached."""
    for statement in body:
        if isinstance(statement, ast.With):
            yield from (
                item.context_expr for item in statement.items if isinstance(item.context_expr, ast.Call)
            )
            yield from _calls(statement.body)
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            yield statement.value


def _name(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _is_value(statement: ast.stmt) -> bool:
    """An expression that shows itself at the end of a cell; a call may return nothing."""
    return isinstance(statement, ast.Expr) and isinstance(
        statement.value, ast.Name | ast.Tuple | ast.List | ast.Dict | ast.BinOp | ast.JoinedStr
    )


def order_of(counts: Sequence[int | None], any_output: bool) -> ExecutionOrder:
    """The order in which code cells were run, by their execution counts.

    Gaps are left by cells that were run again and say nothing. Without counts but with outputs there is no sign of
    another order.
    """
    numbers = [count for count in counts if count is not None]
    if not numbers:
        return "in order" if any_output else "not run"
    rising = all(a < b for a, b in pairwise(numbers))
    return "in order" if rising else "out of order"
