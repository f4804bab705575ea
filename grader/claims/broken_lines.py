"""Outputs as lines on which a table can be found: columns kept, parts that were broken off put back beside each other."""

import html
import re
from collections.abc import Iterator
from itertools import zip_longest

from grader.claims.text import LONGEST_LINE, bounded, clean

_ROWS = 60  # of a broken table
_PRE = re.compile(r"<pre\b[^<>]{0,4000}>", re.IGNORECASE)
_TAG = re.compile(r"<[!/?a-zA-Z][^<>]{0,4000}>")


def whole_lines(text: str) -> list[str]:
    """Lines without control characters, tabulators and empty lines kept; of a table that pandas broke, one line a row."""
    lines = []
    for raw in bounded(text).split("\n"):
        if "\t" in raw:
            lines.append("\t".join(clean(part) for part in raw[:LONGEST_LINE].split("\t")))
        else:
            lines.append(clean(raw).rstrip())
    return _unbroken(lines) if any(line.endswith("\\") for line in lines) else lines


def preformatted(text: str) -> Iterator[str]:
    """What stands in `<pre>`: rich's tables in a notebook."""
    text = bounded(text)
    at = 0
    while begin := _PRE.search(text, at):
        end = text.find("</pre", begin.end())
        at = len(text) if end < 0 else end
        yield html.unescape(_TAG.sub("", text[begin.end() : at]))


def _unbroken(lines: list[str]) -> list[str]:
    """`\\` at the end of pandas' header: the table goes on below, after an empty line, with as many lines."""
    found: list[str] = []
    at = 0
    while at < len(lines):
        if not lines[at].endswith("\\"):
            found.append(lines[at])
            at += 1
            continue
        parts: list[list[str]] = []
        more = True
        while more and at < len(lines):
            furthest = min(len(lines), at + _ROWS)
            end = next((n for n in range(at, furthest) if not lines[n].strip()), furthest)
            more = lines[at].endswith("\\")
            parts.append([line.removesuffix("\\").rstrip() for line in lines[at:end]])
            at = end + 1 if more else end
        height = min(map(len, parts))
        if height:
            first, *others = [part[:height] for part in parts]
            found += _beside([first, *(_without_index(part, first) for part in others)])
        found += parts[-1][height:]
    return found


def _without_index(part: list[str], first: list[str]) -> list[str]:
    """The index stands again at the left of each part: as wide as the rows agree, and blank or equal in the header."""
    agree = [_agreeing(row, of) for row, of in zip(part, first, strict=True)]
    blank = len(part[0]) - len(part[0].lstrip())
    width = min([max(agree[0], blank), *agree[1:]])
    return [line[width:] for line in part]


def _agreeing(line: str, other: str) -> int:
    """Number of columns at the left that show the same words; lines go on in blanks."""
    pairs = zip_longest(line, other.rstrip(), fillvalue=" ")
    differs = next((at for at, (a, b) in enumerate(pairs) if a != b), None)
    return LONGEST_LINE if differs is None else line.rfind(" ", 0, differs) + 1


def _beside(parts: list[list[str]]) -> list[str]:
    widths = [max(map(len, part), default=0) for part in parts]
    rows = zip(*parts, strict=True)
    return ["  ".join(p.ljust(w) for p, w in zip(row, widths, strict=True))[:LONGEST_LINE] for row in rows]
