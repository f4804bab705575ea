"""Right hand-ins in many styles get all points; mutants lose those of their defect and say why.

GRADER_ALL=1 python -m pytest tests/toolbox     # all mutants, not every fourth
"""

import re
from pathlib import Path

import nbformat
import pytest

from grader.catalog import assignment_folder
from grader.schema.result import CheckResult, Result
from tests.harness import grade_scripts, some
from tests.toolbox.cases import MUTANTS, VARIANTS, as_script, notebook_script, with_modules

SOME = some(MUTANTS, each=4)
RIGHT = [*sorted(VARIANTS), "with_modules", "as_script"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    folder: Path = tmp_path_factory.mktemp("toolbox")
    scripts: dict[str, str | nbformat.NotebookNode] = {name: notebook_script(name) for name in VARIANTS}
    scripts["with_modules"] = with_modules(folder / "submissions" / "with_modules")
    as_script(folder / "submissions" / "as_script")
    starter = assignment_folder("training_toolbox") / "starter.ipynb"
    scripts["starter"] = nbformat.read(starter, as_version=4)
    scripts |= {f"defect-{name}": MUTANTS[name].script() for name in SOME}
    return grade_scripts(scripts, folder, assignment="training_toolbox")


def checks_of(result: Result) -> dict[str, CheckResult]:
    return {check.id: check for task in result.tasks for check in task.checks}


def said_of(check: CheckResult) -> str:
    findings = (f"{f.title}: {f.observed}" for f in check.findings if not f.holds)
    return " ".join([check.observed, check.expected, check.hint, *findings])


def explain(result: Result) -> str:
    lines = [f"{c.id}: {c.outcome} {c.score}/{c.max_score} {said_of(c)}" for c in checks_of(result).values()]
    return "\n".join([*lines, *result.remarks])


@pytest.mark.parametrize("name", RIGHT)
def test_right_hand_ins_get_all_points(name: str, results: dict[str, Result]) -> None:
    assert results[name].score == 20, explain(results[name])


def test_the_untouched_starter_earns_nothing_and_is_told_so(results: dict[str, Result]) -> None:
    checks = checks_of(results["starter"]).values()
    assert results["starter"].score == 0
    assert {check.outcome for check in checks} == {"not_attempted"}
    assert all("not written yet" in check.observed for check in checks)


@pytest.mark.parametrize("name", SOME)
def test_defects_cost_the_points_of_the_named_checks(name: str, results: dict[str, Result]) -> None:
    checks = checks_of(results[f"defect-{name}"])
    passed = {id for id, check in checks.items() if check.outcome == "passed"}
    assert passed == MUTANTS[name].passes, explain(results[f"defect-{name}"])
    said = " ".join(said_of(checks[id]) for id in MUTANTS[name].fails)
    assert re.search(MUTANTS[name].says, said, re.IGNORECASE | re.DOTALL), said
