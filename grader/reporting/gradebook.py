"""gradebook.csv: one line a student, for a spreadsheet or an LMS."""

import csv
from collections.abc import Sequence
from pathlib import Path

from grader.reporting.overview import task_titles
from grader.reporting.text import one_line
from grader.schema.result import Result

COLUMNS = (
    "student",
    "score",
    "max_score",
    "pending_points",
    "score_low",
    "score_high",
    "undecided",
)
# What makes a spreadsheet read a cell as a formula (OWASP, "CSV Injection"), full-width forms included.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def text_cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe goes before what could start one."""
    shown = one_line(text)
    return "'" + shown if text.startswith(FORMULA_STARTS) or shown.startswith(FORMULA_STARTS) else shown


def _number(value: float) -> float | int:
    rounded = round(value, 4)  # without float dust such as 0.30000000000000004
    return int(rounded) if rounded == int(rounded) else rounded


def write_gradebook(results: Sequence[Result], path: Path) -> None:
    """Writes `path`: points as numbers, `undecided` yes or no, then a column a task, empty where missing.

    UTF-8 with a byte order mark: without it Excel reads names such as "Zoé" in the local code page;
    Moodle, Canvas, LibreOffice and pandas skip the mark. All texts are quoted, so that a name with a
    semicolon stays in one cell where the list separator is one.
    """
    tasks = list(task_titles(tuple(results)))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow([*COLUMNS, *(text_cell(task) for task in tasks)])
        for result in results:
            scores = {task.id: _number(task.score) for task in result.tasks}
            low, high = result.score_range
            numbers = (result.score, result.max_score, result.pending_points, low, high)
            writer.writerow(
                [
                    text_cell(result.student),
                    *(_number(value) for value in numbers),
                    "no" if result.decided else "yes",
                    *(scores.get(task, "") for task in tasks),
                ]
            )
