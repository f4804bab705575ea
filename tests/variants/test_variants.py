"""Right solutions in styles of their own: full marks for the network, all of them."""

from pathlib import Path

import pytest

from grader.schema.result import Result
from tests.harness import explain, grade_scripts
from tests.variants.cases import VARIANTS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]
NOTEBOOKS = Path(__file__).parent / "notebooks"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    scripts = {name: (NOTEBOOKS / f"{name}.py").read_text() for name in VARIANTS}
    return grade_scripts(scripts, tmp_path_factory.mktemp("variants"))


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_right_solution_gets_full_marks(name: str, results: dict[str, Result]) -> None:
    network = results[name].tasks[0]
    assert network.score == network.max_score, explain(results[name])
