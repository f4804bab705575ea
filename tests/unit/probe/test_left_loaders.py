"""Which loops left their loader before its end, and how many batches they drew."""

import pytest

from grader.execution.collect import read_evidence
from grader.schema.evidence import Phase
from tests.unit.probe.apart import run_apart
from tests.unit.probe.left_loaders import LENGTH, LOOPS


@pytest.fixture(scope="module")
def passes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Phase]:
    seen = read_evidence(run_apart("left_loaders", tmp_path_factory.mktemp("evidence")) / "evidence.json")
    assert seen.probe_errors == ()
    return dict(zip(LOOPS, seen.phases, strict=True))


def test_a_loop_that_asks_for_no_more_batches_has_left_its_loader(passes: dict[str, Phase]) -> None:
    assert (passes["break"].drawn, passes["break"].loader_batches, passes["break"].left) == (2, LENGTH, True)
    assert passes["all but asked"].drawn == LENGTH


def test_a_whole_pass_was_not_left(passes: dict[str, Phase]) -> None:
    assert (passes["whole"].drawn, passes["whole"].loader_batches, passes["whole"].left) == (
        LENGTH,
        LENGTH,
        False,
    )


@pytest.mark.parametrize("name", ["iterable", "sampler", "zipped"])
def test_how_long_a_pass_may_be_is_not_always_known(passes: dict[str, Phase], name: str) -> None:
    assert passes[name].loader_batches is None


def test_an_error_is_no_leaving(passes: dict[str, Phase]) -> None:
    assert not passes["interrupted"].left
