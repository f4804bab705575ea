"""A script as cells: one, or one for each marker that editors and nbconvert write."""

import ast
import re
import warnings
from collections.abc import Iterable
from typing import Any

from grader.errors import SubmissionError
from grader.execution.notebook.text import merge_conflict

_MARKER = re.compile(r"#[ \t]?%%(?P<title>(?!\w).*)|#[ \t]In[ \t]?\[[\d ]*\]:[ \t]*")


def script_cells(text: str, name: str, remarks: list[str]) -> list[dict[str, Any]]:
    """Cells that together hold every line of the script. Raises SubmissionError for a merge conflict."""
    if _parses(text) is None and (conflict := merge_conflict(text)):
        raise SubmissionError(f"{name}: {conflict}")
    lines = text.removesuffix("\n").split("\n")
    starts = sorted({1, *_marker_lines(lines, text)})
    blocks = [lines[a - 1 : b - 1] for a, b in zip(starts, [*starts[1:], len(lines) + 1], strict=True)]
    if _parses(text) is not None and any(_parses("\n".join(block)) is None for block in blocks):
        remarks.append("a cell marker stands inside a block of code; run as one cell")
        starts, blocks = [1], [lines]
    return [_script_cell(start, block) for start, block in zip(starts, blocks, strict=True)]


def _marker_lines(lines: list[str], text: str) -> Iterable[int]:
    """Lines, from 1, with a marker that is a comment and not part of a string."""
    found = {number for number, line in enumerate(lines, start=1) if _MARKER.fullmatch(line)}
    tree = _parses(text) if found else None
    spans = {
        (node.lineno, node.end_lineno)
        for node in (ast.walk(tree) if tree else ())
        if isinstance(node, ast.Constant | ast.JoinedStr)
        and node.end_lineno
        and node.end_lineno > node.lineno
    }
    return {number for number in found if not any(first < number <= last for first, last in spans)}


def _script_cell(start: int, block: list[str]) -> dict[str, Any]:
    marker = _MARKER.fullmatch(block[0])
    cell: dict[str, Any] = {"id": f"line-{start}", "metadata": {"grader_first_line": start}}
    if marker and re.match(r"\s*(.*)\[(markdown|md)\]", marker["title"] or ""):
        text = "\n".join(re.sub(r"^# ?", "", line) for line in block[1:])
        cell["metadata"]["grader_first_line"] = start + 1
        return cell | {"cell_type": "markdown", "source": re.sub(r'^\s*"""\n?|"""\s*$', "", text)}
    return cell | {"cell_type": "code", "source": "\n".join(block), "execution_count": None, "outputs": []}


def _parses(source: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():  # invalid escapes of students are no concern of ours
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
