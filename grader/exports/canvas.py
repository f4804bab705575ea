"""Canvas's grade book: the instructor's own export is the template, and one assignment's column is filled in.

Source: canvas-lms, lib/gradebook_importer.rb and gradebook_exporter.rb: rows are matched by ID, and a heading that is not
exactly an assignment's makes a new one.
"""

import re
from collections.abc import Sequence

from grader.errors import UsageError
from grader.exports.comment import number
from grader.exports.sheet import Filled, column_of, fill
from grader.schema.result import Result
from grader.sheet import Sheet

ABOUT_STUDENTS = ("student", "id", "sis user id", "sis login id", "integration id", "root account", "section")
NO_STUDENTS = ("points possible", "manual posting", "(read only)")
COMPUTED = re.compile(
    r"(.* )?(current|final) (score|points|grade)|override .*|.*\(read only\).*", re.IGNORECASE
)


def fill_canvas(sheet: Sheet, results: Sequence[Result], column: str | None) -> Filled:
    """Raises UsageError where the file is none of Canvas's or the column is not clear."""
    name, identity = (column_of(sheet, [heading], "students") for heading in ("Student", "ID"))
    grade = assignment_column(sheet, column)
    students = [
        (n, row[identity].strip(), row[name])
        for n, row in enumerate(sheet.rows)
        if n and row[name].strip() and not is_about_columns(row[name])
    ]

    def write(row: list[str], result: Result) -> None:
        row[grade] = number(result.score)

    filled = fill(sheet, results, students, write)
    filled.most = next(
        (row[grade] for row in sheet.rows if row[name].strip().casefold() == NO_STUDENTS[0]), ""
    )
    return filled


def is_about_columns(name: str) -> bool:
    return name.strip().casefold().startswith(NO_STUDENTS)


def assignment_column(sheet: Sheet, wanted: str | None) -> int:
    """By its heading or a part of it; without, the only assignment there is."""
    possible = {
        n: heading
        for n, heading in enumerate(sheet.headings)
        if heading.strip().casefold() not in ("", *ABOUT_STUDENTS) and not COMPUTED.fullmatch(heading.strip())
    }
    found = [
        n
        for n, heading in possible.items()
        if wanted is None or wanted.casefold() == heading.strip().casefold()
    ]
    if wanted is not None and not found:
        found = [n for n, heading in possible.items() if wanted.casefold() in heading.casefold()]
    if len(found) != 1:
        problem = (
            f"--column {wanted}: {len(found)} of them fit" if wanted else "which assignment is not clear"
        )
        raise UsageError(
            f"{sheet.path}: {problem}; there are: {', '.join(possible.values())}. Give one of these headings by --column."
        )
    return found[0]
