"""Tables printed without columns: `print("Model", "Params", "Test accuracy")`, and the values as the last words of a row."""

import re
from collections.abc import Callable, Sequence

from grader.claims.tables import Table

MOST_WORDS = 30  # of a header
_MOST_JOINED = 6
_VALUE = re.compile(r"[~≈]?[0-9][0-9.,:e+%'-]{0,25}[a-zA-Z]{0,4}|-|–|\?|nan|None|NaN", re.ASCII)
_UNIT = re.compile(r"%|s|sec|secondes|seconds|min|ms|M|k|s/epoch")


def ragged_table(header: str, rows: Sequence[str], is_known: Callable[[str], bool]) -> Table | None:
    """Each row's last values below as many last names of the header. None where rows differ in their values."""
    words = header.split()
    cut = [_split(row) for row in rows]
    ends = next((n for n, (_, values) in enumerate(cut) if not values), len(cut))
    values = {len(values) for _, values in cut[:ends]}
    if len(words) > MOST_WORDS or ends < 2 or len(values) != 1:
        return None
    names = _names(words, values.pop() + 1, is_known)
    if names is None:
        return None
    return Table(tuple(names), tuple((name, *values) for name, values in cut[:ends]))


def _split(row: str) -> tuple[str, list[str]]:
    """`CNN1 finetuning 5130 40.1 % 8.1 s` as the name and three values."""
    words = row.split()[-MOST_WORDS:]
    values: list[str] = []
    while words:
        unit = words.pop() if len(words) > 1 and _UNIT.fullmatch(words[-1]) else ""
        if not _VALUE.fullmatch(words[-1]):
            words += [unit] if unit else []
            break
        values.append(f"{words.pop()} {unit}".strip())
    return " ".join(words), values[::-1]


def _names(words: Sequence[str], count: int, is_known: Callable[[str], bool]) -> list[str] | None:
    """The header in this many names, as many of them known as can be; None if not all but one are."""
    best: dict[tuple[int, int], tuple[int, int]] = {
        (0, 0): (0, 0)
    }  # words and names used: names known, start
    for end in range(1, len(words) + 1):
        for start in range(max(0, end - _MOST_JOINED), end):
            known = is_known(" ".join(words[start:end]))
            for used in range(min(start, count - 1) + 1):
                before = best.get((start, used))
                if before and before[0] + known > best.get((end, used + 1), (-1, 0))[0]:
                    best[end, used + 1] = before[0] + known, start
    if best.get((len(words), count), (0, 0))[0] < max(2, count - 1):
        return None
    names, end = [], len(words)
    for used in range(count, 0, -1):
        start = best[end, used][1]
        names.append(" ".join(words[start:end]))
        end = start
    return names[::-1]
