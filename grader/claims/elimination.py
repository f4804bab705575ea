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
    """The rows, with the approach of those that do not name theirs, if the table lacks just as many rows of one approach.

    Where two rows are of one pretrained network, they are of different approaches.
    """
    unnamed = [row for row in rows if row.mode is None]
    lacking = WANTED - Counter(row.mode for row in rows if row.mode is not None)
    if len(rows) != WANTED.total() or len(lacking) != 1 or lacking.total() != len(unnamed):
        return list(rows)
    mode = next(iter(lacking))
    networks = [row.network for row in (*unnamed, *(r for r in rows if r.mode == mode)) if row.network]
    alone = mode == "from_scratch" or len(set(networks)) == len(networks)
    if not alone or any(_says_otherwise(row) for row in unnamed):
        return list(rows)
    return [row if row.mode else row.model_copy(update={"mode": mode}) for row in rows]


def _says_otherwise(row: TableRow) -> bool:
    empty = row.trainable is None and row.accuracy is None and row.seconds is None
    return empty or not row.label or _NO_NETWORK.search(folded(row.label)) is not None
