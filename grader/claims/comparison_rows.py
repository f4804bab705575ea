"""The rows of a table that compares approaches, as records: names told, numbers with their rounding and unit."""

import re
from collections.abc import Mapping, Sequence

from grader.claims.approaches import mode_of, network_of
from grader.claims.durations import seconds_in
from grader.claims.headings import Heading
from grader.claims.quantities import count_in, share_in
from grader.claims.text import excerpt, folded
from grader.schema.claims import LONGEST_TEXT, MOST_TABLE_ROWS, Column, Mode, TableRow

MOST_SHARE = 10.0  # 140 % is an error to be told, a larger number is none of an accuracy
MOST_SIGNED = 1_000.0  # the same with a percent sign: somebody forgot to divide
_NUMBERED = re.compile(
    r"(?:cnn|network|reseau|model|modele) ?[0-9a-d]\b.{0,40}"
)  # a name, though it tells nothing
_BELOW_ZERO = re.compile(r"\s*[-−](?=[0-9])")
_FRACTION = re.compile(r"0[.,][0-9]")
_GOES_ON = re.compile(r"[a-zé(]")
_BEGUN = re.compile(r"(?:from|depuis|a partir(?: de)?|fine|feature|feat\.?|reglage)$")  # and goes on below

Places = Mapping[Column, tuple[int, Heading]]


def rows_of(body: Sequence[Sequence[str]], names: Sequence[int], places: Places) -> list[TableRow]:
    """`body`: cells below the headings; `names`: columns of the label; `places`: columns of numbers. Cell 0, not written.

    A label may be wrapped over two rows. Rows that say nothing (a second row of headings, a sentence below) are left out.
    """
    labels = _labels(body, names)
    if len(places) < 3 and not any(map(mode_of, labels)):
        return []
    shares, grouped = _shares(body, places), _grouped(body, places)
    rows: list[TableRow] = []
    for row, label, share in zip(body, labels, shares, strict=True):
        record = TableRow(
            cell=0,
            written=False,
            text=excerpt(" | ".join(row), LONGEST_TEXT),
            label=excerpt(label, LONGEST_TEXT),
            mode=mode_of(label),
            network=network_of(label),
            trainable=_count(row, places, grouped),
            accuracy=share,
            seconds=_seconds(row, places),
        )
        rest = (
            _mode_with_rest(record, rows[-1])
            if rows and not any(row[at] for at, _ in places.values())
            else None
        )
        if rest is not None:
            label = excerpt(f"{rows[-1].label} {record.label}", LONGEST_TEXT)
            rows[-1] = rows[-1].model_copy(update={"label": label, "mode": rest})
        elif _says_anything(record):
            rows.append(record)
        if len(rows) == MOST_TABLE_ROWS:
            break
    return rows


def _labels(body: Sequence[Sequence[str]], names: Sequence[int]) -> list[str]:
    """`ResNet18 | finetuning` also where the network's name is written once, above: `| finetuning`."""
    labels: list[str] = []
    above = [""] * len(names)
    for row in body:
        told = [row[at] for at in names]
        if len(told) > 1 and not told[0] and _names_no_network(" ".join(told).strip()):
            first = next(at for at, name in enumerate(told) if name)
            told = above[:first] + told[first:]
        above = told
        labels.append(" | ".join(dict.fromkeys(filter(None, told))))
    return labels


def _names_no_network(label: str) -> bool:
    if mode_of(label) in (None, "from_scratch"):
        return False
    return network_of(label) is None and _NUMBERED.match(folded(label)) is None


def _shares(body: Sequence[Sequence[str]], places: Places) -> list[float | None]:
    """Accuracies as shares.

    A percent sign, the heading, or half of the values of the column above 1 tell percentages; where no value of a column is
    above 1, none of its sign and heading can be meant, for chance alone reaches ten per cent.
    """
    if "accuracy" not in places:
        return [None] * len(body)
    at, heading = places["accuracy"]
    written = [share_in(row[at]) for row in body]
    above = any(value > 1 for value, _ in filter(None, written))
    bare = [value > 1 for value, signed in filter(None, written) if not signed]
    percent = above and (heading.percent or sum(bare) * 2 >= max(1, len(bare)))
    shares = [
        found and (found[0] / 100 if percent or (found[1] and above) else found[0]) for found in written
    ]
    return [
        round(share, 9)
        if found and share is not None and share <= (MOST_SIGNED if found[1] else MOST_SHARE)
        else None
        for share, found in zip(shares, written, strict=True)
    ]


def _grouped(body: Sequence[Sequence[str]], places: Places) -> bool:
    """Whether 57,045 may be whole: not in a column of millions that holds 0,041 as well."""
    if "trainable" not in places:
        return True
    at, heading = places["trainable"]
    return not (heading.scale and any(_FRACTION.match(row[at]) for row in body))


def _count(row: Sequence[str], places: Places, grouped: bool) -> tuple[int, int] | None:
    if "trainable" not in places:
        return None
    at, heading = places["trainable"]
    return count_in(row[at], heading.scale, grouped)


def _seconds(row: Sequence[str], places: Places) -> float | None:
    """A time below zero is read as it stands, as of a start from which the end was subtracted."""
    if "seconds" not in places:
        return None
    at, heading = places["seconds"]
    below = _BELOW_ZERO.match(row[at])
    seconds = seconds_in(row[at][below.end() :] if below else row[at], heading.unit)
    return -seconds if below and seconds is not None else seconds


def _mode_with_rest(row: TableRow, above: TableRow) -> Mode | None:
    """That of both labels together, where one was wrapped: `(finetuning)` below `SqueezeNet`, `scratch` below `From`."""
    if row.network is not None:
        return None
    if above.mode is not None:
        return above.mode if above.mode == row.mode and _GOES_ON.match(row.label) else None
    begun = any(words.match(folded(above.label)) for words in (_NUMBERED, _BEGUN))
    if row.mode is None or above.network is not None or begun:
        return mode_of(f"{above.label} {row.label}")
    return None


def _says_anything(row: TableRow) -> bool:
    told = (row.mode, row.network, row.trainable, row.accuracy, row.seconds)
    return told != (None,) * len(told) or _NUMBERED.fullmatch(folded(row.label)) is not None
