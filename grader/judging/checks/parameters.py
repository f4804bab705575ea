"""Does every layer hold the statement's number of weights?"""

from grader.judging.candidates import Candidate
from grader.judging.checks.architecture import compare
from grader.judging.compare import Pair
from grader.judging.layers import read_layers
from grader.judging.units import Unit
from grader.judging.verdict import Verdict, graded, undecided
from grader.schema.result import Finding


def expected_count(expected: Unit, found: Unit | None) -> int:
    """The table's count; without the bias where batch normalisation follows and makes it superfluous."""
    if found is not None and found.weights and found.normalised and not found.bias:
        return expected.parameters - expected.shape[0]
    return expected.parameters


def registered(candidate: Candidate) -> int:
    total = 0
    for parameter in candidate.network.parameters:
        count = 1
        for size in parameter.shape:
            count *= size
        total += count
    return total


def parameters(candidate: Candidate, names: tuple[str, ...]) -> Verdict:
    """Observed: shapes of the exported weights. Bound: equality, batch normalisation counted apart.

    Catches:  another size of a layer, a missing bias, a layer that was created and is not used.
    Misses:   weights that are computed from others (none of the lab's layers are).
    """
    pairs = compare(candidate, names)
    total, where = registered(candidate), candidate.place()
    if pairs is None:
        return undecided(f"{total:,} parameters are registered; their layers could not be read", where=where)
    weighted = [
        p for p in pairs if (p.expected and p.expected.parameters) or (p.found and p.found.parameters)
    ]
    network = read_layers(candidate.graph) if candidate.graph else None
    norms = sum(network.norm_weights.values()) if network else 0
    used = network.used if network else frozenset()
    unused = [p.name for p in candidate.network.parameters if p.name not in used]
    wanted = sum(expected_count(p.expected, p.found) for p in weighted if p.expected) + norms
    right = sum(is_right(pair) for pair in weighted)
    of = sum(p.expected is not None for p in weighted)
    extra = sum(p.expected is None for p in weighted) + (1 if unused else 0)
    text = f"{total:,} parameters" + (f", {norms:,} of them in batch normalisation" if norms else "")
    findings = tuple(finding(pair) for pair in weighted)
    if right == of and not extra:
        return graded(1.0, text, where=where, basis=candidate.basis, findings=findings)
    differ = not all(map(is_right, weighted))
    return graded(
        max(0.0, (right - 0.5 * extra) / of),
        f"{text}; {first_difference(weighted, unused)}",
        expected=f"{wanted:,} parameters",
        hint="Which layer's count differs first, and how many inputs and outputs does that layer have?"
        if differ
        else "Which layers does forward() really call?",
        where=where,
        basis=candidate.basis,
        findings=findings,
    )


def is_right(pair: Pair) -> bool:
    if pair.expected is None or pair.found is None:
        return False
    return pair.found.parameters == expected_count(pair.expected, pair.found)


def finding(pair: Pair) -> Finding:
    return Finding(
        title=pair.name or "an extra layer",
        holds=is_right(pair),
        observed=f"{pair.found.parameters:,}" if pair.found else "missing",
        expected=f"{expected_count(pair.expected, pair.found):,}" if pair.expected else "not in the table",
    )


def first_difference(pairs: list[Pair], unused: list[str]) -> str:
    for pair in pairs:
        if not is_right(pair):
            note = finding(pair)
            return f"first difference: {note.title} {note.observed}, expected {note.expected}"
    return f"created and never used: {', '.join(unused[:4])}"
