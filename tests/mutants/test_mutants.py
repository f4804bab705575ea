"""One defect each: exactly the named check fails and says what is wrong; what follows from it is `blocked`.

Every third, or all with GRADER_ALL=1, with a small budget, under which no accuracy is compared; `python -m tests.table
mutant` grades all of them with the whole one.
"""

import re

import pytest

from grader import profiles
from grader.schema.result import Result
from tests.harness import checks_of, explain, grade_scripts, some
from tests.mutants.cases import MUTANTS

SOME = some(MUTANTS)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]


STEPS = 15  # optimizer steps of a run at full size


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    scripts = {name: MUTANTS[name].script() for name in SOME}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(profiles.QUICK_STEPS, "standin", STEPS)
        return grade_scripts(scripts, tmp_path_factory.mktemp("mutants"))


@pytest.mark.parametrize("name", SOME)
def test_exactly_the_named_check_fails(name: str, results: dict[str, Result]) -> None:
    checks = checks_of(results[name])
    failing = {c.id for c in checks.values() if c.outcome not in ("passed", "blocked")}
    failing -= {"accuracy"} if checks["accuracy"].outcome == "undecided" else set()
    assert failing == MUTANTS[name].fails, explain(results[name])


@pytest.mark.parametrize("name", SOME)
def test_the_failing_check_says_what_is_wrong(name: str, results: dict[str, Result]) -> None:
    checks = checks_of(results[name])
    said = " ".join(
        f"{checks[i].observed} {checks[i].expected} {checks[i].hint}" for i in MUTANTS[name].fails
    )
    assert re.search(MUTANTS[name].says, said, re.IGNORECASE | re.DOTALL), said
