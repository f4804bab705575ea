"""Tables that were handed in as pictures: nobody can read them here, and a person can."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from grader.claims.text import joined

LONGEST_SOURCE = 200_000  # characters
LATE = 0.5  # of a notebook's cells: pictures before are logos and drawings of networks
_NAMED = r"[^\"'()\n]{0,80}(?:tab|result|r[ée]sultat|compar|recap|r[ée]cap)[^\"'()\n]{0,80}"
_DRAWN = re.compile(
    r"\b(?:plt|pyplot|ax[a-z_]{0,10}|plotting)(?:\[[^\]\n]{0,20}\])?\.table\(|\bgo\.Table\(|\bff\.create_table\("
    rf"|\bdfi\.export\(|\bImage\((?:filename=)?[\"']{_NAMED}[\"']",
    re.IGNORECASE,
)
_SHOWN = re.compile(r"!\[[^\]\n]{0,200}\]\([^)\s]|<img\b", re.IGNORECASE)


def picture_of_table(cells: Sequence[Any]) -> int | None:
    """The last cell, from 0, whose code draws a table, or whose text shows a picture in the notebook's second half."""
    found = (number for number, kind, source in _sources(cells) if _is_one(number, kind, source, len(cells)))
    return max(found, default=None)


def _is_one(number: int, kind: str, source: str, cells: int) -> bool:
    if kind == "markdown":
        return number >= LATE * cells and _SHOWN.search(source) is not None
    return _DRAWN.search(source) is not None


def _sources(cells: Sequence[Any]) -> Iterable[tuple[int, str, str]]:
    for number, cell in enumerate(cells):
        if isinstance(cell, Mapping) and cell.get("cell_type") in ("code", "markdown"):
            yield number, str(cell["cell_type"]), joined(cell.get("source"))[:LONGEST_SOURCE]
