"""A person's decisions: totals follow, the grader's word is kept beside them and comes back when they go."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.judging.decisions import Given, Key, with_decisions
from grader.schema.result import CheckResult, Result
from tests.unit.reporting import sample

RESULTS = [
    sample.full_marks(),
    sample.near_miss(),
    sample.crash(),
    sample.untouched_starter(),
    sample.undecided(),
]


def keys(result: Result, *outcomes: str) -> list[Key]:
    return [(t.id, c.id) for t in result.tasks for c in t.checks if not outcomes or c.outcome in outcomes]


def check(result: Result, key: Key) -> CheckResult:
    return next(c for t in result.tasks for c in t.checks if (t.id, c.id) == key)


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: result.slug)
def test_without_decisions_a_result_stays_as_it_is(result: Result) -> None:
    assert with_decisions(result, {}) == result


def test_points_for_a_written_answer_count_and_no_longer_wait() -> None:
    result = sample.full_marks()
    (key,) = keys(result, "pending")
    now = with_decisions(result, {key: Given(2.5, "The last question?")})
    assert now.score == result.score + 2.5
    assert now.pending_points == 0
    assert now.score_range == (now.score, now.score)
    assert (check(now, key).outcome, check(now, key).score) == ("partial", 2.5)
    kept = check(now, key).decision
    assert kept is not None
    assert (kept.comment, kept.outcome, kept.score) == ("The last question?", "pending", 0)


def test_undecided_checks_that_are_settled_make_a_result_decided() -> None:
    result = sample.undecided()
    assert not result.decided
    now = with_decisions(
        result, {key: Given(check(result, key).max_score) for key in keys(result, "undecided")}
    )
    assert now.decided
    assert now.score == now.score_range[0] == now.score_range[1] == result.score_range[1]


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: result.slug)
@pytest.mark.parametrize(("share", "outcome"), [(0, "failed"), (0.5, "partial"), (1, "passed")])
def test_the_outcome_follows_from_the_points(result: Result, share: float, outcome: str) -> None:
    key = keys(result)[0]
    now = with_decisions(result, {key: Given(share * check(result, key).max_score)})
    assert check(now, key).outcome == outcome


@given(st.sampled_from(RESULTS), st.dictionaries(st.integers(0, 8), st.floats(0, 1), max_size=6))
def test_totals_are_sums_and_decisions_can_be_taken_back(result: Result, shares: dict[int, float]) -> None:
    every = keys(result)
    decided = {
        every[n % len(every)]: Given(round(s * check(result, every[n % len(every)]).max_score, 2))
        for n, s in shares.items()
    }
    now = with_decisions(result, decided)
    assert now.score == pytest.approx(sum(task.score for task in now.tasks), abs=0.02)
    assert now.score_range[0] <= now.score_range[1]
    assert with_decisions(now, decided) == now
    assert with_decisions(now, {}) == result
