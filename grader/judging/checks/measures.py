"""The accuracies and times of the comparison table: possible ones, and in the full profile those that are measured.

Two runs of the same code differ. By how much is calibrated (`grade calibrate`): an approach of the reference is trained n
times. A stated accuracy and a measured one may be t * sd * sqrt(2) apart, t the 0.999 quantile of Student's distribution
with n - 1 degrees of freedom and sd the spread of that approach (prediction of the difference of two further runs), and 3.09
standard errors of both tests. sd is at least the median of all approaches': students' networks are others. The reference's
runs are short, and longer ones spread less. A time depends on the machine, and the student's is not known: it is told beside
the measured one and costs nothing.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from grader.judging.checks.accuracy import NORMAL_999, measurement, quantile
from grader.judging.checks.table import QUOTED, fits, place, without
from grader.judging.checks.transfer import of_mode
from grader.judging.modes import MODE_WORDS, Training
from grader.judging.verdict import Verdict, graded
from grader.schema.calibration import Calibration
from grader.schema.claims import ComparisonTable, Mode, TableRow
from grader.schema.result import Finding

MOST_SECONDS = 24 * 3600.0  # of an epoch


@dataclass(frozen=True)
class Band:
    """How far two runs of an approach may be apart."""

    runs: int
    spread: float

    def width(self, error: float) -> float:
        """`error`: standard error of one test."""
        both = math.sqrt(2)
        return quantile(self.runs - 1) * self.spread * both + NORMAL_999 * error * both


def bands(calibration: Calibration, profile: str, data: str) -> dict[Mode, Band]:
    """Empty where numbers cannot be compared: shortened trainings, other images, nothing calibrated."""
    known = [run for run in calibration.approaches if run.data == data]
    if profile != "full" or data != "real" or not known:
        return {}
    usual = median(run.spread for run in known)
    found: dict[Mode, Band] = {}
    for mode in MODE_WORDS:
        own = [run for run in known if run.mode == mode]
        widest = max([usual, *(run.spread for run in own)])
        found[mode] = Band(min(len(run.accuracies) for run in own or known), widest)
    return found


def table_measures(
    table: ComparisonTable | None,
    file: str,
    handed_in: bool,
    trainings: Sequence[Training] = (),
    widths: Mapping[Mode, Band] | None = None,
) -> Verdict:
    """Catches: accuracies above 100 %, times that no epoch takes; in the full profile accuracies of another network.
    Misses: wrong times; in the quick profile possible numbers that are not those measured.

    Of a table that only the rerun printed, the numbers are those of a short training: that they are there is all.
    """
    if table is None or not any(row.accuracy is not None or row.seconds is not None for row in table.rows):
        return without("no table states accuracies and times", table)
    where = place(table, file)
    odd = [finding for row in table.rows if handed_in and (finding := impossible(row))]
    if odd:
        return graded(
            0.0,
            "; ".join(f"{f.title}: {f.observed}" for f in odd),
            expected="accuracies from 0 to 100 %, seconds above 0",
            hint="In which unit is this number, and how was it computed?",
            where=where,
            basis="claimed",
            findings=tuple(odd),
        )
    measured = [compared(row, trainings, widths or {}) for row in table.rows if handed_in]
    findings = tuple(finding for finding in measured if finding is not None)
    seen, wrong = [f for f in findings if f.holds is not None], [f for f in findings if f.holds is False]
    columns = {"test accuracy": [row.accuracy for row in table.rows]}
    columns["training time per epoch"] = [row.seconds for row in table.rows]
    lacking = [name for name, values in columns.items() if all(value is None for value in values)]
    share = (0.5 if lacking else 1.0) * (1 - len(wrong) / len(seen) if seen else 1.0)
    said = [f"no row states the {lacking[0]}"] if lacking else []
    said += [f"{f.title}: {f.observed}" for f in wrong]
    if not said:
        text = (
            f"{len(seen)} accuracies are those measured" if seen else "accuracies and times are possible ones"
        )
        return graded(1.0, text, where=where, basis="observed" if seen else "claimed", findings=findings)
    return graded(
        share,
        "; ".join(said),
        expected="; ".join(f.expected for f in wrong) or "accuracies and times",
        hint="Which run does this number come from?" if wrong else "",
        where=where,
        basis="observed" if seen else "claimed",
        findings=findings,
    )


def impossible(row: TableRow) -> Finding | None:
    odd = []
    if row.accuracy is not None and not 0 < row.accuracy <= 1:
        odd.append(f"an accuracy of {100 * row.accuracy:g} %")
    if row.seconds is not None and not 0 < row.seconds <= MOST_SECONDS:
        odd.append(f"{row.seconds:g} seconds per epoch")
    return Finding(title=row.label[:QUOTED], holds=False, observed=" and ".join(odd)) if odd else None


def compared(row: TableRow, trainings: Sequence[Training], widths: Mapping[Mode, Band]) -> Finding | None:
    """One row beside what was measured of the training that comes nearest to it; None where nothing can be compared."""
    if row.mode is None or row.mode not in widths:
        return None
    own = [one for one in of_mode(trainings, row.mode) if fits(row, one)]
    title, said, holds, expected = row.label[:QUOTED], [], None, ""
    tests = [
        (value, error)
        for one in own
        if one.real
        for value, error, *_ in [measurement(one.candidate)]
        if value
    ]
    if row.accuracy is not None and tests:
        stated = row.accuracy
        value, error = min(tests, key=lambda test: abs(test[0] - stated))
        width = widths[row.mode].width(error)
        holds = abs(value - stated) <= width
        said.append(f"{100 * stated:.1f} % stated, {100 * value:.1f} % measured")
        low, high = max(0.0, value - width), min(1.0, value + width)
        expected = f"{title}: {100 * low:.0f} to {100 * high:.0f} %, as two runs of it differ"
    times = [one.candidate.run.seconds / one.epochs for one in own if one.candidate.run and one.epochs]
    if row.seconds is not None and times:
        stated = row.seconds
        nearest = min(times, key=lambda seconds: abs(math.log(max(seconds, 1e-3) / stated)))
        said.append(f"{stated:.3g} s an epoch stated, {nearest:.3g} s on this machine, tests included")
    if not said:
        return None
    return Finding(title=title, holds=holds, observed="; ".join(said), expected="" if holds else expected)
