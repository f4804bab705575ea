"""Where the code of a notebook sets a learning rate by hand: read, never run, and only ever a reason to ask a person.

The quick profile shortens trainings. A rate that depends on the number of the step, `lr = 0.1 * 0.95 ** (step // 391)`,
need not have changed by then.
"""

import ast
import json
import warnings
from pathlib import Path

LONGEST = 500_000  # characters of a notebook's code


def rate_set_in(path: Path) -> int | None:
    """The first cell, counted from 1, that assigns to ["lr"], in code that is no function or in one that is called."""
    trees = [(number, tree) for number, source in cells_of(path) if (tree := parsed(source)) is not None]
    called = {name for _, tree in trees for name in names_called(tree)}
    return next((number for number, tree in trees if sets_rate(tree, called)), None)


def cells_of(path: Path) -> list[tuple[int, str]]:
    """Numbers from 1, and sources, of the code cells; none of a file that cannot be read, or is too long."""
    try:
        cells = json.loads(path.read_bytes())["cells"]
        sources = [
            (number, cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"]))
            for number, cell in enumerate(cells, start=1)
            if cell["cell_type"] == "code"
        ]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []
    return sources if sum(len(source) for _, source in sources) <= LONGEST else []


def parsed(source: str) -> ast.Module | None:
    lines = ["" if line.lstrip().startswith(("%", "!")) else line for line in source.split("\n")]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def names_called(tree: ast.AST) -> set[str]:
    functions = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {
        f.id if isinstance(f, ast.Name) else f.attr
        for f in functions
        if isinstance(f, ast.Name | ast.Attribute)
    }


def sets_rate(tree: ast.AST, called: set[str]) -> bool:
    """Without the bodies of functions that nobody calls."""
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name not in called:
            continue
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.AugAssign)
            else []
        )
        for target in targets:
            if (
                isinstance(target, ast.Subscript)
                and isinstance(target.slice, ast.Constant)
                and target.slice.value == "lr"
            ):
                return True
        todo += ast.iter_child_nodes(node)
    return False
