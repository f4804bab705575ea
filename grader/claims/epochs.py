"""How many epochs a log shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Marker = tuple[int, int | None]  # the number of an epoch as written, and the total where it is written: 3/20


@dataclass(frozen=True, slots=True)
class Shown:
    """One training's log. `at_least`: it may have been longer."""

    count: int
    at_least: bool
    first: int
    last: int


def trainings_in(markers: Sequence[Marker], interrupted: bool = False) -> list[Shown]:
    """The trainings a log tells of: a number below the one before begins another.

    Exact where numbers follow each other from 0 or 1, or end at their total. A log of every tenth epoch, or without its
    beginning, shows a lower bound; so does the last one of a cell that ended in an error.
    """
    runs: list[list[Marker]] = []
    for marker in markers:
        if runs and marker[0] >= runs[-1][-1][0] and not _another_total(runs[-1][-1], marker):
            runs[-1].append(marker)
        else:
            runs.append([marker])
    shown = [_shown(run) for run in runs]
    if interrupted and shown:
        last = shown[-1]
        shown[-1] = Shown(last.count, True, last.first, last.last)
    return shown


def _another_total(before: Marker, after: Marker) -> bool:
    return None not in (before[1], after[1]) and before[1] != after[1]


def _shown(run: Sequence[Marker]) -> Shown:
    numbers = sorted({number for number, _ in run})
    first, last = numbers[0], numbers[-1]
    total = next((total for _, total in reversed(run) if total), None)
    if total is not None and (last == total or (first == 0 and last == total - 1)):
        return Shown(total, False, first, last)
    if first in (0, 1) and len(numbers) == last - first + 1:
        return Shown(len(numbers), False, first, last)
    steps = {b - a for a, b in pairwise(numbers)}
    if len(steps) == 1 and (first in (0, 1) or {first} == steps or {first + 1} == steps):
        return Shown(last + (first == 0 or {first + 1} == steps), True, first, last)
    return Shown(len(numbers), True, first, last)
