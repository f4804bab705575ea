"""review.csv: the marks that wait for a person, a row each, and what the person has written into it.

It lies in the results folder and is written again after every run. Settled rows stay, with their points and comments: the
sheet is the truth about decisions, results only repeat it.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.errors import UsageError
from grader.judging.decisions import Given, Key, undone
from grader.reporting.feedback import anchor
from grader.reporting.gradebook import text_cell
from grader.reporting.wording import SIGNS, points
from grader.schema.result import CheckResult, Result
from grader.sheet import MARK, read_sheet
from grader.store import write_text

SHEET = "review.csv"
COLUMNS = (
    "folder",
    "student",
    "task",
    "check",
    "state",
    "seen",
    "page",
    "of",
    "points",
    "comment",
    "handed in",
)
NEEDED = ("folder", "task", "check", "points")
MOST_SEEN = 300  # characters
WAITING = ("pending", "undecided")


@dataclass(frozen=True)
class Row:
    """A decision, or a place for one."""

    number: int  # in the sheet, headings are 1
    folder: str
    key: Key
    points: float | None
    comment: str
    handed_in: str
    cells: tuple[str, ...]  # as they stand, in the order of COLUMNS


@dataclass(frozen=True)
class Review:
    """The sheet as it was read."""

    rows: tuple[Row, ...] = ()
    delimiter: str = ","


def read_review(out: Path) -> Review:
    """out/review.csv, empty where there is none. Raises UsageError with every mistake of form in it."""
    path = out / SHEET
    if not path.exists():
        return Review()
    sheet = read_sheet(path, str(path), otherwise="cp1252")  # as Excel saves CSV in Western Europe
    headings = [heading.strip().casefold() for heading in sheet.headings]
    missing = [name for name in NEEDED if name not in headings]
    if missing:
        raise UsageError(
            f"{path}: no column {', '.join(missing)}. Delete the file, and run grade again for a new one."
        )
    rows, mistakes = [], []
    for number, cells in enumerate(sheet.rows[1:], start=2):
        named = dict(zip(headings, cells, strict=False))
        values = {name: named.get(name, "").strip() for name in COLUMNS}
        try:
            given = number_in(values["points"])
        except ValueError:
            mistakes.append(f'row {number}: points = "{values["points"]}"; must be a number, or empty.')
            continue
        key = (values["task"], values["check"])
        about = (values["comment"], values["handed in"], tuple(values.values()))
        rows.append(Row(number, values["folder"], key, given, *about))
    if mistakes:
        raise UsageError(f"{path}: {' '.join(mistakes)}")
    return Review(tuple(rows), sheet.delimiter)


def require_possible(review: Review, most: Mapping[Key, float]) -> None:
    """`most`: the points of the lab's checks. Raises UsageError for other checks, and for points that none has."""
    mistakes = []
    for row in review.rows:
        if row.points is None:
            continue
        if row.key not in most:
            mistakes.append(f'row {row.number}: no check "{row.key[1]}" in a task "{row.key[0]}".')
        elif not 0 <= row.points <= most[row.key]:
            mistakes.append(
                f"row {row.number}: points = {row.points:g}; must be from 0 to {points(most[row.key])}."
            )
    if mistakes:
        raise UsageError(f"{SHEET}: {' '.join(mistakes)}")


def number_in(text: str) -> float | None:
    """1.5 or 1,5; None where nothing is written. Raises ValueError."""
    return float(text.replace(",", ".")) if text else None


def decisions_on(result: Result, review: Review) -> dict[Key, Given]:
    """Those on what this student handed in; a row without a mark of the hand-in holds for any."""
    return {
        row.key: Given(row.points, row.comment)
        for row in review.rows
        if row.folder == result.slug and row.points is not None and row.handed_in in ("", result.handed_in)
    }


def write_review(out: Path, results: Sequence[Result], review: Review) -> int:
    """Writes out/review.csv where there is anything to write; returns how many marks wait. `review`: as read before."""
    old = {(row.folder, row.key): row for row in review.rows}
    lines: list[tuple[str, ...]] = []
    waiting = 0
    for result in results:
        for t, task in enumerate(result.tasks):
            for c, check in enumerate(task.checks):
                row = old.pop((result.slug, (task.id, check.id)), None)
                if row is None and check.outcome not in WAITING:
                    continue
                line, waits = line_of(result, (task.id, check.id), anchor(t, c), check, row)
                lines.append(line)
                waiting += waits
    lines += [
        row.cells for row in old.values() if row.points is not None or row.comment
    ]  # of students not here now
    if lines or (out / SHEET).exists():
        write_text(out / SHEET, table([COLUMNS, *lines], review.delimiter))
    return waiting


def line_of(
    result: Result, key: Key, place: str, check: CheckResult, row: Row | None
) -> tuple[tuple[str, ...], bool]:
    """A row of the sheet, and whether it waits. A decision on another hand-in is told, and asked for again."""
    given, comment = "", row.comment if row else ""
    if row is not None and row.points is not None:
        if row.handed_in in ("", result.handed_in):
            given = points(row.points)
        else:
            comment = f"[{points(row.points)} points for an earlier hand-in] {comment}".strip()
    before = undone(check)
    line = (
        result.slug,
        text_cell(result.student),
        *key,
        SIGNS[before.outcome].word,
        text_cell(before.observed[:MOST_SEEN]),
        f"{result.slug}/feedback.html#{place}",
        points(check.max_score),
        given,
        comment,
        result.handed_in,
    )
    return line, not given and before.outcome in WAITING


def table(lines: Sequence[Sequence[str]], delimiter: str) -> str:
    """With a byte order mark, as the grade book has one."""
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(lines)
    return MARK + written.getvalue()


def on_nobody(review: Review, results: Sequence[Result]) -> list[str]:
    """Folders that hold no result and have decisions."""
    known = {result.slug for result in results}
    return list(
        dict.fromkeys(row.folder for row in review.rows if row.points is not None and row.folder not in known)
    )
