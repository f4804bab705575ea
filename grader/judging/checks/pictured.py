"""A table that may have been handed in as a picture."""

from collections.abc import Sequence

from grader.judging.verdict import Verdict, undecided
from grader.schema.claims import Claims, ComparisonTable
from grader.schema.result import Where


def or_pictured(verdict: Verdict, table: ComparisonTable | None, stated: Sequence[Claims]) -> Verdict:
    """The verdict, unless no table was found and a picture may be it."""
    found = next(((one.file, one.pictured) for one in stated if one.pictured is not None), None)
    if table is not None or found is None:
        return verdict
    file, cell = found
    text = f"no table could be read; cell {cell + 1} shows a picture, which may be it"
    return undecided(text, where=Where(file=file, cell=cell + 1))
