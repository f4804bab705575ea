"""The schedule is judged by the rates of the steps that were made."""

from dataclasses import replace

import pytest

from grader.judging.candidates import Candidate, Circumstances
from grader.judging.checks.scheduler import scheduler_each_epoch, scheduler_factor
from grader.schema.evidence import Place, SchedulerUse
from tests.unit.judging.networks import SANE, a_phase, a_run

STEPS = 120  # of the first epoch; the later ones are thinned to one


def trained(rates: list[float], steps: tuple[int, ...] | None = None) -> Candidate:
    """One epoch a rate: the first of 120 steps, the others of one, as after the budget."""
    lengths = steps or (STEPS, *[1] * (len(rates) - 1))
    starts = [sum(lengths[:i]) for i in range(len(lengths))]
    changes = [
        (start, rate)
        for i, (start, rate) in enumerate(zip(starts, rates, strict=True))
        if i == 0 or rate != rates[i - 1]
    ]
    phases = tuple(a_phase(kind="train", split="train", training_mode=True, first_step=s) for s in starts)
    return replace(SANE, run=a_run(steps=sum(lengths), rates=tuple(changes)), phases=phases)


def outcomes(candidate: Candidate) -> tuple[str, str]:
    checks = (scheduler_each_epoch, scheduler_factor)
    return tuple(check(candidate, Circumstances()).outcome for check in checks)  # type: ignore[return-value]


def decay(factor: float, epochs: int = 10) -> list[float]:
    return [0.1 * factor**epoch for epoch in range(epochs)]


