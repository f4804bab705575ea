"""Right solutions in styles of their own: full marks for the network, all of them.

Every fourth with the whole budget, the others with a small one, under which no accuracy is compared; `python -m tests.table
variant` grades all of them with the whole one.
"""

import pytest

from grader import profiles
from grader.schema.result import Result
from tests.harness import checks_of, explain, grade_scripts
from tests.variants.cases import VARIANTS, variant_script

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]


STEPS = 15  # optimizer steps of a run at full size, under the small budget
WHOLE = sorted(VARIANTS)[::4]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    scripts = {name: variant_script(name) for name in VARIANTS}
    whole = grade_scripts({name: scripts[name] for name in WHOLE}, tmp_path_factory.mktemp("whole"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(profiles.QUICK_STEPS, "standin", STEPS)
        others = {name: script for name, script in scripts.items() if name not in WHOLE}
        return whole | grade_scripts(others, tmp_path_factory.mktemp("variants"))


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_right_solution_gets_full_marks(name: str, results: dict[str, Result]) -> None:
    network = results[name].tasks[0]
    unjudged = 0.0
    if name not in WHOLE:
        accuracy = checks_of(results[name])["accuracy"]
        assert accuracy.outcome in ("passed", "undecided"), explain(results[name])
        unjudged = accuracy.max_score - accuracy.score
    assert network.score == network.max_score - unjudged, explain(results[name])
