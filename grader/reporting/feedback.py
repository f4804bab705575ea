"""The page a student reads: what was asked, what was seen, what to look at next."""

from collections import defaultdict
from itertools import groupby
from typing import NamedTuple

from markupsafe import Markup

from grader.reporting import plots
from grader.reporting.environment import render
from grader.reporting.wording import checks_of, limits, points, standing
from grader.schema.result import CheckResult, Confusion, Curve, FileRun, Result

NEXT_STEPS = 3
MOST_ROWS = 300  # of cells that did not simply run
MOST_STOPS = 3  # cells in trouble that are named at the top; all are listed below
MOST_STATEMENTS = 20  # all are in result.json
ORDER = {"contradicted": 0, "consistent": 1, "absent": 2}
MOST_CLASSES = 30  # of a confusion matrix that is drawn


class Step(NamedTuple):
    """A check to look at next, and the anchor of its place on the page."""

    task: str
    check: CheckResult
    anchor: str
    lost: float  # points
    whole: bool = False  # nothing of the task was seen: it stands for all of the task's checks


class CellRow(NamedTuple):
    """One cell that did not simply run, or a stretch of cells that never started."""

    cells: str
    status: str
    seconds: float | None
    error: str


class Chart(NamedTuple):
    """A drawing and the names of its lines."""

    title: str
    svg: Markup
    names: list[tuple[Markup, str]]  # (dash pattern, name); empty for a single line


class Square(NamedTuple):
    """One count of the confusion matrix; shade 0 to 10 of its row."""

    images: int
    shade: int


def anchor(task: int, check: int) -> str:
    """Ids come from positions, not from names."""
    return f"t{task + 1}c{check + 1}"


def next_steps(result: Result) -> list[Step]:
    """What cost most first, attempted work before the rest; a task of which nothing was seen is one step. Blocked checks
    follow from others."""
    lost: list[Step] = []
    for t, task in enumerate(result.tasks):
        if task.outcome == "not_attempted" and task.checks:
            lost.append(Step(task.title, task.checks[0], anchor(t, 0), task.max_score, whole=True))
            continue
        lost += [
            Step(task.title, check, anchor(t, c), check.max_score - check.score)
            for c, check in enumerate(task.checks)
            if check.outcome in ("failed", "partial", "not_attempted") and check.max_score > check.score
        ]
    lost.sort(key=lambda step: (step.check.outcome == "not_attempted", -step.lost))
    return lost[:NEXT_STEPS]


def untouched(result: Result) -> bool:
    """Nothing of the lab was found: the starter as it was, or another file."""
    outcomes = {check.outcome for check in checks_of(result)}
    return "not_attempted" in outcomes and outcomes <= {"not_attempted", "blocked", "pending"}


def cell_rows(run: FileRun) -> list[CellRow]:
    """Cells that did not simply run; neighbours that were not run share a row."""
    rows: list[CellRow] = []
    for (idle, why), group in groupby(run.cells, lambda cell: (cell.status == "not_run", cell.error)):
        cells = list(group)
        if idle:
            first, last = cells[0].cell, cells[-1].cell
            rows.append(CellRow(f"{first} to {last}" if last > first else str(first), "not_run", None, why))
        else:
            rows += [CellRow(str(c.cell), c.status, c.seconds, c.error) for c in cells if c.status != "ran"]
    if len(rows) > MOST_ROWS:
        rest = rows[MOST_ROWS:]
        said = f"{len(rest)} more rows like these are in result.json"
        rows[MOST_ROWS:] = [CellRow(f"from {rest[0].cells}", rest[0].status, None, said)]
    return rows


def charts(curves: tuple[Curve, ...]) -> list[Chart]:
    """Curves with the same axes share a chart, four at most."""
    together: dict[tuple[str, str], list[Curve]] = defaultdict(list)
    for curve in curves:
        together[curve.x_label, curve.y_label].append(curve)
    drawn = []
    for group in together.values():
        for start in range(0, len(group), plots.MOST_LINES):
            part = [curve for curve in group[start : start + plots.MOST_LINES] if curve.x and curve.y]
            names = [(plots.line_key(index), curve.title) for index, curve in enumerate(part)]
            title = part[0].title if len(part) == 1 else group[0].y_label[:1].upper() + group[0].y_label[1:]
            if part:
                drawn.append(Chart(title, plots.line_chart(part), names if len(part) > 1 else []))
    return drawn


def confusion_rows(confusion: Confusion) -> list[tuple[str, list[Square]]]:
    """(true class, counts); shaded by the share of the row, so that rare classes can be read too."""
    rows = []
    for name, counts in zip(confusion.classes, confusion.counts, strict=False):
        total = sum(counts) or 1
        rows.append((name, [Square(count, min(10, max(0, round(10 * count / total)))) for count in counts]))
    return rows


def most_confused(confusion: Confusion, most: int = 3) -> list[tuple[int, str, str, int]]:
    """(count, true class, predicted class, images of the true class), largest first."""
    wrong = [
        (count, confusion.classes[true], confusion.classes[said], sum(counts))
        for true, counts in enumerate(confusion.counts[: len(confusion.classes)])
        for said, count in enumerate(counts[: len(confusion.classes)])
        if said != true and count > 0
    ]
    return sorted(wrong, key=lambda item: -item[0])[:most]


def _score_parts(result: Result) -> list[tuple[str, float, str]]:
    """(outcome, points, words) that make up all points of the rubric."""
    low, high = result.score_range
    unsure = max(0.0, high - low) if not result.decided else 0.0
    lost = max(0.0, result.max_score - result.pending_points - low - unsure)
    idle = sum(check.max_score for check in checks_of(result) if check.outcome == "not_attempted")
    parts = [
        ("passed", low, "earned"),
        ("undecided", unsure, "undecided"),
        ("failed", lost - min(idle, lost), "not earned"),
        ("not_attempted", min(idle, lost), "not attempted"),
        ("pending", result.pending_points, "given by a person"),
    ]
    return [part for part in parts if part[1] > 0.004]  # what would read "0" is left out


def render_feedback(result: Result) -> str:
    """One self-contained HTML page; needs no script, no network and no other file."""
    parts = _score_parts(result)
    confusion = result.figures.confusion
    if confusion is not None and not 0 < len(confusion.classes) <= MOST_CLASSES:
        confusion = None
    stops = [
        (run.file, cell)
        for run in result.files
        for cell in run.cells
        if cell.status not in ("ran", "not_run")
    ]
    return render(
        "feedback.html.j2",
        result=result,
        standing=standing(result),
        score_bar=plots.share_bar([(kind, amount) for kind, amount, _ in parts], result.max_score),
        score_parts=[(kind, points(amount), words) for kind, amount, words in parts],
        untouched=untouched(result),
        steps=next_steps(result),
        statements=sorted(result.statements, key=lambda s: ORDER[s.verdict])[:MOST_STATEMENTS],
        stops=stops[:MOST_STOPS],
        more_stops=max(0, len(stops) - MOST_STOPS),
        differs=any(row.verdict != "equal" for row in result.figures.layers),
        anchor=anchor,
        charts=charts(result.figures.curves),
        confusion=confusion,
        confusion_rows=confusion_rows(confusion) if confusion else [],
        confused=most_confused(confusion) if confusion else [],
        cell_rows=cell_rows,
        limits=limits(result.profile),
    )
