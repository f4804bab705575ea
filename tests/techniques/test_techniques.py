"""Right notebooks in styles of their own: credited with the techniques they use, and with no other."""

import pytest

from grader import profiles
from grader.schema.result import Result
from tests.harness import grade_scripts
from tests.techniques.cases import ALL, STEPS, TECHNIQUES, explain, notebook_script, technique_checks

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(profiles.QUICK_STEPS, "standin", STEPS)
        return grade_scripts(
            {name: notebook_script(name) for name in TECHNIQUES}, tmp_path_factory.mktemp("techniques")
        )


@pytest.mark.parametrize("name", sorted(TECHNIQUES))
def test_techniques_used_pass_and_the_others_are_not_attempted(name: str, results: dict[str, Result]) -> None:
    outcomes = {id: check.outcome for id, check in technique_checks(results[name]).items()}
    case = TECHNIQUES[name]
    expected = dict.fromkeys(ALL, "not_attempted")
    expected |= dict.fromkeys(case.passes, "passed") | dict.fromkeys(case.undecided, "undecided")
    assert outcomes == expected, explain(results[name])
