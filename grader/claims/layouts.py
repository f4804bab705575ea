"""Tables of plain text that may compare approaches: found by their header, read in each way that its line allows."""

import re
from collections.abc import Iterator

from grader.claims.aligned import HeadingKind, tables_of
from grader.claims.approaches import mode_of
from grader.claims.barred import MOST_LINES, is_rule, sign_of, table_at
from grader.claims.headings import heading_of
from grader.claims.ragged import ragged_table
from grader.claims.tables import Table
from grader.claims.text import LONGEST_LINE, folded
from grader.claims.words import SPLITS

_HEADER_LINES = 3
_ROWS = 60
_PERIOD = 4  # lines that a log writes for each epoch
_TAB = 8  # columns, as a terminal has them
_WORDS = (  # a header names two of them
    re.compile(r"param|weights|poids|trainable|entrainable|learnable"),
    re.compile(r"(?<![a-z])(?:acc|acur|prec|perf|scor|exact|juste|reussite|test)|taux"),
    re.compile(r"(?<![a-z])(?:temps?|time|tps|duree|duration|s/ep|sec|runtime)"),
    re.compile(
        r"model|reseau|network|approach|approche|method|strateg|archi|backbone|cnn|(?<![a-z])(?:mode|nom|name)"
    ),
)
_MODES = re.compile(r"scratch|zero|extract|frozen|gele|tun+|(?<![a-z])f[et](?![a-z])|affin")
_VALUE = re.compile(r"(?<![a-z0-9_])[0-9]+(?:[.,:][0-9]+)*(?![a-z0-9])")
_NUMBER = re.compile(r"[0-9]+")
_ASIDE = re.compile(r"\([^()]{0,100}\)")
_WRAPPED = re.compile(r"^(?=.*  )[^0-9]+$")  # the upper part of headings: gaps, no numbers
_OF_TWO = re.compile(r"^[(\[%/]|\)\s+\S")  # the rest of a heading, or one with the next one's words
_STATED = re.compile(r"[:=]\s*[-+]?[0-9.]")


def may_be_header(line: str) -> bool:
    """Names two columns and states no numbers, or names two approaches."""
    if len(line) > LONGEST_LINE // 2 or not line.strip():
        return False
    words = folded(line)
    if len(_MODES.findall(words)) > 1:
        return True
    named = sum(pattern.search(words) is not None for pattern in _WORDS)
    return named > 1 and len(_VALUE.findall(_ASIDE.sub(" ", words))) < 2 and not _STATED.search(words)


def headers_in(lines: list[str]) -> list[int]:
    """Places of lines that may be a header; not of a log, whose lines return with other numbers."""
    found = [at for at, line in enumerate(lines) if may_be_header(line)]
    return [at for at in found if not _returns(lines, at)]


def _returns(lines: list[str], at: int) -> bool:
    following = (_NUMBER.sub("0", line) for line in lines[at + 1 : at + 1 + _PERIOD])
    return _NUMBER.sub("0", lines[at]) in following


def tables_at(lines: list[str], at: int) -> tuple[list[Table], int]:
    """Readings of what begins with the header at this place, and where no other header can stand before."""
    sign = sign_of(lines[at])
    if sign is not None:
        table, after = table_at(lines, at, sign)
        if table is not None:
            return [table], after
    if sign in (None, "\t", ","):
        spread = [line.expandtabs(_TAB) for line in lines[max(0, at - _HEADER_LINES) : at + MOST_LINES]]
        return list(_of_blanks(spread, min(at, _HEADER_LINES))), at + 1
    return [], at + 1


def _of_blanks(lines: list[str], at: int) -> Iterator[Table]:
    """By the last words of each row; by columns of blanks, with the header's line alone and with wrapped headings."""
    rows: list[str] = []
    for line in lines[at + 1 :]:
        if (not line.strip() and rows) or len(rows) == _ROWS:
            break
        if line.strip() and not is_rule(line):
            rows.append(line.rstrip())
    if not rows:
        return
    ragged = ragged_table(lines[at], rows, _is_known)
    if ragged is not None:
        yield ragged
    for above in range(min(at + 1, _HEADER_LINES)):
        header = [line.rstrip() for line in lines[at - above : at + 1]]
        if above and (not _WRAPPED.search(header[0]) or is_rule(header[0])):
            return
        yield from tables_of(header, rows, _kind_of)


def _is_known(name: str) -> bool:
    return _kind_of(name) != ""


def _kind_of(name: str) -> HeadingKind:
    heading = None if _OF_TWO.search(name) else heading_of(name)
    if (
        mode_of(name) is not None
        or folded(name) in SPLITS
        or (heading is not None and heading.kind != "name")
    ):
        return "of numbers"
    return "of words" if heading is not None else ""
