"""Moodle's offline grading worksheet: the downloaded one is the template; grades are filled in, comments where none stands.

Source: mod/assign/feedback/offline (importgradeslib.php, locallib.php): rows are matched by the participant's number behind
"Participant". Headings are in the site's language.
"""

import re
from collections.abc import Sequence

from grader.errors import UsageError
from grader.exports.comment import number, said_of
from grader.exports.sheet import Filled, column_of, fill
from grader.schema.result import Result
from grader.sheet import Sheet

GRADE = ("Grade", "Note", "Bewertung", "Calificación", "Valutazione", "Nota")
NAME = ("Full name", "Nom complet", "Vollständiger Name", "Nombre completo", "Nome completo")
COMMENT = ("Feedback comments", "Feedback par commentaires", "Commentaires de feedback")
MOST = ("Maximum Grade", "Note maximale", "Beste Bewertung")
HIDDEN = ("participant", "teilnehmerin", "participante", "partecipante")  # instead of a name
PARTICIPANT = re.compile(r"\D*(\d+)")


def fill_moodle(sheet: Sheet, results: Sequence[Result], column: str | None) -> Filled:
    """Raises UsageError where the file is none of Moodle's or the column is not clear."""
    grade = column_of(sheet, [column] if column else GRADE, "grades")
    participants = [PARTICIPANT.fullmatch(row[0].strip()) for row in sheet.rows[1:]]
    if not any(participants):
        raise UsageError(
            f"--template {sheet.path}: its first column holds no participants (Participant 123). Give the grading worksheet "
            "that Moodle makes for the assignment."
        )
    named, comment, most = (optional(sheet, names) for names in (NAME, COMMENT, MOST))
    students = [
        (n, found[1], sheet.rows[n][named] if named is not None else "")
        for n, found in enumerate(participants, start=1)
        if found
    ]
    comma = most is not None and any("," in row[most] for row in sheet.rows[1:])

    def write(row: list[str], result: Result) -> None:
        row[grade] = number(result.score).replace(".", "," if comma else ".")
        if comment is not None and not row[comment].strip():
            row[comment] = said_of(result)

    filled = fill(sheet, results, students, write, HIDDEN)
    filled.most = sheet.rows[students[0][0]][most] if most is not None else ""
    return filled


def optional(sheet: Sheet, names: Sequence[str]) -> int | None:
    wanted = [name.casefold() for name in names]
    return next((n for n, heading in enumerate(sheet.headings) if heading.strip().casefold() in wanted), None)
