"""`grade export`: stored results into a platform's file. Nothing is run, nothing is judged."""

from pathlib import Path
from typing import Literal

from grader.errors import UsageError
from grader.exports.canvas import fill_canvas
from grader.exports.comment import number
from grader.exports.gradescope import gradescope
from grader.exports.moodle import fill_moodle
from grader.exports.sheet import Filled
from grader.schema.result import ClassResult
from grader.sheet import read_sheet
from grader.store import read_model, write_text

Platform = Literal["canvas", "moodle", "gradescope"]
NAMED = 10  # students in one sentence


def export(
    platform: Platform, results: Path, template: Path | None, column: str | None, out: Path | None
) -> list[str]:
    """Writes the file; returns what a person should know, a sentence each. Raises UsageError."""
    graded = read_model(results / "results.json", ClassResult)
    if graded is None:
        raise UsageError(
            f"{results}: no results.json of this version there. Run grade first, or name its --out."
        )
    if platform == "gradescope":
        return export_one(graded, no_results(out or Path("results.json")))
    if template is None:
        raise UsageError(
            f"grade export {platform}: give --template, the file that you downloaded from the platform"
        )
    sheet = read_sheet(template, f"--template {template}")
    filled = (fill_canvas if platform == "canvas" else fill_moodle)(sheet, graded.results, column)
    written = no_results(out or template.with_name(f"{template.stem}-graded.csv"))
    if written.resolve() == template.resolve():
        raise UsageError(f"--out {written}: that is the template. Give another name.")
    if not filled.written:
        return [f"Nothing was written: no decided result fits a row of {template}.", *about(filled)]
    write_text(written, sheet.text())
    return [
        f"{written}: {filled.written} of {len(graded.results)} results.",
        *about(filled),
        *pending(graded),
        *other_maximum(filled.most, graded),
    ]


def no_results(written: Path) -> Path:
    """Raises UsageError where grade's own results lie."""
    if read_model(written, ClassResult) is not None:
        raise UsageError(f"--out {written}: the results themselves lie there. Give another name.")
    return written


def export_one(graded: ClassResult, written: Path) -> list[str]:
    if len(graded.results) != 1:
        raise UsageError(
            f"grade export gradescope: expected the results of one student, found {len(graded.results)}"
        )
    (result,) = graded.results
    write_text(written, gradescope(result))
    low, high = result.score_range
    unsure = [
        f"Undecided: {number(low)} to {number(high)} points; the score there is {number(result.score)}."
    ]
    return [f"{written}: {result.student}", *pending(graded), *([] if result.decided else unsure)]


def about(filled: Filled) -> list[str]:
    """Who has no grade in the file, and why."""
    said = []
    if filled.undecided:
        said.append(f"Undecided, left as they were: {named(filled.undecided)}.")
    if filled.no_row:
        said.append(f"Without a row of their own: {named(filled.no_row)}.")
    if filled.no_result:
        said.append(f"In the file without a result: {named(filled.no_result)}.")
    return said


def pending(graded: ClassResult) -> list[str]:
    most = max((result.pending_points for result in graded.results), default=0)
    return (
        [f"Up to {number(most)} points of written answers are not in it: a person gives them."]
        if most
        else []
    )


def other_maximum(most: str, graded: ClassResult) -> list[str]:
    """Scores are not scaled; with the written answers or without them is for the platform to say."""
    ours = {number(one.max_score - left) for one in graded.results for left in (0, one.pending_points)}
    try:
        theirs = number(float(most.replace(",", ".")))
    except ValueError:
        return []
    if theirs in ours:
        return []
    return [f"There the maximum is {theirs} points, here {' or '.join(sorted(ours))}: scores are not scaled."]


def named(students: list[str]) -> str:
    more = f" and {len(students) - NAMED} more" if len(students) > NAMED else ""
    return "; ".join(" ".join(student.split()) for student in students[:NAMED]) + more
