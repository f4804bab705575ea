"""Outputs as lines of plain text, bounded: what a page would show, without control characters."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

LONGEST_OUTPUT = 400_000  # characters of one output; of a longer one, its beginning and its end
LONGEST_STREAM = (
    20_000_000  # the same before progress bars are settled, which leave a line of thousands of states
)
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


def settled(text: str) -> str:
    """Lines as a terminal leaves them: of a line rewritten by carriage returns or backspaces only the last state."""
    text = bounded(text, LONGEST_STREAM)
    if "\r" not in text and "\b" not in text:
        return text
    lines = _BACKSPACES.sub("\r", text).split("\n")
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)


def bounded(text: str, longest: int = LONGEST_OUTPUT) -> str:
    """The text, or the whole lines within the first and the last half of its longest."""
    if len(text) <= longest:
        return text
    half = longest // 2
    first, last = text[:half], text[-half:]
    return first[: first.rfind("\n") + 1] + last.partition("\n")[2]


def lines_of(text: str) -> Iterator[str]:
    """The lines that show anything, cleaned."""
    for line in bounded(text).split("\n"):
        cleaned = clean(line)
        if cleaned.strip():
            yield cleaned


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
