"""Functions that students write, piece by piece: what they gave beside what is right."""

from collections.abc import Mapping, Sequence

from grader.judging.candidates import Circumstances
from grader.judging.verdict import Verdict, graded, not_attempted, undecided
from grader.schema.assignment import PieceSpec
from grader.schema.evaluation import Tried
from grader.schema.result import Finding, Where

EXPECTED = "each one written out, and right for every argument"
UNWRITTEN = "NotImplementedError"  # what the starter raises where nothing has been written yet
LATE = "it did not come back"
NOT_YET = "it raises NotImplementedError: not written yet"

Attempts = Sequence[tuple[str, Tried]]  # with the file


def functions(
    names: Sequence[str],
    pieces: Sequence[PieceSpec],
    tries: Mapping[str, Attempts],
    circumstances: Circumstances,
) -> Verdict:
    """Each piece is an equal share; of a piece with several outputs, each output is.

    Observed: the values that functions gave for the trial arguments, and which functions of PyTorch they called.
    Bound:    grader/evaluation/functions.py; for what is drawn, grader/evaluation/properties.py.
    Catches:  another formula, convention or axis, a step in the wrong direction, a library that does the work.
    Misses:   what shows for other arguments only; what is called as no such function is, and wrong.
    """
    specs = {piece.id: piece for piece in pieces}
    judged = [one_piece(specs[name], tries.get(name, ()), circumstances) for name in names]
    findings = tuple(finding for finding, _, _ in judged)
    share = sum(share for _, share, _ in judged) / len(judged)
    wheres = [where for finding, _, where in judged if where is not None and not finding.holds]
    wrong = [finding for finding in findings if not finding.holds]
    attempted = any(where is not None for _, _, where in judged)
    if any(finding.holds is None for finding in findings):
        return undecided(circumstances.hidden_by, findings=findings)
    if not attempted:
        stubs = any(finding.observed == NOT_YET for finding in findings)
        return not_attempted(NOT_YET if stubs else "no function does this", findings=findings)
    if not wrong:
        return graded(1, said(len(findings), len(findings)), basis="observed", findings=findings)
    return graded(
        share,
        f"{said(len(findings) - len(wrong), len(findings))}; {wrong[0].title}: {wrong[0].observed}",
        expected=EXPECTED,
        hint=wrong[0].hint,
        where=wheres[0] if wheres else None,
        basis="observed",
        findings=findings,
    )


def said(right: int, count: int) -> str:
    if count == 1:
        return "right" if right else "not right"
    return f"{'all' if right == count else right if right else 'none'} of {count} are right"


def one_piece(
    piece: PieceSpec, tries: Attempts, circumstances: Circumstances
) -> tuple[Finding, float, Where | None]:
    """The best attempt; its share of the piece, and where it stands."""
    written = [(file, one) for file, one in tries if not one.error.startswith(UNWRITTEN)]
    if not written:
        stub = bool(tries)
        hidden = bool(circumstances.hidden_by) and not stub
        finding = Finding(
            title=piece.title,
            holds=None if hidden else False,
            observed=NOT_YET if stub else "no function does this",
        )
        return finding, 0.0, None
    file, best = max(written, key=lambda pair: worth(pair[1]))
    cell = None if best.place.cell is None else best.place.cell + 1
    where = Where(file=file, cell=cell, line=best.place.line)
    return finding_of(piece, best), best.share, where


def worth(one: Tried) -> tuple[float, bool, bool, bool]:
    """Of attempts that are right to the same share, that one stands for the piece of which most can be said."""
    return one.share, one.named, bool(one.mistake), not one.error


def finding_of(piece: PieceSpec, best: Tried) -> Finding:
    wrong = [part for part in best.parts if not part.holds]
    observed, hint = best.parts[0].observed, ""
    if best.function.lower() != piece.title.lower():
        observed = f"{best.function}, {observed}"
    if best.library:
        observed = f"{best.function} leaves the work to PyTorch: {', '.join(best.library)}"
        hint = f"Which operations on tensors does {best.function} consist of?"
    elif best.error:
        observed = f"{best.function}: {best.error}"
        hint = f"Can {best.function} be called as the statement says, with tensors of these shapes?"
        if best.error.startswith(LATE):
            hint = f"Does every loop of {best.function} end?"
    elif wrong:
        parts = [f"{part.title}: {part.observed}" if len(best.parts) > 1 else part.observed for part in wrong]
        observed = f"{best.function}: {'; '.join(parts)}"
        hint = f"What should {best.function} give there, worked out by hand?"
        if best.mistake:
            observed += f". The same numbers come out where {best.mistake}"
            hint = f"Is it so in {best.function} that {best.mistake}?"
    return Finding(title=piece.title, holds=best.share == 1, observed=observed[:1000], hint=hint)
