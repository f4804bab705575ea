"""Points, durations and limits are said as a person would."""

import pytest

from grader.reporting.wording import limits, points, seconds, standing

from . import sample


@pytest.mark.parametrize(
    ("value", "said"), [(2.0, "2"), (11.5, "11.5"), (1 / 3, "0.33"), (0.0, "0"), (100.0, "100")]
)
def test_points(value: float, said: str) -> None:
    assert points(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.04, "0.0 s"), (9.97, "10 s"), (42, "42 s"), (212, "3 min 32 s"), (300, "5 min"), (7300, "2 h 1 min")],
)
def test_seconds(value: float, said: str) -> None:
    assert seconds(value) == said


def test_limits_of_a_profile_are_sentences() -> None:
    quick = limits(sample.QUICK)
    assert quick[0].startswith("Each training run had 300 optimizer steps or 38,400 images")
    full = sample.QUICK.model_copy(update={"name": "full", "train_steps": None, "train_samples": None})
    assert limits(full)[0] == "Every training run went on as long as the notebook asked."


def test_standing_says_so_far_only_where_points_are_open() -> None:
    assert standing(sample.untouched_starter()).sentence == "0 of 20 points"
    assert standing(sample.full_marks()).sentence == "14 of 14 points so far"
    assert standing(sample.undecided()).sentence == "8 to 12 of 14 points so far"
