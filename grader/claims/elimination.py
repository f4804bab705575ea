"""Rows whose names say nothing, `baseline` or plain `CNN1`, in a table that leaves them one approach only."""

import re
from collections import Counter
from collections.abc import Sequence

from grader.claims.text import folded
from grader.schema.claims import Mode, TableRow

WANTED: Counter[Mode] = Counter({"from_scratch": 1, "feature_extraction": 2, "finetuning": 2})
_NO_NETWORK = re.compile(
    r"(?<![a-z])(?:moyenne?s?|mean|average|avg|total|sum|somme|best|meilleure?|max|min|ecart|std|gain|diff\w*|chance|hasard"
    r"|random guess\w*|human|humain)(?![a-z])"
)


def completed(rows: Sequence[TableRow]) -> list[TableRow]:
    """The rows, with the approach of those that do not name theirs, if there is but one for them."""
    unnamed = [row for row in rows if row.mode is None]
    mode = _left(rows, unnamed)
    if mode is None or any(_says_otherwise(row) for row in unnamed):
        return list(rows)
    return [row if row.mode else row.model_copy(update={"mode": mode}) for row in rows]


def _left(rows: Sequence[TableRow], unnamed: Sequence[TableRow]) -> Mode | None:
    """The table lacks just as many rows of one approach, where two rows of one network are of different approaches; or one
    row alone names no network."""
    told = [row for row in rows if row.mode is not None]
    lacking = WANTED - Counter(row.mode for row in told if row.mode is not None)
    if len(lacking) == 1 and lacking.total() == len(unnamed) and len(rows) == WANTED.total():
        mode = next(iter(lacking))
        networks = [r.network for r in rows if (r.mode is None or r.mode == mode) and r.network]
        return mode if mode == "from_scratch" or len(set(networks)) == len(networks) else None
    alone = len(unnamed) == 1 and unnamed[0].network is None and len({row.mode for row in told}) > 1
    return (
        "from_scratch" if alone and "from_scratch" in lacking and all(row.network for row in told) else None
    )


def _says_otherwise(row: TableRow) -> bool:
    empty = row.trainable is None and row.accuracy is None and row.seconds is None
    return empty or not row.label or _NO_NETWORK.search(folded(row.label)) is not None
