"""Compares what the outputs state with what was measured. Nothing is punished: a contradiction asks for a look."""

from collections.abc import Collection, Sequence

from grader.claims.accuracies import compare_accuracies, evaluation_missing
from grader.claims.counts import compare_epochs, compare_parameters
from grader.claims.measured import Comparison, Measured
from grader.claims.origins import compare_origins
from grader.schema.claims import Claims

MOST_COMPARISONS = 200

__all__ = ["Comparison", "Measured", "compare"]


def compare(
    claims: Sequence[Claims],
    networks: Sequence[Measured],
    *,
    rerun: Sequence[Claims] = (),
    not_seen: Collection[str] = (),
) -> tuple[Comparison, ...]:
    """All comparisons of one submission, file by file; where they are more than MOST_COMPARISONS, contradictions first.

    `claims`: of each file as handed in. `networks`: every network that was seen, trained or only counted.
    `rerun`: what the executed notebooks state in turn: a count or a log that the code printed again is its own.
    `not_seen`: files whose code was not seen to its end (stopped by an error or a limit, or it runs programs of its
    own): what is missing there contradicts nothing, and their trainings count as cut short.
    A file without networks of its own, a report beside a script, is compared with all of the submission.
    """
    found: list[Comparison] = []
    for stated in claims:
        own = [n for n in networks if n.file == stated.file]
        near = own or list(networks)
        whole = stated.file not in not_seen
        again = next((c for c in rerun if c.file == stated.file), None)
        found += evaluation_missing(stated, near, whole)
        found += compare_accuracies(stated, near, whole)
        found += compare_parameters(stated, networks, again)
        if whole:
            found += compare_epochs(stated, own, again)
            found += compare_origins(stated, again)
    if len(found) > MOST_COMPARISONS:
        found.sort(key=lambda comparison: comparison.verdict != "contradicted")
    return tuple(found[:MOST_COMPARISONS])
