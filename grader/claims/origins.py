"""Printed lines that neither the code nor its rerun can have written: of another notebook, or of code that is gone.

A line that a cell prints is made of words in the code, in files beside it, or in what libraries print; the rerun prints
those of the libraries too. Two words or more that are in none of them ask for a person's look.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from grader.claims.measured import Comparison, at
from grader.claims.outputs import outputs_of, texts_of
from grader.claims.text import excerpt, folded, joined, lines_of
from grader.schema.claims import LONGEST_TEXT, Claims, Printed

MOST_LINES = 400  # of a file, each with words of its own
MOST_TEXT = 2_000_000  # characters of code and outputs of a file
FEWEST_WORDS = 2  # that are foreign, and at least half of the line's
_WORDS = re.compile(r"[^\W\d_]{4,}")
_LIBRARIES = frozenset(  # printed where the rerun prints nothing: downloads, other machines
    """
    downloading extracting files already downloaded verified using cache found https mounted drive content nvidia geforce
    tesla quadro cuda driver version requirement satisfied collecting installing successfully installed
    """.split()
)


def words_of(line: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_WORDS.findall(folded(line))))


def printed_in(cells: list[tuple[int, Mapping[str, Any]]]) -> tuple[Printed, ...]:
    """Lines on standard output, each with words of its own; `cells`: code, with numbers. Not of shell lines and magics."""
    found: list[Printed] = []
    met = set[tuple[str, ...]]()
    for number, cell in cells:
        if re.search(r"(?m)^\s*[%!]", joined(cell.get("source"))):
            continue
        for line in _standard_output(cell):
            words = words_of(line)
            if len(words) >= FEWEST_WORDS and words not in met and len(found) < MOST_LINES:
                met.add(words)
                found.append(Printed(cell=number, text=excerpt(line, LONGEST_TEXT)))
    return tuple(found)


def _standard_output(cell: Mapping[str, Any]) -> Iterator[str]:
    streams = [o for o in outputs_of(cell) if o.get("output_type") == "stream" and o.get("name") != "stderr"]
    for _, text in texts_of(streams):
        yield from lines_of(text)


def code_in(cells: list[tuple[int, Mapping[str, Any]]]) -> str:
    """In which words are looked for."""
    return folded("\n".join(joined(cell.get("source")) for _, cell in cells)[:MOST_TEXT])


def shown_in(cells: list[tuple[int, Mapping[str, Any]]]) -> str:
    return folded("\n".join(text for _, cell in cells for _, text in texts_of(outputs_of(cell)))[:MOST_TEXT])


def compare_origins(stated: Claims, again: Claims | None) -> list[Comparison]:
    """At most one comparison: the first such line, and how many there are."""
    if again is None:
        return []
    known = f"{stated.code} {again.code} {again.shown}"
    foreign = [(line, words) for line in stated.printed if (words := _foreign(line.text, known))]
    if not foreign:
        return []
    line, words = foreign[0]
    more = f" ({len(foreign) - 1} more such lines)" if len(foreign) > 1 else ""
    return [
        Comparison(
            "contradicted",
            f"{stated.file}, cell {line.cell + 1}: the output has the line “{line.text}”{more}, and neither the code nor "
            f"what it printed here has the words {', '.join(words[:4])}. Contradicted: a person should look at whether "
            "this cell's code gives this output.",
            at(stated.file, line.cell),
        )
    ]


def _foreign(line: str, known: str) -> tuple[str, ...]:
    words = words_of(line)
    foreign = tuple(word for word in words if word not in _LIBRARIES and word not in known)
    return foreign if len(foreign) >= max(FEWEST_WORDS, len(words) / 2) else ()
