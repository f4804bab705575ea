"""Right solutions in styles of their own: full marks for the network, all of them."""

import pytest

from grader.schema.result import Result
from tests.harness import explain, grade_scripts
from tests.variants.cases import VARIANTS, variant_script

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    return grade_scripts(
        {name: variant_script(name) for name in VARIANTS}, tmp_path_factory.mktemp("variants")
    )


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_right_solution_gets_full_marks(name: str, results: dict[str, Result]) -> None:
    network = results[name].tasks[0]
    assert network.score == network.max_score, explain(results[name])
