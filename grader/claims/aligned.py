"""Tables of plain text whose columns are parted by nothing but blanks, with blanks inside headings and cells too."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from grader.claims.tables import Table

LONGEST_LINE = 600  # characters; a wider line is no table to read
MOST_PIECES = 40  # between columns of blanks that go through all lines
MOST_JOINED = 9  # pieces of one column: "Number of trainable params"
_NUMERIC = re.compile(r"[~≈]?[0-9][0-9.,:'_%smk]*|[?–-]|nan|none|todo", re.IGNORECASE)
_VALUE = re.compile(r"[(~≈<>+-]? ?[.,]?[0-9]|[?–-]|nan|none|todo|tensor|np\.", re.IGNORECASE)
_NO_BLANK = re.compile("[^ ]")
_UNITS = re.compile(r"(?:%|s|sec|secs|seconds|secondes|min|ms|m|k|epoch|/|[0-9]{3})", re.IGNORECASE)
_KNOWN, _UNKNOWN, _EMPTY, _STRAY = 10.0, -1.0, -1.0, -5.0  # worth of a heading; without cells; of a lone unit
_WIDE = 4.0  # cost of a gap inside a column
_SECOND = 3.0  # of a second cell below a heading, of an index joined to names
_TORN = 12.0  # of two columns with one blank between them in all lines
_CROOKED = 12.0  # of a heading that is not aligned with its cells, at most; one a character

HeadingKind = Literal["of numbers", "of words", ""]
Extent = tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class _Piece:
    """What stands between two columns of blanks: in the header, and the outermost places of the rows."""

    start: int
    end: int
    name: str
    named: Extent
    filled: Extent
    valued: bool  # most of its cells begin with a number
    numeric: bool  # half of its cells, or more, are numbers and units
    only_units: bool


def tables_of(
    header: Sequence[str], rows: Sequence[str], kind_of: Callable[[str], HeadingKind]
) -> list[Table]:
    """Readings of the first rows, of more rows, and of all: where the table ends is not told.

    Each as many rows as leave a column of blanks alive that one row more would fill.
    """
    lines = [*header, *rows]
    if max(map(len, lines)) > LONGEST_LINE:
        return []
    blanks = _blanks(header)
    ends: list[int] = []
    for at, row in enumerate(rows):
        fewer = blanks & _blanks([row])
        if at and _runs(fewer) < _runs(blanks):
            ends.append(at)
        blanks = fewer
        if _runs(blanks) < 2:
            break
    else:
        ends.append(len(rows))
    return [table for end in ends[-12:] if (table := _cut(header, rows[:end], kind_of)) is not None]


def _blanks(lines: Sequence[str]) -> int:
    """Bits of the columns that are blank in all lines."""
    ink = 0
    for line in lines:
        ink |= _ink(line)
    return ~ink & ((1 << LONGEST_LINE) - 1)


@lru_cache(maxsize=1024)
def _ink(line: str) -> int:
    return int(_NO_BLANK.sub("1", line).replace(" ", "0")[::-1] or "0", 2)


def _runs(blanks: int) -> int:
    """Number of pieces between the runs of blanks."""
    ink = ~blanks & ((1 << LONGEST_LINE) - 1)
    return (ink & ~(ink << 1)).bit_count()


def _cut(header: Sequence[str], rows: Sequence[str], kind_of: Callable[[str], HeadingKind]) -> Table | None:
    blanks = _blanks([*header, *rows])
    ink = "".join(" " if blanks >> at & 1 else "x" for at in range(LONGEST_LINE))
    places = [found.span() for found in re.finditer("x+", ink)]
    if not 2 <= len(places) <= MOST_PIECES:
        return None
    columns = _grouped([_piece(start, end, header, rows) for start, end in places], [*header, *rows], kind_of)
    return Table(
        tuple(_words(header, start, end) for start, end in columns),
        tuple(tuple(row[start:end].strip() for start, end in columns) for row in rows),
    )


def _piece(start: int, end: int, header: Sequence[str], rows: Sequence[str]) -> _Piece:
    cells = [row[start:end].strip() for row in rows]
    filled = [cell for cell in cells if cell]
    return _Piece(
        start,
        end,
        _words(header, start, end),
        _extent(header, start, end),
        _extent(rows, start, end),
        2 * sum(_VALUE.match(cell) is not None for cell in filled) > len(filled),
        2 * sum(all(_NUMERIC.fullmatch(w) or _UNITS.fullmatch(w) for w in cell.split()) for cell in filled)
        >= len(filled),
        bool(filled) and all(_UNITS.fullmatch(cell) for cell in filled),
    )


def _words(header: Sequence[str], start: int, end: int) -> str:
    return " ".join(word for line in header if (word := line[start:end].strip()))


def _extent(lines: Sequence[str], start: int, end: int) -> Extent:
    parts = [(line[start:end], start) for line in lines if line[start:end].strip()]
    if not parts:
        return None
    first = min(at + len(part) - len(part.lstrip()) for part, at in parts)
    return first, max(at + len(part.rstrip()) for part, at in parts)


def _grouped(
    pieces: Sequence[_Piece], lines: Sequence[str], kind_of: Callable[[str], HeadingKind]
) -> list[tuple[int, int]]:
    """The best way to join neighbours into columns: known headings, each aligned with what stands below it."""
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(pieces) + 1):
        ways = [
            (best[start][0] + _worth(pieces[start:end], kind_of), -start)
            for start in range(max(0, end - MOST_JOINED), end)
        ]
        worth, start = max(ways)
        torn = _TORN if end < len(pieces) and _touch(pieces[end - 1], pieces[end], lines) else 0.0
        best.append((worth - torn, -start))
    columns = []
    end = len(pieces)
    while end:
        start = best[end][1]
        columns.append((pieces[start].start, pieces[end - 1].end))
        end = start
    return columns[::-1]


def _touch(left: _Piece, right: _Piece, lines: Sequence[str]) -> bool:
    """One blank parts them in the header and in each row that has both: words of one phrase, or full columns."""
    if right.start - left.end != 1 or None in (left.named, right.named, left.filled):
        return False
    filled = [line for line in lines if line[left.start : left.end].strip()]
    sides = (slice(left.end - 1, left.end), slice(right.start, right.start + 1))
    return all(line[side].strip() for line in filled for side in sides)


def _worth(joined: Sequence[_Piece], kind_of: Callable[[str], HeadingKind]) -> float:
    kind = kind_of(" ".join(piece.name for piece in joined if piece.name))
    named = _union([piece.named for piece in joined])
    filled = _union([piece.filled for piece in joined])
    gaps = sum(_WIDE for a, b in pairwise(joined) if b.start - a.end > 1)
    if filled is None:
        return (_EMPTY if kind else _STRAY) - gaps
    if all(piece.only_units or piece.filled is None for piece in joined) and not kind:
        return _STRAY - gaps
    if named is None:
        return -gaps - 1.5 * len(joined) + 0.5
    if kind == "of words":
        gaps += _SECOND * sum(piece.numeric and piece.named is None for piece in joined)
    elif not all(piece.numeric for piece in joined):
        gaps += _SECOND * (sum(piece.filled is not None for piece in joined) - 1)
    middles = abs(named[0] + named[1] - filled[0] - filled[1]) // 2
    crooked = min(abs(named[0] - filled[0]), abs(named[1] - filled[1]), middles, _CROOKED)
    cells = [piece for piece in joined if piece.filled]
    fits = not all(piece.numeric for piece in cells) if kind == "of words" else kind and cells[0].valued
    return (_KNOWN if fits else _UNKNOWN) - crooked - gaps


def _union(extents: Sequence[Extent]) -> Extent:
    known = [extent for extent in extents if extent is not None]
    return (min(e[0] for e in known), max(e[1] for e in known)) if known else None
