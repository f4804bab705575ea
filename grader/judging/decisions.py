"""What a person decided on single checks, put into a result and taken out of it again."""

from collections.abc import Mapping
from dataclasses import dataclass

from grader.judging.judge import score_range, task_outcome
from grader.schema.result import CheckResult, Decision, Outcome, Result, TaskResult

Key = tuple[str, str]  # ids of a task and of its check


@dataclass(frozen=True)
class Given:
    """Points for a check, from 0 to its maximum, and what the student reads about them."""

    points: float
    comment: str = ""


def with_decisions(result: Result, given: Mapping[Key, Given]) -> Result:
    """The grader's own verdicts, but for the checks in `given`. Decisions that a result holds already are forgotten."""
    tasks = tuple(task_with(task, given) for task in result.tasks)
    return result.model_copy(
        update={
            "tasks": tasks,
            "score": round(sum(task.score for task in tasks), 2),
            "pending_points": sum(c.max_score for t in tasks for c in t.checks if c.outcome == "pending"),
            "score_range": score_range(tasks),
        }
    )


def task_with(task: TaskResult, given: Mapping[Key, Given]) -> TaskResult:
    checks = tuple(check_with(undone(check), given.get((task.id, check.id))) for check in task.checks)
    return task.model_copy(
        update={
            "checks": checks,
            "score": round(sum(check.score for check in checks), 2),
            "outcome": task_outcome(checks),
        }
    )


def undone(check: CheckResult) -> CheckResult:
    """As the grader left it."""
    if check.decision is None:
        return check
    before = check.decision
    return check.model_copy(update={"outcome": before.outcome, "score": before.score, "decision": None})


def check_with(check: CheckResult, given: Given | None) -> CheckResult:
    if given is None:
        return check
    outcome: Outcome = "partial"
    if given.points >= check.max_score:
        outcome = "passed"
    elif given.points <= 0:
        outcome = "failed"
    decision = Decision(comment=given.comment, outcome=check.outcome, score=check.score)
    return check.model_copy(update={"outcome": outcome, "score": given.points, "decision": decision})
