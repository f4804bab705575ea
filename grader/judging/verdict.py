"""What a check concludes, before points are given."""

from dataclasses import dataclass

from grader.schema.result import Basis, Finding, Outcome, Where


@dataclass(frozen=True)
class Verdict:
    """`fraction` of the check's points that is earned, 0..1; the outcome follows from it unless it is given."""

    outcome: Outcome
    fraction: float
    observed: str
    expected: str = ""
    hint: str = ""
    where: Where | None = None
    basis: Basis | None = None
    findings: tuple[Finding, ...] = ()


def graded(fraction: float, observed: str, **rest: object) -> Verdict:
    """passed, partial or failed by the fraction."""
    outcome: Outcome = "passed" if fraction >= 1 else "failed" if fraction <= 0 else "partial"
    return Verdict(outcome=outcome, fraction=min(1.0, max(0.0, fraction)), observed=observed, **rest)  # type: ignore[arg-type]


def undecided(observed: str, **rest: object) -> Verdict:
    """It could not be seen, through no proven fault of the student's."""
    return Verdict(outcome="undecided", fraction=0.0, observed=observed, **rest)  # type: ignore[arg-type]


def not_attempted(observed: str, **rest: object) -> Verdict:
    return Verdict(outcome="not_attempted", fraction=0.0, observed=observed, **rest)  # type: ignore[arg-type]


def pending(observed: str) -> Verdict:
    return Verdict(outcome="pending", fraction=0.0, observed=observed)
