"""The table that compares the approaches: five rows, each number beside what was measured; and the outputs it stands in."""

from collections import Counter
from collections.abc import Sequence

from grader.judging.candidates import Circumstances
from grader.judging.checks.transfer import of_mode, pair_of
from grader.judging.modes import MODE_WORDS, Training, family_of
from grader.judging.verdict import Verdict, graded, not_attempted, undecided
from grader.schema.claims import Claims, ComparisonTable, Mode, TableRow
from grader.schema.result import Finding, Where

ROWS: tuple[tuple[str, Mode], ...] = (
    ("from scratch", "from_scratch"),
    ("first network, feature extraction", "feature_extraction"),
    ("first network, finetuning", "finetuning"),
    ("second network, feature extraction", "feature_extraction"),
    ("second network, finetuning", "finetuning"),
)
APPROACHES: tuple[Mode, ...] = ("feature_extraction", "finetuning")
QUOTED = 80  # characters of a row


def best_table(stated: Sequence[Claims], again: Sequence[Claims]) -> tuple[ComparisonTable | None, str, bool]:
    """The fullest table, its file, and whether it was handed in: else the notebook prints one when it is run."""

    def worth(table: ComparisonTable) -> tuple[int, int, int]:
        return len(table.columns), sum(row.mode is not None for row in table.rows), -table.written

    for source, handed_in in ((stated, True), (again, False)):
        found = [(claims.table, claims.file) for claims in source if claims.table is not None]
        if found:
            table, file = max(found, key=lambda pair: worth(pair[0]))
            return table, file, handed_in
    return None, "", False


def place(table: ComparisonTable, file: str) -> Where:
    return Where(file=file, cell=table.cell + 1)


def without(text: str, table: ComparisonTable | None) -> Verdict:
    """A table that is not there is said once, by its first check."""
    return Verdict(outcome="blocked", fraction=0.0, observed=text) if table is None else not_attempted(text)


def complete(row: TableRow) -> bool:
    return row.trainable is not None and row.accuracy is not None and row.seconds is not None


def gaps(row: TableRow) -> str:
    names = {
        "the number of trainable parameters": row.trainable,
        "the test accuracy": row.accuracy,
        "the time of an epoch": row.seconds,
    }
    return ", ".join(name for name, value in names.items() if value is None)


def table_rows(table: ComparisonTable | None, file: str) -> Verdict:
    """Catches: no table, a row or a cell that is missing. Misses: rows whose names say nothing (they go to a person)."""
    if table is None:
        return not_attempted(
            "no table with the approaches, their parameters, accuracies and times",
            expected="five rows: " + "; ".join(title for title, _ in ROWS),
        )
    left = list(table.rows)
    findings, full = [], 0
    for title, mode in ROWS:
        row = next((r for r in left if r.mode == mode), None)
        if row is None:
            findings.append(Finding(title=title, holds=False, observed="no such row"))
            continue
        left.remove(row)
        empty = gaps(row)
        full += not empty
        said = f"“{row.text[:QUOTED]}”"
        findings.append(
            Finding(title=title, holds=not empty, observed=f"{said}: {empty} missing" if empty else said)
        )
    where = place(table, file)
    lacking = [f for f in findings if not f.holds]
    if not lacking:
        return graded(
            1.0, "five rows, no cell is empty", where=where, basis="claimed", findings=tuple(findings)
        )
    unnamed = [row for row in left if row.mode is None and complete(row)]
    if len(unnamed) >= len([f for f in lacking if f.observed == "no such row"]) > 0:
        return undecided(
            f"the rows {', '.join(f'“{row.label[:40]}”' for row in unnamed[:5])} do not say which approach they are",
            where=where,
            findings=tuple(findings),
        )
    everywhere = {gaps(row) for row in table.rows if row.mode is not None}
    return graded(
        full / len(ROWS),
        f"no row states {everywhere.pop()}"
        if len(everywhere) == 1
        and all(f.observed.startswith("“") for f in lacking)
        and len(lacking) == len(ROWS)
        else "; ".join(f"{f.title}: {f.observed}" for f in lacking),
        expected="five rows, each with its number of trainable parameters, test accuracy and time per epoch",
        hint="Which cell of the table can you not fill in, and which run would tell you?",
        where=where,
        basis="claimed",
        findings=tuple(findings),
    )


def fits(row: TableRow, one: Training) -> bool:
    """The row speaks of this network, as far as it names one."""
    if row.mode == "from_scratch" or row.network is None or not one.network:
        return True
    return one.network == row.network or family_of(one.network) == family_of(row.network) == family_only(
        row.network
    )


def family_only(network: str) -> str:
    """The family, of a name that says no more than that."""
    return family_of(network) if not any(letter.isdigit() for letter in network) else ""


