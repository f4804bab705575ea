"""Reads what a notebook's outputs state, before anything is run."""

import re
from collections.abc import Mapping
from typing import Any

from nbformat import NotebookNode

from grader.claims.cell import CellClaims
from grader.claims.code import order_of, prints
from grader.claims.origins import code_in, printed_in, shown_in
from grader.claims.outputs import blocks, figures_of, outputs_of, texts_of, was_cut
from grader.claims.pictures import picture_of_table
from grader.claims.table_search import TableSearch
from grader.claims.tables import Table
from grader.claims.text import LONGEST_OUTPUT, folded, joined
from grader.schema.claims import MOST_CLAIMS, Claim, Claims, Split

MOST_CELLS = 2_000
MOST_CHARACTERS = 2_000_000  # of all outputs of a file; later ones are not read
_CHARACTERS_OF_A_POINT = 20  # a number in a figure's data
_OTHER_PRECISION = re.compile(r"recall|rappel|f1[ _-]?score|\bf1\b")


def read_claims(notebook: NotebookNode, file: str) -> Claims:
    """The numbers that the notebook's outputs, and the tables of its text cells, state; in the order of the cells.

    `notebook` is the file as handed in, with its outputs; any field may be missing, of another type or hostile. Raises
    nothing of its own, writes nothing, runs nothing. Bounded in cells, outputs, lines, tokens and claims.
    Catches: logs and summaries in English and French (lines.py), progress bars, tables (columns.py), Plotly's curves;
    the table that compares approaches (table_search.py).
    Misses: pictures; numbers without a word beside them (`0 0.41 0.72`); errors instead of accuracies; best values.
    """
    found: list[Claim] = []
    silent: list[int] = []
    spoken: list[int] = []
    counts: list[int | None] = []
    search = TableSearch()
    any_output, left = False, MOST_CHARACTERS
    cells = notebook.get("cells")
    code = [
        (number, cell)
        for number, cell in enumerate(cells[:MOST_CELLS] if isinstance(cells, list) else [])
        if isinstance(cell, Mapping) and cell.get("cell_type") == "code"
    ]
    for number, cell in enumerate(cells[:MOST_CELLS] if isinstance(cells, list) else []):
        if not isinstance(cell, Mapping):
            continue
        source = joined(cell.get("source"))
        reader = CellClaims(file, number, counts_parameters="numel" in source)
        if cell.get("cell_type") == "markdown":
            _read_text_cell(reader, search, source)
        elif cell.get("cell_type") == "code":
            outputs = outputs_of(cell)
            any_output |= bool(outputs)
            counts.append(_count(cell))
            if any(output.get("name") != "stderr" for output in outputs):
                spoken.append(number)
            elif not outputs and prints(source):
                silent.append(number)
            left -= _read_outputs(reader, search, outputs, left)
        found += reader.claims()
    return Claims(
        file=file,
        cells_without_output=tuple(silent),
        cells_with_output=tuple(spoken),
        claims=tuple(found[:MOST_CLAIMS]),
        execution_order=order_of(counts, any_output),
        printed=printed_in(code),
        code=code_in(code),
        shown=shown_in(code),
        table=search.best,
        pictured=picture_of_table(cells[:MOST_CELLS]) if isinstance(cells, list) else None,
    )


def final_accuracies(claims: Claims) -> list[Claim]:
    """The last accuracy that each cell's output states for each split: that of the last epoch, or of a final line."""
    last: dict[tuple[int, Split | None], Claim] = {}
    for claim in claims.claims:
        if claim.quantity == "accuracy":
            last.pop((claim.cell, claim.split), None)  # so that the order is that of the last ones
            last[claim.cell, claim.split] = claim
    return sorted(last.values(), key=lambda claim: claim.cell)


def _read_outputs(
    reader: CellClaims, search: TableSearch, outputs: list[Mapping[str, Any]], left: int
) -> int:
    """Reads at most `left` characters; returns how many were read."""
    texts, read = [], 0
    for kind, text in texts_of(outputs):
        if read + min(len(text), LONGEST_OUTPUT) > left:
            reader.cut = True
            break
        read += min(len(text), LONGEST_OUTPUT)
        texts.append((kind, text))
    reader.interrupted = any(output.get("output_type") == "error" for output in outputs)
    reader.precise = not any(_OTHER_PRECISION.search(folded(text[:100_000])) for _, text in texts)
    for kind, text in texts:
        reader.cut |= was_cut(text)
        found = list(blocks(kind, text))
        for block in found:
            reader.add(block)
        search.add(reader.cell, False, kind, text, found)
    for figure in figures_of(outputs):
        if read > left:
            break
        read += _CHARACTERS_OF_A_POINT * reader.add_figure(figure)
    return read


def _read_text_cell(reader: CellClaims, search: TableSearch, source: str) -> None:
    """Tables only: sentences of a text cell quote the statement, goals and other people's results."""
    reader.written = True
    kind = "html" if "<table" in source.lower() else "text"
    tables = [block for block in blocks(kind, source) if isinstance(block, Table)]
    for table in tables:
        reader.add(table)
    search.add(reader.cell, True, kind, source, tables)


def _count(cell: Mapping[str, Any]) -> int | None:
    count = cell.get("execution_count", cell.get("prompt_number"))
    return count if isinstance(count, int) and not isinstance(count, bool) else None
