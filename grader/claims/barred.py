"""Tables of plain text whose cells are parted by a sign: bars of any drawing, tabulators, semicolons, commas, `&`."""

import csv
import re
from collections.abc import Iterator, Sequence

from grader.claims.approaches import mode_of
from grader.claims.tables import MOST_CELLS, Table
from grader.claims.text import LONGEST_OUTPUT

MOST_LINES = 200  # of a table
_HEADER_LINES = 5  # a heading may be wrapped
_OUTLINED_LINES = 12  # that tell whether bars stand around the table
_BARS = str.maketrans("│┃║┆┇┊┋╎╏╽╿", "|||||||||||")
_RULE = re.compile(r"[\s|+:=\-_~.\u2500-\u257f]+")
_STROKES = re.compile(r"[=\-_~\u2500-\u257f]{2}|[╷╵╶╴╻╹]")  # which cells without a word do not make
_DRAWN = re.compile(r"[+\u2500-\u257f]")  # a rule of a drawn table, whose cells may be wrapped
_BETWEEN = re.compile(r"\|-+\s*|\|\+.{0,200}")  # MediaWiki: between rows, and the caption
_LATEX = re.compile(r"\\begin\s*\{(?:tabular|array|tabularx|longtable|matrix)[^{}]{0,10}\}")
_LATEX_END = re.compile(r"\\end\s*\{")
_LATEX_RULE = re.compile(
    r"\\(?:hline|toprule|midrule|bottomrule|endhead|(?:cline|cmidrule)(?:\([a-z]*\))?\{[0-9-]{0,9}\})"
)
_SPECIFICATION = re.compile(r"\s*\{(?:[^{}]|\{[^{}]{0,40}\}){0,200}\}")


def is_rule(line: str) -> bool:
    drawn = _RULE.fullmatch(line) is not None and _STROKES.search(line) is not None
    return drawn or _BETWEEN.fullmatch(line.strip()) is not None


def sign_of(line: str) -> str | None:
    """What parts the cells of a header; None: blanks."""
    bars = line.translate(_BARS)
    if "|" in bars or "!!" in bars:
        return "|"
    return next((sign for sign in "\t;," if line.count(sign) >= 2), None)


def _outlined(lines: Sequence[str], sign: str) -> tuple[bool, bool]:
    """Whether all lines begin, and end, with the sign: then it parts nothing there."""
    barred = [
        bars
        for line in lines
        if sign in (bars := line.translate(_BARS).strip().lstrip("> ")) and not is_rule(line)
    ]
    return all(bars.startswith(sign) for bars in barred), all(bars.endswith(sign) for bars in barred)


def cells_of(line: str, sign: str, outlined: tuple[bool, bool] = (True, True)) -> list[str]:
    if sign == "|":
        line = line.translate(_BARS).strip().lstrip("> ")
        if "!!" in line:
            line = line.removeprefix("!").replace("!!", "||")
        once = line.strip("|").replace("||", "")
        if "||" in line and "|" not in re.sub(r'="[^"|]*"\s*\|', "", once) and any(map(str.isalnum, line)):
            line = re.sub(r'style="[^"|]*"\s*\|', "", line).replace("||", "|")  # Jira, MoinMoin, MediaWiki
        line = line.removeprefix("|") if outlined[0] else line
        line = line.removesuffix("|") if outlined[1] else line
        return [cell.strip() for cell in line.split("|")][:MOST_CELLS]
    if sign == "\t":
        return [cell.strip() for cell in line.split("\t")][:MOST_CELLS]
    try:
        return next(csv.reader([line], delimiter=sign, skipinitialspace=True), [])[:MOST_CELLS]
    except csv.Error:
        return []


def table_at(lines: Sequence[str], at: int, sign: str) -> tuple[Table | None, int]:
    """The table around the header line at this place, and where it ends. Wrapped cells are put together."""
    first, last = _header(lines, at, sign)
    outlined = _outlined(lines[first : last + _OUTLINED_LINES], sign)
    header = _joined([cells_of(line, sign, outlined) for line in lines[first:last]])
    rows: list[list[str]] = []
    wraps = any(is_rule(line) and _DRAWN.search(line) for line in lines[max(0, first - 1) : last + 1])
    fresh = True  # a rule or the header stands directly above
    after = last
    while after < len(lines) and after - last < MOST_LINES:
        line = lines[after]
        if is_rule(line) or (not rows and not line.strip()):
            fresh |= bool(line.strip())
            after += 1
            continue
        cells = cells_of(line, sign, outlined) if sign in line.translate(_BARS) else []
        if len(cells) < 2 or (sign != "|" and len(cells) != len(header)):
            break
        if wraps and rows and not fresh and _continues(cells, rows[-1]):
            rows[-1] = _joined([rows[-1], cells])
        else:
            rows.append(cells)
        fresh = False
        after += 1
    fitting = [(*row, *[""] * (len(header) - len(row))) for row in rows if len(row) <= len(header) + 1]
    return (Table(tuple(header), tuple(fitting)) if fitting and len(header) > 1 else None), after


def _header(lines: Sequence[str], at: int, sign: str) -> tuple[int, int]:
    """The lines of the header: those between two rules, where its line stands between two."""
    first, last = at, at + 1
    while first > 0 and at - first < _HEADER_LINES and sign in lines[first - 1].translate(_BARS):
        if is_rule(lines[first - 1]):
            break
        first -= 1
    while (
        last < len(lines) and last - at < _HEADER_LINES and not is_rule(lines[last]) and lines[last].strip()
    ):
        last += 1
    ruled = first > 0 and is_rule(lines[first - 1]) and last < len(lines) and is_rule(lines[last])
    return (first, last) if ruled else (at, at + 1)


def _continues(cells: Sequence[str], above: Sequence[str]) -> bool:
    """The rest of a wrapped row: fewer cells, no numbers beside the name, and not the name of another approach."""
    if len(cells) != len(above) or any(letter.isdigit() for cell in cells[1:] for letter in cell):
        return False
    fewer = any(not cell and before for cell, before in zip(cells, above, strict=True))
    return fewer and not (mode_of(" ".join(cells)) and mode_of(above[0]))


def _joined(lines: Sequence[Sequence[str]]) -> list[str]:
    width = max(map(len, lines))
    padded = [[*line, *[""] * (width - len(line))] for line in lines]
    return [" ".join(filter(None, cells)) for cells in zip(*padded, strict=True)]


def latex_tables(text: str) -> Iterator[Table]:
    """`tabular` and `array`, as rows between two backslashes."""
    text = text[:LONGEST_OUTPUT]
    at = 0
    while begin := _LATEX.search(text, at):
        end = _LATEX_END.search(text, begin.end())
        at = end.start() if end else len(text)
        columns = _SPECIFICATION.match(text, begin.end(), at)
        body = _LATEX_RULE.sub(" ", text[columns.end() if columns else begin.end() : at]).replace("\n", " ")
        rows = [_latex_cells(row) for row in body.split("\\\\")[:MOST_LINES] if "&" in row]
        if len(rows) > 1:
            yield Table(tuple(rows[0]), tuple(tuple(row) for row in rows[1:]))


def _latex_cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.replace("\\&", " and ").split("&")][:MOST_CELLS]