def test_the_labs_own_decay_passes() -> None:
    assert outcomes(trained(decay(0.95))) == ("passed", "passed")


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        (decay(0.9), ("passed", "partial")),
        ([0.1 * (1 - e / 10) for e in range(9)], ("passed", "partial")),
        ([0.1] * 5 + [0.05] * 5, ("failed", "partial")),
        ([0.1 * 0.95 ** (e // 2) for e in range(10)], ("failed", "passed")),
        ([0.1] * 10, ("not_attempted", "not_attempted")),
        ([0.1], ("not_attempted", "not_attempted")),
    ],
)
def test_other_schedules(rates: list[float], expected: tuple[str, str]) -> None:
    assert outcomes(trained(rates)) == expected


def warm_up(epochs: int) -> list[float]:
    return [0.1 * (epoch + 1) / (epochs + 1) for epoch in range(epochs)]


def test_the_factor_counts_from_the_end_of_a_warm_up() -> None:
    candidate = trained(warm_up(3) + decay(0.95))
    assert outcomes(candidate) == ("passed", "passed")
    said = scheduler_factor(candidate, Circumstances()).observed
    assert said == "after a warm-up of 3 epochs each rate is 0.95 times the one before (9 changes)"


def test_another_factor_after_a_warm_up_is_none() -> None:
    verdict = scheduler_factor(trained(warm_up(3) + decay(0.9)), Circumstances())
    assert (verdict.outcome, verdict.fraction) == ("failed", 0)
    assert verdict.observed == "after a warm-up of 3 epochs each rate is 0.9 times the one before"


@pytest.mark.parametrize(
    "rates",
    [
        warm_up(5) + decay(0.95, 5),  # more epochs of rising than of falling
        warm_up(3) + decay(0.95, 5) + decay(0.9, 3),
        warm_up(2) + decay(0.95, 4) + warm_up(2) + decay(0.95, 4),
        decay(1.05),
    ],
)
def test_what_rises_otherwise_is_no_warm_up(rates: list[float]) -> None:
    verdict = scheduler_factor(trained(rates), Circumstances())
    assert verdict.outcome != "passed"
    assert "warm-up" not in verdict.observed


def test_factors_that_hardly_differ_are_written_out() -> None:
    rates = [0.1, 0.1 * 1.0002, 0.1 * 1.0002 * 1.0035]
    verdict = scheduler_factor(trained(rates), Circumstances())
    assert "factors between 1.0002 and 1.0035" in verdict.observed


def test_one_step_for_every_batch_is_named_though_thinned_epochs_look_right() -> None:
    rates = [(step, 0.1 * 0.95**step) for step in range(130)]
    phases = tuple(
        a_phase(kind="train", split="train", training_mode=True, first_step=s)
        for s in (0, *range(STEPS, 130))
    )
    candidate = replace(SANE, run=a_run(steps=130, rates=tuple(rates)), phases=phases)
    verdict = scheduler_each_epoch(candidate, Circumstances())
    assert verdict.outcome == "failed"
    assert "after every batch" in verdict.observed
    assert scheduler_factor(candidate, Circumstances()).outcome == "passed"


def test_a_loop_without_a_loader_has_epochs_of_50000_images() -> None:
    rates = tuple((391 * e, 0.1 * 0.95**e) for e in range(5))
    phases = (a_phase(kind="train", split="train", training_mode=True, first_step=0),)
    candidate = replace(SANE, run=a_run(steps=391 * 5, rates=rates), phases=phases)
    assert outcomes(candidate) == ("passed", "passed")


@pytest.mark.parametrize(
    ("network", "steps", "says"),
    [("net0", 0, "never"), ("net0", 1, "once, after the last"), (None, 10, "trains no network")],
)
def test_a_scheduler_that_does_nothing_is_named(network: str | None, steps: int, says: str) -> None:
    use = SchedulerUse(kind="ExponentialLR", steps=steps, network=network, place=Place(cell=8))
    candidate = replace(trained([0.1] * 10), schedulers=(use,))
    verdict = scheduler_each_epoch(candidate, Circumstances())
    assert verdict.outcome == "failed"
    assert says in verdict.observed
    assert scheduler_factor(candidate, Circumstances()).outcome == "failed"


def test_a_scheduler_whose_factor_is_always_the_same_is_told_so() -> None:
    use = SchedulerUse(kind="LambdaLR", steps=10, network="net0", place=Place(cell=8))
    verdict = scheduler_each_epoch(replace(trained([0.095] * 10), schedulers=(use,)), Circumstances())
    assert verdict.outcome == "failed"
    assert verdict.observed.endswith("step() was called 10 times, once for each epoch, and changed nothing")


def test_a_training_pass_over_test_images_is_no_epoch() -> None:
    right = trained([rate for rate in decay(0.95) for _ in ("train", "test")])
    phases = tuple(
        phase.model_copy(update={"split": "test"}) if number % 2 else phase
        for number, phase in enumerate(right.phases)
    )
    assert outcomes(replace(right, phases=phases)) == ("passed", "passed")
    assert outcomes(right) == ("failed", "passed")


@pytest.mark.parametrize(
    ("full", "expected"), [(STEPS, ("undecided", "passed")), (10**6, ("passed", "passed"))]
)
def test_a_scheduler_counts_from_where_it_was_made(full: int, expected: tuple[str, str]) -> None:
    whole = trained([0.1] * 4 + decay(0.95, 6))
    use = SchedulerUse(kind="ExponentialLR", steps=6, network="net0", place=Place(cell=8), since=STEPS + 3)
    assert outcomes(whole) == ("partial", "passed")
    assert whole.run is not None
    run = whole.run.model_copy(update={"full_steps": full})
    assert outcomes(replace(whole, run=run, schedulers=(use,))) == expected


def test_a_new_optimizer_begins_a_schedule_anew() -> None:
    whole = trained(decay(0.95, 5) + decay(0.95, 5))
    assert outcomes(whole) == ("passed", "failed")
    assert whole.run is not None
    (first,) = whole.run.optimizers
    second = first.model_copy(update={"first_step": STEPS + 4})
    run = whole.run.model_copy(update={"optimizers": (first, second)})
    assert outcomes(replace(whole, run=run)) == ("passed", "passed")


def test_one_epoch_tells_nothing_of_a_schedule_that_acts_at_its_end() -> None:
    one = trained([0.1])
    use = SchedulerUse(kind="ExponentialLR", steps=1, network="net0", place=Place(cell=8))
    assert outcomes(replace(one, schedulers=(use,))) == ("undecided", "undecided")


def test_another_students_scheduler_is_not_this_ones() -> None:
    use = SchedulerUse(kind="ExponentialLR", steps=10, network="net7", place=Place(cell=8))
    assert outcomes(replace(trained([0.1] * 10), schedulers=(use,))) == ("not_attempted", "not_attempted")


def cut_into(lengths: list[tuple[int, str]], changes: list[tuple[int, float]]) -> Candidate:
    """Passes of so many steps, each "cut" by the profile, "tiny" after the budget, or "whole"."""
    phases, step = [], 0
    for number, (length, kind) in enumerate(lengths):
        phases.append(
            a_phase(
                kind="train",
                split="train",
                first_step=step,
                cut=kind != "whole",
                thinned=kind == "tiny",
                loader_pass=number,
            )
        )
        step += length
    rates = ((0, 0.1), *changes)
    return replace(SANE, run=a_run(steps=step, full_steps=STEPS, rates=rates), phases=tuple(phases))


def test_a_loop_that_acts_at_its_last_batch_does_so_in_tiny_passes_and_not_in_cut_ones() -> None:
    lengths = [(STEPS, "cut"), *[(1, "tiny")] * 9]
    changes = [(STEPS + 1 + e, 0.1 * 0.95 ** (e + 1)) for e in range(8)]
    assert outcomes(cut_into(lengths, changes)) == ("passed", "passed")
    assert outcomes(cut_into(lengths, changes[:4])) == ("failed", "passed")


def test_a_loop_that_knows_the_length_acts_in_whole_passes_only() -> None:
    lengths = [(STEPS, "cut"), (1, "tiny"), *[(391, "whole")] * 3, *[(1, "tiny")] * 5]
    ends = [STEPS + 1 + 391 * n for n in (1, 2, 3)]
    changes = [(end, 0.1 * 0.95 ** (n + 1)) for n, end in enumerate(ends)]
    assert outcomes(cut_into(lengths, changes)) == ("passed", "passed")
    assert outcomes(cut_into(lengths, changes[:1]))[0] == "failed"


def test_a_loop_that_counts_its_steps_is_shifted_by_cut_passes() -> None:
    lengths = [(STEPS, "cut"), (1, "tiny"), *[(391, "whole")] * 3, *[(1, "tiny")] * 5]
    changes = [(391 * n, 0.1 * 0.95**n) for n in (1, 2, 3)]
    assert outcomes(cut_into(lengths, changes)) == ("passed", "passed")
    assert outcomes(cut_into(lengths, [(100 * n, 0.1 * 0.95**n) for n in range(1, 12)]))[0] == "failed"


def test_a_scheduler_that_was_never_stepped_is_told_only_where_a_pass_was_whole() -> None:
    use = SchedulerUse(kind="StepLR", steps=0, network="net0", place=Place(cell=9))
    cut = [(STEPS, "cut"), *[(1, "tiny")] * 3]
    assert outcomes(replace(cut_into(cut, []), schedulers=(use,))) == ("undecided", "undecided")
    whole = [*cut, (391, "whole"), (1, "tiny")]
    assert outcomes(replace(cut_into(whole, []), schedulers=(use,))) == ("failed", "failed")


def test_a_test_within_an_epoch_makes_no_epoch_of_its_rest() -> None:
    phases = tuple(
        a_phase(kind="train", split="train", first_step=100 * e + part, loader_pass=e)
        for e in range(5)
        for part in (0, 40, 80)
    )
    rates = tuple((100 * e, 0.1 * 0.95**e) for e in range(5))
    assert outcomes(replace(SANE, run=a_run(steps=500, rates=rates), phases=phases)) == ("passed", "passed")


def test_a_scheduler_stepped_twice_an_epoch_is_told_so() -> None:
    use = SchedulerUse(kind="ExponentialLR", steps=20, network="net0", place=Place(cell=9))
    candidate = replace(trained(decay(0.95**2)), schedulers=(use,))
    verdict = scheduler_factor(candidate, Circumstances())
    assert verdict.outcome == "partial"
    assert "step() was called 20 times in 10 epochs" in verdict.observed


@pytest.mark.parametrize(
    ("cell", "cut", "outcome"),
    [(3, True, "undecided"), (3, False, "not_attempted"), (None, True, "not_attempted")],
)
def test_a_rate_set_by_hand_that_a_cut_training_never_changed(
    cell: int | None, cut: bool, outcome: str
) -> None:
    passes = tuple(p.model_copy(update={"cut": cut}) for p in SANE.phases)
    candidate = replace(SANE, run=a_run(rates=((0, 0.1),)), phases=passes, rate_set_in=cell)
    for check in (scheduler_each_epoch, scheduler_factor):
        assert check(candidate, Circumstances()).outcome == outcome