def table_parameters(
    table: ComparisonTable | None, file: str, trainings: Sequence[Training], circumstances: Circumstances
) -> Verdict:
    """Catches: all parameters instead of those trained, the network before its head was replaced, rows in each other's
    place. Misses: rows of trainings that were not seen."""
    rows = [row for row in table.rows if row.mode is not None and row.trainable is not None] if table else []
    if table is None or not rows:
        return without("no table states how many parameters were trained", table)
    findings = [
        row_finding(row, trainings, bool(circumstances.hidden_by), lacks_trainings(row, rows, trainings))
        for row in rows
    ]
    seen = [f for f in findings if f.holds is not None]
    where = place(table, file)
    if not seen:
        why = circumstances.hidden_by or "no training that a row speaks of was seen"
        return undecided(f"{len(rows)} counts are stated; {why}", where=where, findings=tuple(findings))
    wrong = [f for f in seen if not f.holds]
    if not wrong:
        text = f"{len(seen)} counts are those of the networks that were trained"
        return graded(1.0, text, where=where, basis="observed", findings=tuple(findings))
    return graded(
        1 - len(wrong) / len(seen),
        "; ".join(f"{f.title}: {f.observed}" for f in wrong),
        expected="; ".join(f.expected for f in wrong if f.expected),
        hint="Which parameters does requires_grad, or the optimizer, leave out?",
        where=where,
        basis="observed",
        findings=tuple(findings),
    )


def lacks_trainings(row: TableRow, rows: Sequence[TableRow], trainings: Sequence[Training]) -> bool:
    """There are more rows of this approach than networks that were trained so."""
    return sum(one.mode == row.mode for one in rows) > len(
        {one.network for one in trainings if one.mode == row.mode}
    )


def row_finding(row: TableRow, trainings: Sequence[Training], hidden: bool, short: bool) -> Finding:
    """`hidden`: something may have kept trainings from being seen. `short`: fewer were of this approach than rows say."""
    assert row.mode is not None
    assert row.trainable is not None
    low, high = row.trainable
    stated = f"{low:,}" if low == high else f"{(low + high) // 2:,} (rounded)"
    title = row.label[:QUOTED] or MODE_WORDS[row.mode]
    own = [one for one in of_mode(trainings, row.mode) if fits(row, one)]
    if not own:
        text = f"{stated} is stated; no {MODE_WORDS[row.mode]} was seen"
        near = [one for one in trainings if fits(row, one) and (one.network or row.mode == "from_scratch")]
        scratch = of_mode(trainings, "from_scratch")  # one of them is meant to be
        nameless = [one for one in trainings if one.mode is None and not one.network]
        nameless += scratch if len(scratch) > 1 else []
        maybe = [*near, *nameless] or trainings
        if hidden or any(low <= count <= high for one in maybe for count in one.counts):
            return Finding(
                title=title, holds=None, observed=text
            )  # of a training that turned out as another one
        known = " or ".join(f"{count:,}" for count in sorted({count for one in near for count in one.counts}))
        wanted = f"{known} trainable parameters" if known else "a training of it"
        return Finding(title=title, holds=False, observed=text, expected=f"{title}: {wanted}")
    counts = {count for one in own for count in one.counts}
    if any(low <= count <= high for count in counts):
        return Finding(title=title, holds=True, observed=f"{stated}, as measured")
    if (
        row.network is None
        and short
        and any(low <= count <= high for one in trainings for count in one.counts)
    ):
        return Finding(
            title=title, holds=None, observed=f"{stated}, as measured of a training that is of another kind"
        )
    if not counts:  # nearest neighbours, trees
        text = f"{stated} is stated; a {own[0].candidate.network.class_name} has no weights that could be counted"
        return Finding(title=title, holds=None, observed=text)
    said = f"{stated} is stated"
    if any(low <= one.total <= high for one in own):
        said += ", which is the number of all its parameters"
    measured = " or ".join(f"{count:,}" for count in sorted(counts))
    return Finding(
        title=title, holds=False, observed=said, expected=f"{title}: {measured} trainable parameters"
    )


