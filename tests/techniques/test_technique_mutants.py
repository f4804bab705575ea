"""One defect each: the named checks fail and say what is wrong; the other checks of techniques do not.

GRADER_ALL=1 python -m pytest tests/techniques     # all mutants, not every third
"""

import re

import pytest

from grader import profiles
from grader.schema.result import Result
from tests.harness import grade_scripts, some
from tests.techniques.cases import MUTANTS, STEPS, explain, technique_checks

SOME = some(MUTANTS)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(profiles.QUICK_STEPS, "standin", STEPS)
        return grade_scripts(
            {name: MUTANTS[name].script() for name in SOME},
            tmp_path_factory.mktemp("technique-mutants"),
        )


@pytest.mark.parametrize("name", SOME)
def test_exactly_the_named_checks_fail(name: str, results: dict[str, Result]) -> None:
    checks = technique_checks(results[name])
    failing = {id for id, check in checks.items() if check.outcome in ("failed", "partial")}
    assert failing == MUTANTS[name].fails, explain(results[name])


@pytest.mark.parametrize("name", SOME)
def test_exactly_the_named_checks_pass(name: str, results: dict[str, Result]) -> None:
    checks = technique_checks(results[name])
    passing = {id for id, check in checks.items() if check.outcome == "passed"}
    assert passing == MUTANTS[name].passes, explain(results[name])


@pytest.mark.parametrize("name", SOME)
def test_all_other_checks_are_not_attempted_or_blocked(name: str, results: dict[str, Result]) -> None:
    checks = technique_checks(results[name])
    others = {checks[id].outcome for id in checks.keys() - MUTANTS[name].fails - MUTANTS[name].passes}
    assert others <= {"not_attempted", "blocked"}, explain(results[name])


@pytest.mark.parametrize("name", SOME)
def test_the_failing_checks_say_what_is_wrong(name: str, results: dict[str, Result]) -> None:
    checks = technique_checks(results[name])
    said = " ".join(
        f"{checks[id].observed} {checks[id].expected} {checks[id].hint}" for id in MUTANTS[name].fails
    )
    assert re.search(MUTANTS[name].says, said, re.IGNORECASE | re.DOTALL), said
