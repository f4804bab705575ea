"""Outputs as lines of plain text, bounded: what a page would show, without control characters."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

LONGEST_OUTPUT = 400_000  # characters of one output; of a longer one, its beginning and its end
LONGEST_LINE = 2_000  # characters; the rest of a longer line is data
_FOLDED = 2 * LONGEST_LINE  # one character may fold into eighteen

_BACKSPACES = re.compile("\x08+")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def joined(value: Any) -> str:
    """A multi-line string of the notebook format, which is a string or a list of them; "" for anything else."""
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def bounded(text: str) -> str:
    """The text, or the whole lines within its first and its last half of LONGEST_OUTPUT."""
    if len(text) <= LONGEST_OUTPUT:
        return text
    half = LONGEST_OUTPUT // 2
    first, last = text[:half], text[-half:]
    return first[: first.rfind("\n") + 1] + last.partition("\n")[2]


def lines_of(text: str) -> Iterator[str]:
    """Lines as a terminal leaves them: of a line rewritten by carriage returns only the last state."""
    for line in _BACKSPACES.sub("\r", bounded(text)).split("\n"):
        state = clean(line.rstrip("\r").rpartition("\r")[2])
        if state.strip():
            yield state


def clean(line: str) -> str:
    """The line without escapes, control and direction characters, cut at a blank if it is too long."""
    if len(line) > LONGEST_LINE:
        line = line[:LONGEST_LINE]
        line = line[: max(line.rfind(" "), 0)]
    line = _ESCAPES.sub("", line).replace("\t", "  ")
    if line.isprintable():
        return line
    return "".join(letter if letter.isprintable() else " " for letter in line)


def folded(line: str) -> str:
    """Lower case without accents, parts of camelCase joined by `_`; decimal digits as 0-9."""
    if not line.isascii():
        letters = unicodedata.normalize("NFKD", line)[:_FOLDED]
        line = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return _CAMEL.sub("_", line).lower()


def excerpt(line: str, longest: int) -> str:
    """The line on one line, blanks collapsed, cut with an ellipsis."""
    text = " ".join(clean(line).split())
    return text if len(text) <= longest else text[: longest - 1] + "…"
