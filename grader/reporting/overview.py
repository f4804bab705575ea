"""What a class has in common: median, the checks that cost most, what a person must look at."""

from statistics import median, mode
from typing import NamedTuple

from grader.reporting.wording import checks_of, decided_maximum
from grader.schema.result import CheckResult, Outcome, Result


class Missed(NamedTuple):
    """A check that some did not pass. Counts of students."""

    task: str
    check: str
    failed: int
    partial: int
    not_attempted: int
    judged: int  # results that hold this check

    @property
    def short(self) -> int:
        """Students who tried and did not get all of it."""
        return self.failed + self.partial


def middle_score(results: tuple[Result, ...]) -> float:
    """Median of the points earned so far; 0 for no results."""
    return float(median([result.score for result in results])) if results else 0.0


def usual_maximum(results: tuple[Result, ...]) -> float:
    """Points that need no person, as most results have them: an empty hand-in leaves nothing to a person."""
    return mode([decided_maximum(result) for result in results]) if results else 0.0


def task_titles(results: tuple[Result, ...]) -> dict[str, str]:
    """Task id -> title, in the rubric's order; a result that lacks a task does not hide it."""
    return {task.id: task.title for result in results for task in result.tasks}


def most_missed(results: tuple[Result, ...]) -> list[Missed]:
    """Checks that cost points, those failed most first. Not counted: a blocked one, for it is the fault of another, and
    what a person has settled."""
    outcomes: dict[tuple[str, str], list[Outcome]] = {}
    titles: dict[tuple[str, str], tuple[str, str]] = {}
    for result in results:
        for task in result.tasks:
            for check in task.checks:
                if check.decision is not None:
                    continue
                outcomes.setdefault((task.id, check.id), []).append(check.outcome)
                titles[task.id, check.id] = (task.title, check.title)
    missed = [
        Missed(
            *titles[key],
            seen.count("failed"),
            seen.count("partial"),
            seen.count("not_attempted"),
            len(seen),
        )
        for key, seen in outcomes.items()
    ]
    missed = [entry for entry in missed if entry.short or entry.not_attempted]
    return sorted(missed, key=lambda entry: (-entry.short, -entry.failed, -entry.not_attempted))


class Doubt(NamedTuple):
    """Undecided checks of one student, all for the same reason."""

    reason: str
    checks: list[CheckResult]

    @property
    def points(self) -> float:
        return sum(check.max_score - check.score for check in self.checks)


def doubts(results: tuple[Result, ...]) -> list[tuple[Result, list[Doubt]]]:
    """Students with undecided checks, by reason: a person must look."""
    return [(result, doubts_of(result)) for result in results if not result.decided]


def doubts_of(result: Result) -> list[Doubt]:
    reasons: dict[str, list[CheckResult]] = {}
    for check in checks_of(result):
        if check.outcome == "undecided":
            reasons.setdefault(check.observed, []).append(check)
    return [Doubt(reason, checks) for reason, checks in reasons.items()]
