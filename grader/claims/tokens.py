"""A folded line as words, numbers and marks. Every pattern is linear in the length of the line, which is bounded."""

import math
import re
from dataclasses import dataclass
from typing import Literal

_TOKEN = re.compile(
    r"""
    (?P<time>[0-9]+:[0-9]{2}(?::[0-9]{2})?(?![0-9.]))
  | (?P<word>[a-z][a-z0-9]*(?:_[a-z0-9]+|-[a-z][a-z0-9]*|(?:@|(?<=top)-)[1-9](?![0-9]|[.,][0-9]))*)
  | (?P<number>(?:[0-9]+(?:[.,][0-9]+)*|\.[0-9]+)(?:e[-+]?[0-9]+(?![a-z]))?)
  | (?P<mark>[%/()|\[\],&:])
    """,
    re.VERBOSE,
)
MOST_TOKENS = 400  # of a line
LONGEST_NUMBER = 30  # characters; no measured number is longer
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_WHOLE = re.compile(r"[0-9]{1,15}(?:\.0+)?|[0-9]{1,3}(?:([.,])[0-9]{3})(?:\1[0-9]{3}){0,4}")


@dataclass(frozen=True, slots=True)
class Token:
    """`number` is as written; `negative` if a minus sign stands directly before it."""

    kind: Literal["time", "word", "number", "mark"]
    text: str
    start: int
    end: int
    negative: bool = False

    @property
    def parts(self) -> list[str]:
        """The words of a compound such as `val_acc`."""
        return re.split("[_-]", self.text) if "_" in self.text or "-" in self.text[:-2] else [self.text]


def tokens_of(line: str) -> list[Token]:
    found = []
    for match in _TOKEN.finditer(line):
        kind: Literal["time", "word", "number", "mark"] = match.lastgroup  # type: ignore[assignment]
        start = match.start()
        before = line[max(0, start - 2) : start]
        negative = kind == "number" and before[-1:] == "-" and not before[:-1].isalnum()
        found.append(Token(kind, match[0], start, match.end(), negative))
        if len(found) == MOST_TOKENS:
            break
    return found


def decimal(text: str) -> float | None:
    """The number with a decimal point or comma; None where it cannot be told (`0.5,0.6`, `2.1.0`) or is not finite."""
    if len(text) > LONGEST_NUMBER:
        return None
    if text.count(".") + text.count(",") > 1:
        if not _GROUPED.fullmatch(text):
            return None
        text = text.replace(",", "")
    value = float(text.replace(",", "."))
    return value if math.isfinite(value) else None


def whole(text: str) -> int | None:
    """A count: `1191170`, `1,191,170`, `1.191.170` or `1191170.0`."""
    if not _WHOLE.fullmatch(text):
        return None
    if re.fullmatch(r"[0-9]+\.0+", text) and not re.fullmatch(r"[0-9]{1,3}\.000", text):
        return int(text.split(".")[0])
    return int(text.replace(",", "").replace(".", ""))
