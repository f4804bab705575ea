"""Durations as students write them: `12.3 s`, `1 min 05`, `0:12`, `00:01:05`, `0.2 min`, `350 ms`."""

import re
from itertools import pairwise

from grader.claims.quantities import number_in, says_more, unwrapped

LONGEST = 1e7  # seconds: a third of a year
_UNITS: tuple[tuple[str, float], ...] = (
    ("h|hr|hrs|hours?|heures?", 3600.0),
    ("min|mins|mn|m|minutes?|'|′", 60.0),
    ("s|sec|secs|seconds?|secondes?|''|″|\"|sc", 1.0),
    ("ms|msec|milliseconds?|millisecondes?", 0.001),
)
_UNIT = re.compile(
    r"\s?(?:" + "|".join(f"({names})" for names, _ in reversed(_UNITS)) + r")(?![a-z'′])\.?", re.IGNORECASE
)
_CLOCK = re.compile(
    r"(?:([0-9]{1,3}) ?(?:days?|jours?),? ?)?([0-9]{1,4}) ?: ?([0-9]{1,2})(?: ?: ?([0-9]{1,2}))?([.,][0-9]{1,9})?"
)
_BETWEEN = re.compile(r"\s?(?:-|–|—|à|to)\s?", re.IGNORECASE)
_PER_EPOCH = re.compile(r"\s?(?:/|per|par|each|chaque)\s?(?:epoch|époque|epoque|ep\b)", re.IGNORECASE)
_AND = re.compile(r"\s?(?:et|and|,|&)?\s?", re.IGNORECASE)
_COUNTED = re.compile(r"\s?(?:epo|it|im|batch|x\s?[0-9])", re.IGNORECASE)  # "5 epochs"
_PARTS = 4


def unit_of(word: str) -> float | None:
    """Seconds of a unit by its name."""
    return next((unit for names, unit in _UNITS if re.fullmatch(names, word)), None)


def seconds_in(cell: str, unit: float = 1.0) -> float | None:
    """The cell's duration; `unit`: seconds of a number without one, as its heading says. Of a range its middle.

    `61 s (12.3 s/epoch)`: the one that is said to be an epoch's.
    """
    cell = unwrapped(cell)
    per_epoch = _PER_EPOCH.search(cell)
    if per_epoch and "(" in cell[: per_epoch.start()]:
        inner = cell[: per_epoch.start()].rpartition("(")[2]
        if (value := _read(inner, unit)) is not None:
            return value
    return _read(cell, unit)


def _read(cell: str, unit: float) -> float | None:
    clock = _CLOCK.search(cell)
    if clock:
        if says_more(cell[clock.end() :]) or any(letter.isdigit() for letter in cell[: clock.start()]):
            return None
        days, first, second, third = (int(part or 0) for part in clock.group(1, 2, 3, 4))
        rest = float("0." + clock[5][1:]) if clock[5] else 0.0
        value = 3600 * first + 60 * second + third if clock[4] else 60 * first + second
        return _bounded(86400 * days + value + rest)
    return _bounded(_parts(cell, unit))


def _parts(cell: str, unit: float) -> float | None:
    """Numbers with units, largest first; one without a unit after another is of the next smaller unit."""
    found: list[tuple[float, float | None]] = []
    at = 0
    while len(found) < _PARTS:
        number = number_in(cell, start=at)
        if number is None or (found and not _AND.fullmatch(cell[at : number.start])):
            break
        name = _UNIT.match(cell, number.end)
        size = unit_of(name[0].strip(" .").lower()) if name else None
        between = _BETWEEN.match(cell, number.end if name is None else name.end())
        second = number_in(cell, start=between.end()) if between and not found else None
        if between and second and second.start == between.end():
            name = _UNIT.match(cell, second.end)
            size = unit_of(name[0].strip(" .").lower()) if name else size
            if says_more(cell[second.end :]):
                return None
            return (number.value + second.value) / 2 * (size or unit)
        found.append((number.value, size))
        at = name.end() if name else number.end
        if name is None and _COUNTED.match(cell, at):
            return None
        if name is None:
            break
    if not found or says_more(cell[at:]):
        return None
    if len(found) == 1:
        return found[0][0] * (found[0][1] or unit)
    sizes = [size for _, size in found]
    if sizes[-1] is None:
        sizes[-1] = {3600.0: 60.0, 60.0: 1.0}.get(sizes[-2] or 0.0)
    if None in sizes or any(a <= b for a, b in pairwise(size or 0.0 for size in sizes)):
        return None
    return sum(value * (size or 0.0) for (value, _), size in zip(found, sizes, strict=True))


def _bounded(value: float | None) -> float | None:
    return round(value, 6) if value is not None and 0 <= value <= LONGEST else None
