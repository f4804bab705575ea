"""One defect each: the named checks fail and say what is wrong; the other checks of techniques do not."""

import re

import pytest

from grader import profiles
from grader.schema.result import Result
from tests.harness import grade_scripts
from tests.techniques.cases import MUTANTS, STEPS, explain, technique_checks

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(profiles.QUICK_STEPS, "standin", STEPS)
        return grade_scripts(
            {name: mutant.script() for name, mutant in MUTANTS.items()},
            tmp_path_factory.mktemp("technique-mutants"),
        )


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_exactly_the_named_checks_fail(name: str, results: dict[str, Result]) -> None:
    checks = technique_checks(results[name])
    failing = {id for id, check in checks.items() if check.outcome in ("failed", "partial")}
    assert failing == MUTANTS[name].fails, explain(results[name])


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_exactly_the_named_checks_pass(name: str, results: dict[str, Result]) -> None:
    checks = technique_checks(results[name])
    passing = {id for id, check in checks.items() if check.outcome == "passed"}
    assert passing == MUTANTS[name].passes, explain(results[name])


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_all_other_checks_are_not_attempted_or_blocked(name: str, results: dict[str, Result]) -> None:
    checks = technique_checks(results[name])
    others = {checks[id].outcome for id in checks.keys() - MUTANTS[name].fails - MUTANTS[name].passes}
    assert others <= {"not_attempted", "blocked"}, explain(results[name])


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_the_failing_checks_say_what_is_wrong(name: str, results: dict[str, Result]) -> None:
    checks = technique_checks(results[name])
    said = " ".join(
        f"{checks[id].observed} {checks[id].expected} {checks[id].hint}" for id in MUTANTS[name].fails
    )
    assert re.search(MUTANTS[name].says, said, re.IGNORECASE | re.DOTALL), said
