"""Tables in outputs and text cells: HTML, Markdown, and columns of plain text, as rows of cells among other lines."""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from grader.claims.text import bounded, clean, folded
from grader.claims.words import SPLITS, meaning_of, with_phrases_joined

LONGEST_PAGE = 4_000_000  # characters; a figure that brings its own scripts has so many
MOST_ROWS = 1_000
MOST_CELLS = 60  # of a row
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,10})\b[^<>]{0,4000}>")
_SPAN = re.compile(r"\bcolspan\s?=\s?[\"']?([0-9]{1,2})(?![0-9])", re.IGNORECASE)
_OTHER_TAG = re.compile(r"<[!/?a-zA-Z][^<>]{0,4000}>")
_BREAKS = frozenset("br p div li pre h1 h2 h3 h4 h5 h6 table tr td th".split())
_HIDDEN = ("style", "script")
_BARS = str.maketrans("│┃║", "|||")
_RULE = re.compile(r"[\s|+:=\-─━┄╌┼╇╪┤├╞╡┏┓┗┛┌┐└┘┡┩┳┻┬┴╒╕╘╛]+")
_MARKDOWN_RULE = re.compile(r"[\s|:]*-[\s|:\-]*")
_GAPS = re.compile(r"\s{2,}")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below a header. A row with one cell more begins with an index, which has no name."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = str | Table


def blocks_of_html(text: str) -> Iterator[Block]:
    """Tables and the lines between them. Nested tables end the outer one's row; styles and scripts are left out."""
    rows: list[list[str]] = []
    words: list[str] = []
    at, span = 0, 1
    text = bounded(_without_hidden(text[:LONGEST_PAGE]))

    def flushed() -> str:
        line = clean(html.unescape(_OTHER_TAG.sub(" ", "".join(words))).replace("\n", " ")).strip()
        words.clear()
        return line

    for tag in _TAG.finditer(text):
        name = tag[2].lower()
        if name not in _BREAKS:
            continue
        words.append(text[at : tag.start()])
        at = tag.end()
        line = flushed()
        if name in ("td", "th") and not tag[1]:
            found = _SPAN.search(tag[0])
            span = int(found[1]) if found else 1
        elif name in ("td", "th") and rows:
            if len(rows[-1]) < MOST_CELLS:
                rows[-1] += [line, *[""] * (min(span, MOST_CELLS - len(rows[-1])) - 1)]
        elif name == "tr" and not tag[1]:
            rows += [[]] if len(rows) < MOST_ROWS else []
        elif name == "table":
            yield from _table(rows)
            rows = []
        if line and not (name in ("td", "th", "tr") and rows):
            yield line
    words.append(text[at:])
    yield from _table(rows)
    if line := flushed():
        yield line


def _without_hidden(text: str) -> str:
    for name in _HIDDEN:
        pieces, at, lower = [], 0, text.lower()
        if len(lower) != len(text):
            continue  # a letter that grows in lower case: places would not agree
        while (start := lower.find(f"<{name}", at)) >= 0:
            pieces.append(text[at:start])
            end = lower.find(f"</{name}>", start)
            at = len(text) if end < 0 else end + len(name) + 3
        text = "".join(pieces) + text[at:]
    return text


def _table(rows: list[list[str]]) -> Iterator[Table]:
    filled = [tuple(row) for row in rows if any(row)]
    if len(filled) > 1:
        yield Table(filled[0], tuple(filled[1:]))


def blocks_of_lines(lines: Iterable[str]) -> Iterator[Block]:
    """Tables whose columns are parted by bars or blanks, and all other lines, in their order."""
    waiting = list(lines)
    at = 0
    while at < len(waiting):
        table, after = _table_at(waiting, at)
        yield waiting[at] if table is None else table
        at = after


def _table_at(lines: list[str], at: int) -> tuple[Table | None, int]:
    """A table that begins with this line as its header, and where it ends."""
    single = _single_blanks(lines[at])
    header = _cells(lines[at], single)
    ruled = at + 1 < len(lines) and _MARKDOWN_RULE.fullmatch(lines[at + 1]) and "|" in lines[at]
    if not ruled and not _is_header(header, single):
        return None, at + 1
    edges = _right_edges(lines[at], header)
    rows: list[tuple[str, ...]] = []
    after = at + 1
    while after < len(lines) and len(rows) < MOST_ROWS:
        line = lines[after]
        if _RULE.fullmatch(line):
            after += 1
            continue
        row = _aligned(line, header, edges, single) if any(letter.isdigit() for letter in line) else None
        if row is None:
            if rows or after > at + 1 or any(letter.isdigit() for letter in line):
                break
            row = ()  # the name of pandas' index stands between header and rows
        if row:
            rows.append(row)
        after += 1
    return (Table(header, tuple(rows)), after) if rows else (None, at + 1)


def _single_blanks(line: str) -> bool:
    """Neither bars nor gaps part the line."""
    line = line.translate(_BARS).rstrip("\\").strip()
    return "|" not in line and len(_GAPS.split(line)) == 1


def _cells(line: str, single: bool) -> tuple[str, ...]:
    line = line.translate(_BARS).rstrip("\\").strip()
    if "|" in line:
        inner = line.removeprefix("|").removesuffix("|")
        return tuple(cell.strip() for cell in inner.split("|"))[:MOST_CELLS]
    return tuple(line.split() if single else _GAPS.split(line))[:MOST_CELLS]


def _is_header(cells: tuple[str, ...], single: bool) -> bool:
    """Two names or more, one of them a number's, and no numbers; words with single blanks must all be such names."""
    if len(cells) < 2 or any(_has_number(cell) for cell in cells):
        return False
    known = [_is_known(cell) for cell in cells]
    return all(known) if single else any(known)


def _has_number(cell: str) -> bool:
    """`0.72`, `12 s`; `top-1` and `CNN1` are names."""
    return re.search(r"(?<![A-Za-z@_-])[0-9]", cell) is not None


def _is_known(cell: str) -> bool:
    words = re.split(r"[^a-z0-9@]+", with_phrases_joined(folded(cell)))
    meanings = ("accuracy", "loss", "parameters", "rate", "epoch")
    return any(meaning_of(word) in meanings or word in SPLITS for word in words)


def _right_edges(line: str, header: tuple[str, ...]) -> list[int]:
    edges, at = [], 0
    for name in header:
        at = line.index(name, at) + len(name) if name in line[at:] else at
        edges.append(at)
    return edges


def _aligned(line: str, header: tuple[str, ...], edges: list[int], single: bool) -> tuple[str, ...] | None:
    """The row's cells below the header's names, by their number or by where they end. None: not a row."""
    cells = _cells(line, single)
    if len(cells) == len(header) or (len(cells) == len(header) + 1 and "|" not in line.translate(_BARS)):
        return cells
    by_edge = {match.end(): match[0] for match in re.finditer(r"\S+(?:\s\S+)*", line)}
    row = tuple(by_edge.get(edge, "") for edge in edges)
    index = "" if cells[0] in row else cells[0]
    return (index, *row) if sum(bool(cell) for cell in (index, *row)) >= 2 else None
