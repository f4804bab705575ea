"""A grade book that the instructor downloaded: one column is filled in, all else stays as it was."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from grader.errors import UsageError
from grader.schema.result import Result
from grader.sheet import Sheet

NUMBERED = re.compile(r" \(\d+\)$")  # as discovery tells people of one name apart


@dataclass
class Filled:
    """What became of the results: students without a row, rows without a result, and those left to a person."""

    written: int = 0
    no_row: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    no_result: list[str] = field(default_factory=list)
    most: str = ""  # points, as the platform has them


def column_of(sheet: Sheet, names: Iterable[str], purpose: str) -> int:
    """The one column with such a heading, in any case. Raises UsageError."""
    wanted = [name.casefold() for name in names]
    found = [n for n, heading in enumerate(sheet.headings) if heading.strip().casefold() in wanted]
    if len(found) != 1:
        problem = "no column" if not found else f"{len(found)} columns"
        raise UsageError(
            f"--template {sheet.path}: {problem} for {purpose} ({' or '.join(names)}); there are: "
            f"{', '.join(filter(None, sheet.headings))}. Name it by --column."
        )
    return found[0]


def fill(
    sheet: Sheet,
    results: Sequence[Result],
    students: Sequence[tuple[int, str, str]],
    write: Callable[[list[str], Result], None],
    hidden: Sequence[str] = (),
) -> Filled:
    """`students`: (row, id, name) of the sheet. By an id that one row has, where the names do not contradict it, for ids
    of another platform are other people; else by a name that fits one row alone. `hidden`: names that stand for any."""
    filled = Filled()
    ids = Counter(identity for _, identity, _ in students)
    by_id = {identity: (row, name) for row, identity, name in students if identity and ids[identity] == 1}
    names = Counter(key for _, _, name in students for key in keys(name))
    by_name = {key: row for row, _, name in students for key in keys(name) if names[key] == 1}
    taken: set[int] = set()
    for result in sorted(results, key=lambda result: result.lms_id not in by_id):
        row, name = by_id.get(result.lms_id, (None, "")) if result.lms_id else (None, "")
        if row is None or not may_be(result.student, name, hidden):
            row = next((by_name[key] for key in keys(result.student) if key in by_name), None)
        if row is None or row in taken:
            filled.no_row.append(result.student)
            continue
        taken.add(row)
        if not result.decided:
            filled.undecided.append(result.student)
            continue
        write(sheet.rows[row], result)
        filled.written += 1
    filled.no_result = [name for row, _, name in students if row not in taken]
    return filled


def may_be(student: str, name: str, hidden: Sequence[str] = ()) -> bool:
    """Whether both can name one person: Moodle writes the group before the name, and one name for all that it hides."""
    student = NUMBERED.sub("", student)
    ours, theirs = words(student), words(name)
    return {*theirs} <= {*ours} or bool({*keys(student)} & {*keys(name)} or {*ours} & {*hidden})


def keys(name: str) -> list[str]:
    """Names that count as the same: without accents, case and signs, in any order of their words; and run together."""
    found = words(name)
    return list(dict.fromkeys([" ".join(sorted(found)), "".join(found)])) if found else []


def words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", name.rpartition("/")[2])
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()
    return re.findall(r"[^\W_]+", plain)
