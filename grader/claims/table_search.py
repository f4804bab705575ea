"""Looks for the table that compares approaches in all outputs and text cells of a file, and keeps the best one."""

from collections.abc import Iterator, Sequence

from grader.claims.barred import latex_tables
from grader.claims.broken_lines import preformatted, whole_lines
from grader.claims.comparison_table import grids_of, rank_of, read_comparison
from grader.claims.layouts import headers_in, tables_at
from grader.claims.tables import Block, Table
from grader.schema.claims import ComparisonTable

MOST_HEADERS = 60  # lines of a text that are tried as a header, its last
MOST_ATTEMPTS = 1_000  # of a file
MOST_READ = 60_000  # cells of a file's tables that are read; one table may be read in several ways
MOST_WRITTEN = 1_000_000  # characters of all text cells together


class TableSearch:
    """Takes the texts in the order of the file.

    `best`: most columns, then most rows with an approach; a table with values before an empty one, one of an output
    before a written one, the later one when still equal.
    """

    def __init__(self) -> None:
        self.best: ComparisonTable | None = None
        self._attempts = MOST_ATTEMPTS
        self._cells = MOST_READ
        self._characters = MOST_WRITTEN

    def add(self, cell: int, written: bool, kind: str, text: str, blocks: Sequence[Block]) -> None:
        """`blocks`: what the text was read as; of plain text, its tables count where no other reading is better."""
        if written:
            self._characters -= len(text)
            if self._characters < 0:
                return
        best: ComparisonTable | None = None
        for table in self._tables(written, kind, text, blocks):
            found = self._read(table, cell, written)
            if found is not None and (best is None or rank_of(found) >= rank_of(best)):
                best = found
        if best is not None and (self.best is None or _standing(best) >= _standing(self.best)):
            self.best = best

    def _tables(self, written: bool, kind: str, text: str, blocks: Sequence[Block]) -> Iterator[Table]:
        yield from (block for block in blocks if isinstance(block, Table))
        if kind == "html":
            for inner in preformatted(text):
                yield from self._of_text(inner)
        if kind != "html" or written:  # a text cell may hold tables of both kinds
            yield from self._of_text(text)

    def _of_text(self, text: str) -> Iterator[Table]:
        if "\\begin" in text:
            yield from latex_tables(text)
        lines = whole_lines(text)
        after = 0
        for at in headers_in(lines)[-MOST_HEADERS:]:
            if at >= after and self._attempts:
                self._attempts -= 1
                tables, after = tables_at(lines, at)
                yield from tables

    def _read(self, table: Table, cell: int, written: bool) -> ComparisonTable | None:
        grids = grids_of(table) if self._cells > 0 else []
        self._cells -= sum(len(grid) * len(grid[0]) for grid in grids)
        return read_comparison(grids, cell, written)


def _standing(table: ComparisonTable) -> tuple[int, int, bool, bool]:
    columns, told, values, _ = rank_of(table)
    return columns, told, values > 0, not table.written
