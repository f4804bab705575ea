"""Stated numbers of parameters and epochs against those of the code."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from grader.claims.measured import Comparison, Measured, at, cells_text
from grader.claims.text import excerpt
from grader.schema.claims import Claim, Claims, Quantity

QUOTED = 80  # characters of an output in a sentence


def compare_parameters(
    claims: Claims, networks: Sequence[Measured], rerun: Claims | None
) -> Iterator[Comparison]:
    """Each cell's parameter counts: one of them, or their sum, equals a network's total or trainable count.

    Reason: a count does not depend on training or chance, so that any difference tells of other code. The sum, for
    counts layer by layer; a number that the cell printed again when it was run, for parts that are no network.
    """
    known = {count for n in networks for count in (n.parameters, n.trainable) if count}
    for cell, stated in _by_cell(claims, "parameters").items():
        counts = {round(c.value) for c in stated}
        again = {round(c.value) for c in _of_cell(rerun, "parameters", cell)}
        if not known and not again & counts:
            continue
        shown = counts & (known | again) or ({sum(counts)} & known)
        if shown:
            yield Comparison(
                "consistent",
                f"{claims.file}, cell {cell + 1}: {min(shown):,} parameters are stated and counted. "
                "Consistent: nothing to look at.",
                at(claims.file, cell),
            )
            continue
        count, nearest = min(((c, k) for c in counts for k in known), key=lambda pair: abs(pair[0] - pair[1]))
        claim = next(c for c in stated if round(c.value) == count)
        yield Comparison(
            "contradicted",
            f"{claims.file}, cell {cell + 1}: {count:,} parameters are stated (“{excerpt(claim.text, QUOTED)}”); the "
            f"networks of this work have {_listed(known, nearest)}. Contradicted: a person should look at which network "
            "is counted there.",
            at(claims.file, cell),
        )


def compare_epochs(
    claims: Claims, networks: Sequence[Measured], rerun: Claims | None
) -> Iterator[Comparison]:
    """The epochs that the logs show against those that the code ran, for the networks that share cells.

    Reason: loops run to their end under every profile, so that the outputs of this code show as many epochs as it runs.
    A log may be printed twice: one training's, or all together, may be equal. A thinned, cut or interrupted log, or a
    cell that logs nothing, only bounds from below. Training that ends by itself (early stopping) may differ rightly.
    """
    logs = _by_cell(claims, "epochs")
    for group in _sharing_cells([n for n in networks if n.file == claims.file and n.trained]):
        cells = tuple(sorted({cell for n in group for cell in n.trained}))
        stated = [claim for cell in cells for claim in logs.get(cell, [])]
        ran = sum(n.epochs for n in group)
        if not stated or not ran:
            continue
        values = [round(claim.value) for claim in stated]
        bound = any(c.at_least for c in stated) or any(cell not in logs for cell in cells)
        fits = ran in {sum(values), *values} or (len(group) > 1 and set(values) <= {n.epochs for n in group})
        fits |= bound and max(values) <= ran
        fits |= all(_values(rerun, cell) == [round(c.value) for c in logs.get(cell, [])] for cell in cells)
        shows = max(values) if bound or sum(values) == 2 * max(values) else sum(values)
        shown = _epochs(ran if fits else shows, "at least " if bound and not fits else "")
        sentence = f"{claims.file}, {cells_text(cells)}: the outputs show {shown}"
        yield Comparison(
            "consistent" if fits else "contradicted",
            f"{sentence}, as many as the code runs or a part of them. Consistent: nothing to look at."
            if fits
            else f"{sentence}, the code runs {ran}. Contradicted: a person should look at whether the code was changed "
            "after this output, or whether the training ends by itself.",
            at(claims.file, stated[0].cell),
        )


def _epochs(count: int, bound: str) -> str:
    return f"{bound}{count} epoch" + ("" if count == 1 else "s")


def _sharing_cells(networks: Sequence[Measured]) -> list[list[Measured]]:
    """Networks in groups: those trained in a common cell belong together."""
    groups: list[tuple[set[int], list[Measured]]] = []
    for network in networks:
        cells, members = set(network.trained), [network]
        for group in [g for g in groups if g[0] & cells]:
            groups.remove(group)
            cells, members = cells | group[0], group[1] + members
        groups.append((cells, members))
    return [members for _, members in groups]


def _by_cell(claims: Claims, quantity: Quantity) -> dict[int, list[Claim]]:
    found: dict[int, list[Claim]] = defaultdict(list)
    for claim in claims.claims:
        if claim.quantity == quantity:
            found[claim.cell].append(claim)
    return found


def _of_cell(claims: Claims | None, quantity: Quantity, cell: int) -> list[Claim]:
    return [c for c in claims.claims if c.quantity == quantity and c.cell == cell] if claims else []


def _values(claims: Claims | None, cell: int) -> list[int] | None:
    return [round(c.value) for c in _of_cell(claims, "epochs", cell)] if claims else None


def _listed(known: set[int], nearest: int) -> str:
    others = len(known) - 1
    return (
        f"{nearest:,}"
        + (f" (nearest) and {others} other counts" if others > 1 else "")
        + (f" or {next(iter(known - {nearest})):,}" if others == 1 else "")
    )
