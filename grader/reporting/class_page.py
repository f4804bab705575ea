"""index.html: the class at a glance, for its instructor."""

from typing import NamedTuple

from grader.reporting import overview, plots
from grader.reporting.environment import render
from grader.reporting.wording import limits, plural, standing
from grader.schema.result import ClassResult, Result, TaskResult

MOST_SENTENCES = 3  # of one student; all are on the student's own page
MOST_CHECKS = 10  # bars; the whole list is in results.json


class Row(NamedTuple):
    """One student's line of the table; None where a result lacks a task."""

    result: Result
    earned: str
    tasks: list[TaskResult | None]
    remark: str


def _row(result: Result, task_ids: list[str]) -> Row:
    by_id = {task.id: task for task in result.tasks}
    remark = result.remarks[0] if result.remarks else ""
    return Row(result, standing(result).earned, [by_id.get(name) for name in task_ids], remark)


def _bar(entry: overview.Missed) -> list[tuple[str, float]]:
    return [("failed", entry.failed), ("partial", entry.partial), ("not_attempted", entry.not_attempted)]


def _counts(entry: overview.Missed) -> str:
    said = [
        (entry.failed, "failed"),
        (entry.partial, "partly"),
        (entry.not_attempted, "not attempted"),
    ]
    return ", ".join(f"{count} {word}" for count, word in said if count) + f", of {entry.judged}"


def render_class(result: ClassResult) -> str:
    """A class's page: links to `<slug>/feedback.html`; sorts by one inline script that the policy names."""
    results = result.results
    titles = overview.task_titles(results)
    missed = overview.most_missed(results)[:MOST_CHECKS]
    middle = overview.middle_score(results)
    highest = overview.usual_maximum(results)
    unsure = overview.doubts(results)
    return render(
        "class.html.j2",
        script="sort.js",
        result=result,
        titles=list(titles.values()),
        rows=[_row(one, list(titles)) for one in results],
        middle=middle,
        highest=highest,
        histogram=plots.histogram([one.score for one in results], highest, middle) if results else "",
        missed=[(entry, plots.share_bar(_bar(entry), entry.judged), _counts(entry)) for entry in missed],
        doubts=unsure,
        contradicted=[
            (one, sentences[:MOST_SENTENCES])
            for one in results
            if (sentences := [s.sentence for s in one.statements if s.verdict == "contradicted"])
        ],
        pending=sum(one.pending_points > 0 for one in results),
        counted=plural(len(results), "submission"),
        limits=limits(result.profile),
    )
