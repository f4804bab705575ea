"""The claims of one cell: readings put into series, so that percentages, epochs and finals can be told."""

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from grader.claims.columns import read_table
from grader.claims.epochs import Marker, trainings_in
from grader.claims.figures import curves_of
from grader.claims.lines import read_line
from grader.claims.readings import Reading
from grader.claims.tables import Block
from grader.claims.text import excerpt, folded
from grader.schema.claims import LONGEST_TEXT, Claim

MOST_OF_A_CELL = 2_000  # claims, its last
_NUMBERS = re.compile(r"[0-9]+(?:[.,:][0-9]+)*")
_FEWEST_UNLABELLED = 3  # values of a split alone, without a percent sign


@dataclass(slots=True)
class _Stated:
    """A reading with its place. `series`: what stands around it, numbers left out."""

    reading: Reading
    series: str
    text: str
    epoch: int | None
    in_line: bool


class CellClaims:
    """Takes the blocks and figures of one cell, and then tells its claims."""

    def __init__(self, file: str, cell: int, counts_parameters: bool) -> None:
        self.file, self.cell = file, cell
        self.counts_parameters = counts_parameters
        self.written = False
        self.precise = True  # precision means accuracy
        self.cut = self.interrupted = False
        self._stated: list[_Stated] = []
        self._markers: list[Marker] = []
        self._epoch: int | None = None

    def add(self, block: Block) -> None:
        if isinstance(block, str):
            self._add_line(block)
            return
        readings, epochs = read_table(block, self.precise)
        self._markers += [(epoch, None) for epoch in epochs] if not self.written else []
        for found in readings:
            self._stated.append(
                _Stated(found.reading, f"column {found.column}", found.row, found.epoch, False)
            )

    def add_figure(self, figure: Any) -> int:
        """Returns the number of points that were read."""
        before = len(self._stated)
        for name, readings in curves_of(figure):
            for place, reading in enumerate(readings):
                self._stated.append(_Stated(reading, name, name, place, False))
        return len(self._stated) - before

    def _add_line(self, text: str) -> None:
        line = read_line(text, self.counts_parameters, self.precise)
        if line.epochs:
            self._epoch = line.epochs[-1][0]
            self._markers += line.epochs
        if line.readings:
            series = " ".join(_NUMBERS.sub("#", folded(text)).split())
            for reading in line.readings:
                self._stated.append(_Stated(reading, series, text, self._epoch, True))

    def claims(self) -> list[Claim]:
        by_series: dict[tuple[object, ...], list[_Stated]] = defaultdict(list)
        for stated in self._stated:
            reading = stated.reading
            by_series[reading.kind, reading.split, reading.labelled, stated.series].append(stated)
        values = {id(one): value for series in by_series.values() for one, value in _values(series)}
        for series in by_series.values():
            _number(series)
        found = [
            self._claim(stated, values[id(stated)])
            for stated in self._stated[-MOST_OF_A_CELL:]
            if id(stated) in values
        ]
        return found + self._epochs()

    def _claim(self, stated: _Stated, value: float) -> Claim:
        return Claim(
            file=self.file,
            cell=self.cell,
            quantity=stated.reading.kind,
            split=stated.reading.split,
            value=value,
            text=excerpt(stated.text, LONGEST_TEXT),
            epoch=stated.epoch,
            written=self.written,
        )

    def _epochs(self) -> list[Claim]:
        trainings = trainings_in(self._markers, self.interrupted)
        return [
            Claim(
                file=self.file,
                cell=self.cell,
                quantity="epochs",
                split=None,
                value=shown.count,
                text=f"epochs {shown.first} to {shown.last}",
                at_least=shown.at_least or self.cut,
            )
            for shown in trainings[-MOST_OF_A_CELL:]
        ]


def _values(series: list[_Stated]) -> list[tuple[_Stated, float]]:
    """Accuracies as shares: of one series all are percentages as soon as one is above 1.

    Numbers of which only the split is said (`test 72.3 %`) are taken for accuracies if they do not fall from first to
    last, and without a percent sign if three or more stand in one range: else they may be losses or errors.
    """
    unknown = [s.reading.value for s in series if s.reading.scale == "unknown"]
    percent = any(value > 1 for value in unknown)
    shares = [
        (s, s.reading.value / 100 if percent and s.reading.scale == "unknown" else s.reading.value)
        for s in series
    ]
    if series[0].reading.labelled:
        return shares
    if shares[-1][1] < shares[0][1]:
        return []
    mixed = percent and min(unknown, default=100) < 10
    return [] if unknown and (len(unknown) < _FEWEST_UNLABELLED or mixed) else shares


def _number(series: list[_Stated]) -> None:
    """Equal lines that name no epoch, or all the same one, follow each other in time: they are numbered from 0."""
    if len(series) > 1 and all(s.in_line and s.epoch == series[0].epoch for s in series):
        for place, stated in enumerate(series):
            stated.epoch = place