def table_epochs(
    trainings: Sequence[Training], circumstances: Circumstances, stated: Sequence[Claims] = ()
) -> Verdict:
    """Catches: an approach that was trained longer than another. Misses: trainings that no task counts."""
    pairs = [pair_of(trainings, mode) for mode in APPROACHES]
    chosen = [one for pair in pairs for one in pair if one is not None and one.lengths]
    scratch = [one for one in of_mode(trainings, "from_scratch") if one.lengths]
    wanted = common(chosen)
    if scratch:  # the one that was trained as long as the others, if there is one
        chosen.append(next((one for one in scratch if one.lengths & wanted), scratch[0]))
    if len(chosen) < 2:
        chosen = [one for one in trainings if one.lengths]  # whatever their modes
    if len(chosen) < 2:
        alike = [one for one in trainings if one.mode is not None and one.images]
        if len(alike) > 1 and len({one.images for one in alike}) == 1 and not circumstances.hidden_by:
            text = f"{alike[0].images:,} images each, {len(alike)} trainings without a loader"
            return graded(1.0, text, basis="observed")
        text = "fewer than two of the trainings were seen to pass over a loader"
        if circumstances.hidden_by or len(trainings) > 1:
            return undecided(f"{text}: epochs are not counted without one. {circumstances.hidden_by}".strip())
        return not_attempted(text)
    equal = common(chosen)
    usual = Counter(length for one in chosen for length in one.lengths).most_common(1)[0][0]
    findings = tuple(
        Finding(
            title=title_of(one),
            holds=bool(equal) or usual in one.lengths,
            observed=epochs_text(min(equal or one.lengths)),
        )
        for one in chosen
    )
    if equal:
        text = f"{epochs_text(min(equal))} each, {len(chosen)} trainings"
        return graded(1.0, text, basis="observed", findings=findings)
    early = next((one.candidate for one in chosen if one.candidate.stops_in is not None), None)
    if early is not None:
        logs = logged(stated)
        where = Where(file=early.file, cell=early.stops_in)
        if len(logs) >= len(chosen) and len(set(logs)) == 1:
            text = f"the outputs log {len(logs)} trainings of {epochs_text(logs[0])} each, which might have ended early"
            return graded(1.0, text, where=where, basis="claimed")
        text = "; ".join(f"{f.title}: {f.observed}" for f in findings)
        text += (
            f"; but cell {early.stops_in} may end a training early, and a shortened one ends elsewhere than the one "
            "handed in"
        )
        if logs:
            text += f", whose outputs log {', '.join(map(str, logs[:10]))} epochs"
        return undecided(text, where=where)
    odd = next(one for one in chosen if usual not in one.lengths)
    return graded(
        0.0,
        "; ".join(f"{f.title}: {f.observed}" for f in findings),
        expected="the same number of epochs for all rows",
        hint="What does a comparison tell, if one network was trained longer than the other?",
        basis="observed",
        where=odd.place,
        findings=findings,
    )


def logged(stated: Sequence[Claims]) -> list[int]:
    """Epochs of each training that the outputs log from its beginning to its end."""
    claims = [claim for one in stated for claim in one.claims if claim.quantity == "epochs"]
    return [round(claim.value) for claim in claims if not claim.written and not claim.at_least]


def common(trainings: Sequence[Training]) -> frozenset[int]:
    """Numbers of epochs that all of them may be said to have had."""
    return frozenset.intersection(*(one.lengths for one in trainings)) if trainings else frozenset()


def epochs_text(count: int) -> str:
    return f"{count} epoch" + ("" if count == 1 else "s")


def title_of(one: Training) -> str:
    mode = MODE_WORDS[one.mode] if one.mode else "none of the approaches"
    return f"{one.network} ({mode})" if one.network else mode


def outputs_stored(stated: Sequence[Claims], again: Sequence[Claims]) -> Verdict:
    """Catches: cells that print, and were handed in without what they print. Misses: outputs of an older version."""
    if not stated:
        return not_attempted("no notebook was handed in: a script holds no outputs")
    rerun = {claims.file: claims for claims in again}
    lacking = [(one.file, cell) for one in stated for cell in silent_cells(one, rerun.get(one.file))]
    total = len(lacking) + sum(len(one.cells_with_output) for one in stated)
    where = Where(file=lacking[0][0], cell=lacking[0][1] + 1) if lacking else None
    if not total:
        return not_attempted("no cell prints anything")
    if not lacking:
        text = (
            "the one cell that prints holds its output"
            if total == 1
            else f"{total} cells that print hold their outputs"
        )
        return graded(1.0, text, basis="claimed")
    names = ", ".join(str(cell + 1) for _, cell in lacking[:12]) + (" and more" if len(lacking) > 12 else "")
    return graded(
        max(0.0, 1 - len(lacking) / max(1, total)),
        f"{len(lacking)} of {total} cells that print have no output: {names}",
        expected="the notebook with all its outputs",
        hint="After the last change, was the notebook run from its first cell to its last, and saved?",
        where=where,
        basis="claimed",
    )


def silent_cells(stated: Claims, again: Claims | None) -> list[int]:
    """Cells handed in without an output: those that have one when they are run, or that print, as far as can be read."""
    if again is None:
        return list(stated.cells_without_output)
    spoken, held = set(again.cells_with_output), set(stated.cells_with_output)
    quiet = set(
        again.cells_without_output
    )  # they did not print when they were run, or were not run to their end
    return sorted((spoken - held) | (set(stated.cells_without_output) - quiet))
