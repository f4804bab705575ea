"""A table that compares approaches: where its headings stand, which column holds what, and whether it is one."""

import re
from collections.abc import Sequence
from itertools import pairwise

from grader.claims.comparison_rows import rows_of
from grader.claims.elimination import completed
from grader.claims.headings import Heading, heading_of
from grader.claims.markup import plain
from grader.claims.tables import Table
from grader.claims.text import folded
from grader.schema.claims import MOST_TABLE_ROWS, Column, ComparisonTable, TableRow

COLUMNS: tuple[Column, ...] = ("trainable", "accuracy", "seconds")
MOST_COLUMNS = 40
_HEADER_ROWS = 3  # a title or pandas' name of the index may stand above or below the headings
_HEADER_COLUMNS = 2  # of a table turned round: pandas' index may stand before them
_LETTERS = re.compile(r"[^\W\d_]")
_OF_CLASSES = re.compile(r"recall|rappel|f1")
_ANSWER = re.compile(r"(true|yes|oui|vrai|✓|✔|✅)|(?:false|no|non|faux|✗|✘|❌)", re.IGNORECASE)
_EPOCH = re.compile(r"(?:training |n[o°]? )?(?:epochs?|epoques?|ep)")

Grid = list[list[str]]
Rank = tuple[int, int, int, int]


def read_comparison(grids: Sequence[Grid], cell: int, written: bool) -> ComparisonTable | None:
    """The table as records, with its approaches as rows or as columns, as `grids_of` gives it. None: it compares none.

    It does if it has a column that is asked for and rows of two approaches, two columns and an approach, or all three
    columns and rows with names. A log, whose epochs rise from row to row, does not.
    Catches: columns and rows in any order, more columns, several name columns, a title or an index's name above.
    Misses: a cell with two numbers of which none is told to be meant; a heading over several columns.
    """
    found = [read for grid in grids if (read := _read(grid, cell, written)) is not None]
    return max(found, key=rank_of, default=None)


def grids_of(table: Table) -> list[Grid]:
    """The table as it stands and turned round, if its headings then name a column that is asked for."""
    rows = [row[:MOST_COLUMNS] for row in (table.header, *table.rows[: 2 * MOST_TABLE_ROWS])]
    width = max(map(len, rows))
    rows = [("",) * (width - len(row)) + tuple(row) for row in rows]
    tops = [at for at in range(min(_HEADER_ROWS, len(rows) - 1)) if _names_columns(rows[at])]
    sides = [at for at in range(min(_HEADER_COLUMNS, width - 1)) if _names_columns([row[at] for row in rows])]
    if not tops and not sides:
        return []
    grid = [[plain(text) for text in row] for row in rows]
    turned = [list(column) for column in zip(*grid, strict=True)]
    return [grid[at:] for at in tops] + [turned[at:] for at in sides]


def rank_of(table: ComparisonTable) -> Rank:
    """By which the better of two readings of one table is told: columns, rows with an approach, values, fewer rows."""
    missing = sum((row.trainable, row.accuracy, row.seconds).count(None) for row in table.rows)
    told = sum(row.mode is not None for row in table.rows)
    return len(table.columns), told, 3 * len(table.rows) - missing, -len(table.rows)


def _names_columns(texts: Sequence[str]) -> bool:
    return bool(_places([heading_of(plain(text)) for text in texts]))


def _read(grid: Grid, cell: int, written: bool) -> ComparisonTable | None:
    headings = [heading_of(text) for text in grid[0]]
    if any(_OF_CLASSES.search(folded(text)) for text in grid[0]):  # there, precision is another measure
        headings = [None if h is not None and h.kind == "accuracy" else h for h in headings]
    places = _places(headings)
    if not places or _is_log(grid):
        return None
    names = _name_places(grid, headings, set(places.values()))
    rows = rows_of(
        answered(grid, names),
        names,
        {column: (at, headings[at] or Heading(column)) for column, at in places.items()},
    )
    if not _compares(rows, len(places)):
        return None
    rows = completed(rows)
    return ComparisonTable(
        cell=cell,
        written=written,
        columns=tuple(column for column in COLUMNS if column in places),
        rows=tuple(row.model_copy(update={"cell": cell, "written": written}) for row in rows),
    )


def _places(headings: Sequence[Heading | None]) -> dict[Column, int]:
    """Of several columns of a kind the one whose heading says it best; the first of equal ones."""
    places: dict[Column, int] = {}
    for column in COLUMNS:
        of_kind = [(-h.rank, at) for at, h in enumerate(headings) if h is not None and h.kind == column]
        if of_kind:
            places[column] = min(of_kind)[1]
    return places


def _name_places(grid: Grid, headings: Sequence[Heading | None], values: set[int]) -> list[int]:
    """Columns of words: those with a name's heading or none, and those left of the first value."""
    worded = [
        at
        for at in range(len(headings))
        if at not in values and any(_LETTERS.search(row[at]) for row in grid[1:])
    ]
    named = [at for at in worded if (h := headings[at]) is not None and h.kind == "name"]
    unknown = [at for at in worded if headings[at] is None]
    return sorted({*named, *(at for at in unknown if at < min(values))}) or unknown[:1]


def answered(grid: Grid, names: Sequence[int]) -> Grid:
    """The rows below the headings. `False`, or a cross, below `pretrained` says `pretrained=False`."""

    def told(at: int, text: str) -> str:
        answer = _ANSWER.fullmatch(text) if at in names else None
        return f"{grid[0][at].rstrip(' ?:')}={bool(answer[1])}" if answer else text

    return [[told(at, text) for at, text in enumerate(row)] for row in grid[1:]]


def _is_log(grid: Grid) -> bool:
    """A column of epochs that rise from row to row."""
    for at, text in enumerate(grid[0]):
        if _EPOCH.fullmatch(folded(text)):
            numbers = [int(row[at]) for row in grid[1:] if row[at].isdecimal() and len(row[at]) < 7]
            if len(numbers) > 2 and all(a < b for a, b in pairwise(numbers)):
                return True
    return False


def _compares(rows: Sequence[TableRow], columns: int) -> bool:
    modes = [row.mode for row in rows if row.mode]
    named = sum(bool(_LETTERS.search(row.label)) for row in rows)
    return len(set(modes)) > 1 or (columns > 1 and bool(modes)) or (columns == len(COLUMNS) and named > 1)
