"""A table in a file that a spreadsheet program may have written: read, changed in places, written as it was."""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from grader.errors import UsageError

MARK = "\ufeff"


@dataclass
class Sheet:
    """Rows of text, the first one the headings; how the file was written."""

    path: Path
    rows: list[list[str]]
    delimiter: str
    mark: bool

    @property
    def headings(self) -> list[str]:
        return self.rows[0]

    def text(self) -> str:
        written = io.StringIO(newline="")
        csv.writer(written, delimiter=self.delimiter, lineterminator="\n").writerows(self.rows)
        return (MARK if self.mark else "") + written.getvalue()


def read_sheet(path: Path, called: str, otherwise: str | None = None) -> Sheet:
    """Comma, semicolon or tab separated, UTF-8 with or without its mark. `called`: what the person calls it. `otherwise`:
    how a file that is not UTF-8 is read. Raises UsageError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{called}: it cannot be read ({error.strerror})") from error
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        if otherwise is None:
            raise UsageError(f"{called}: not UTF-8. Give the file as the platform made it.") from error
        text = data.decode(otherwise, "replace")
    mark, text = text.startswith(MARK), text.removeprefix(MARK)
    first = re.sub(r'"[^"]*"', "", text).partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        rows = [
            row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True) if row
        ]
    except csv.Error as error:
        raise UsageError(f"{called}: no table ({error})") from error
    if not rows or len(rows[0]) < 2:
        raise UsageError(f"{called}: no table. Give the file as the platform made it.")
    width = len(rows[0])
    return Sheet(path, [row + [""] * (width - len(row)) for row in rows], delimiter, mark)
