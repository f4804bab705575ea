"""A result in a few plain lines, for a platform's comment field."""

from grader.schema.result import Result


def said_of(result: Result) -> str:
    low, high = result.score_range
    most = number(result.max_score - result.pending_points)
    lines = [
        f"{number(low)} to {number(high)} of {most} points"
        if high > low
        else f"{number(result.score)} of {most} points"
    ]
    if result.pending_points:
        lines[0] += f"; {number(result.pending_points)} more are given by a person"
    lines += [
        f"{task.title}: {number(task.score)} of {number(task.max_score)}"
        for task in result.tasks
        if task.outcome != "pending"
    ]
    return "\n".join(lines)


def number(value: float) -> str:
    """At most two decimals, as grade books compare them."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
