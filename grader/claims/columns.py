"""A table: the numbers it states, each below the name of its column or beside the name of its row."""

import re
from dataclasses import dataclass, replace

from grader.claims.readings import FEWEST_PARAMETERS, LabelKind, Reading
from grader.claims.tables import Table
from grader.claims.text import folded
from grader.claims.tokens import decimal, tokens_of, whole
from grader.claims.words import (
    CLASS_NAMES,
    NO_RESULT,
    SPLITS,
    UNITS,
    meaning_of,
    names_a_layer,
    names_another_rank,
    with_phrases_joined,
)
from grader.schema.claims import Split


@dataclass(frozen=True, slots=True)
class Name:
    """What the name of a column or a row announces."""

    kind: LabelKind | None = None
    split: Split | None = None
    epoch: bool = False
    percent: bool = False


@dataclass(frozen=True, slots=True)
class TableReading:
    reading: Reading
    epoch: int | None
    column: str
    row: str


def name_of(text: str, precision_is_accuracy: bool = True) -> Name:
    """`Test accuracy (%)`, `val_acc`, `Number of trainable params`. Times, best values and other ranks announce nothing."""
    line = with_phrases_joined(folded(text))
    words = [word for word in re.split(r"[^a-z0-9@]+", line) if word]
    meanings = {meaning_of(word) for word in words}
    split = next((SPLITS[word] for word in words if word in SPLITS), None)
    imprecise = not precision_is_accuracy and any(word.startswith("precision") for word in words)
    if (
        {"aside", "other", "setting"} & meanings
        or imprecise
        or any(names_another_rank(word) for word in words)
    ):
        return Name(split=split)
    kinds: tuple[LabelKind, ...] = ("accuracy", "loss", "parameters", "rate")
    kind = next((kind for kind in kinds if kind in meanings), None)
    return Name(kind, split, epoch="epoch" in meanings and kind is None, percent="%" in line)


def read_table(table: Table, precision_is_accuracy: bool = True) -> tuple[list[TableReading], list[int]]:
    """The numbers row by row, and the epochs that a column of epochs names.

    `epoch` is that column's number, or the number of the row where the rows have no words: a history.
    Catches: names above, names at the left (a table turned round), a split at the left, an index without a name.
    Misses: cells with several numbers; names in two rows of headers; tables of layers and of classes on purpose.
    """
    names = [name_of(cell, precision_is_accuracy) for cell in table.header]
    found: list[TableReading] = []
    epochs: list[int] = []
    for number, row in enumerate(table.rows):
        shift = len(row) - len(names)
        if shift not in (0, 1):
            continue
        words = " ".join(cell for cell in row if not any(letter.isdigit() for letter in cell[-12:]))
        side = name_of(row[0], precision_is_accuracy)
        below = list(zip(names, table.header, row[shift:], strict=True))
        counted = [whole(cell.strip()) for name, _, cell in below if name.epoch]
        epoch = next((n for n in counted if n is not None and n < 10**6), None)
        if epoch is not None:
            epochs.append(epoch)
        elif not any(letter.isalpha() for letter in words):
            epoch = number
        kinds_of_row = set(re.split(r"[^a-z0-9]+", folded(" ".join(row[:2]))))
        for name, title, cell in below:
            told = replace(name, kind=name.kind or side.kind, split=name.split or side.split)
            reading = _value(told, cell)
            if reading and not (reading.kind == "accuracy" and kinds_of_row & (CLASS_NAMES | NO_RESULT)):
                found.append(
                    TableReading(reading, epoch, f"{title} {side.kind or ''}", " | ".join(filter(None, row)))
                )
    if any(_is_of_layer(row) for row in table.rows):
        found = [f for f in found if f.reading.kind != "parameters"]
    return found, epochs


def _is_of_layer(row: tuple[str, ...]) -> bool:
    first = re.split(r"[^a-z0-9]+", folded(" ".join(row[:2])))
    return any(names_a_layer(word) for word in first) and not {"extraction", "extract", "extractor"} & set(
        first
    )


def _value(name: Name, cell: str) -> Reading | None:
    if name.kind is None:
        return None
    if name.kind == "parameters":
        count = whole(re.sub(r"[\s*_`' ]", "", cell))
        return Reading("parameters", None, float(count)) if count and count >= FEWEST_PARAMETERS else None
    tokens = tokens_of(folded(cell))
    numbers = [token for token in tokens if token.kind == "number"]
    if not numbers or (len(numbers) > 1 and not re.search(r"±|\+/?-", cell)):
        return _share(name, [token.text for token in tokens])
    value = decimal(numbers[0].text)
    if value is None or any(token.text in UNITS for token in tokens):
        return None
    split = name.split if name.kind != "rate" else None
    if name.kind != "accuracy":
        return Reading(name.kind, split, -value if numbers[0].negative else value)
    if value > 100 or numbers[0].negative:
        return None
    known = name.percent or "%" in cell
    return Reading("accuracy", split, value / 100 if known else value, "share" if known else "unknown")


def _share(name: Name, tokens: list[str]) -> Reading | None:
    """`7234/10000`."""
    if (
        name.kind == "accuracy"
        and len(tokens) == 3
        and tokens[1] == "/"
        and (tokens[0] + tokens[2]).isdigit()
    ):
        part, total = (int(t[:20]) for t in (tokens[0], tokens[2]))
        return Reading("accuracy", name.split, part / total) if total >= 10 and part <= total else None
    return None
