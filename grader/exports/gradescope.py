"""Gradescope's results.json for one student.

Source: gradescope-autograders.readthedocs.io, specs. Written answers are graded on Gradescope itself, and are left out.
"""

import json
from typing import Any

from grader.exports.comment import said_of
from grader.schema.result import CheckResult, Result

NOT_COUNTED = ("pending",)


def gradescope(result: Result) -> str:
    """The file's text."""
    tests = [
        as_test(f"{t}.{c}", f"{task.title}: {check.title}", check)
        for t, task in enumerate(result.tasks, start=1)
        for c, check in enumerate(task.checks, start=1)
        if check.outcome not in NOT_COUNTED
    ]
    document = {
        "score": round(result.score, 5),
        "execution_time": round(sum(result.timings.values())),
        "output": said_of(result),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "tests": tests,
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def as_test(number: str, name: str, check: CheckResult) -> dict[str, Any]:
    """An undecided check has no status: it is neither passed nor failed."""
    lines = [("Seen", check.observed), ("Expected", check.expected), ("Hint", check.hint), ("Why", check.why)]
    test: dict[str, Any] = {
        "number": number,
        "name": name,
        "score": round(check.score, 5),
        "max_score": round(check.max_score, 5),
        "output": "\n".join(f"{title}: {text}" for title, text in lines if text),
    }
    if check.outcome == "undecided":
        return test | {"output": f"Undecided: a person looks at it.\n{test['output']}".strip()}
    return test | {"status": "passed" if check.outcome == "passed" else "failed"}
