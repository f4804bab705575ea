"""Right hand-ins of the transfer lab in many styles get all points; mutants lose those of their defect and say why.

GRADER_ALL=1 python -m pytest tests/transfer     # all mutants, not every third, and slow ones
"""

import re

import pytest

from grader.schema.result import CheckResult, Result
from tests.harness import ALL, grade_scripts, some
from tests.transfer.cases import MUTANTS, VARIANTS, handed_in, notebook_script, small_budget

SLOW = "tensors_no_loader"  # 10 minutes; its loops are its own and cannot be bounded
RIGHT = sorted(VARIANTS if ALL else VARIANTS.keys() - {SLOW})
SOME = [name for name in some(MUTANTS, each=6) if ALL or MUTANTS[name].notebook.stem != SLOW]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(6000)]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    notebooks = {name: handed_in(notebook_script(name)) for name in RIGHT}
    notebooks |= {f"defect-{name}": handed_in(MUTANTS[name].script()) for name in SOME}
    with pytest.MonkeyPatch.context() as patch:
        small_budget(patch)
        return grade_scripts(notebooks, tmp_path_factory.mktemp("transfer"), assignment="transfer")


def checks_of(result: Result) -> dict[str, CheckResult]:
    return {check.id: check for task in result.tasks for check in task.checks}


def explain(result: Result) -> str:
    lines = [f"{c.id}: {c.outcome} {c.score}/{c.max_score} {c.observed}" for c in checks_of(result).values()]
    return "\n".join([*lines, *result.remarks])


@pytest.mark.parametrize("name", RIGHT)
def test_right_hand_ins_get_all_points(name: str, results: dict[str, Result]) -> None:
    assert results[name].score == 20, explain(results[name])


@pytest.mark.parametrize("name", SOME)
def test_defects_cost_the_points_of_the_named_checks(name: str, results: dict[str, Result]) -> None:
    checks = checks_of(results[f"defect-{name}"])
    passed = {id for id, check in checks.items() if check.outcome == "passed"}
    assert not passed & MUTANTS[name].fails, explain(results[f"defect-{name}"])
    assert passed >= MUTANTS[name].passes, explain(results[f"defect-{name}"])
    said = " ".join(
        f"{checks[id].observed} {checks[id].expected} {checks[id].hint}" for id in MUTANTS[name].fails
    )
    assert re.search(MUTANTS[name].says, said, re.IGNORECASE | re.DOTALL), said
