"""Does the learning rate shrink by the lab's factor after every epoch? Told from the rates that were really used."""

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from grader.judging.candidates import Candidate, Circumstances
from grader.judging.verdict import Verdict, graded, not_attempted, undecided
from grader.schema.evidence import Phase, SchedulerUse

FACTOR = 0.95  # labs.md, section 1
SAME = 1e-3  # relative difference of factors: rates are float64, a rounded print of them is not
WHOLE_SET = 50_000  # training images; the length of an epoch where no loader tells it
ONE_EPOCH = "trained for one epoch only: nothing tells when the rate changes"
UNREAD = 0.1  # share of steps made by hand whose rate could not be told, from which on none is
NEAR_EPOCH = 0.03  # relative difference of a number of steps from an epoch's


@dataclass(frozen=True)
class Rates:
    """Rates by epoch, and how many steps changed the rate inside of an epoch."""

    by_epoch: tuple[float, ...]
    changes_inside: int
    steps_inside: int  # steps after the first of an epoch, all epochs together

    @property
    def factors(self) -> list[float]:
        return [after / before for before, after in pairwise(self.by_epoch) if before > 0]


def rate_at(rates: tuple[tuple[int, float], ...], step: int) -> float:
    """The rate of one step, from the list of its changes."""
    return next((rate for at, rate in reversed(rates) if at <= step), rates[0][1])


def rates_of(candidate: Candidate) -> Rates | None:
    """None where the run has no rates: steps made by hand."""
    run = candidate.run
    if run is None or not run.rates or run.rates_unread > UNREAD * run.steps:
        return None
    passes = training_passes(candidate)
    starts = epoch_starts(passes, run.steps, run.rates, run.batch_size)
    ends = [*starts[1:], run.steps]
    inside = sum(
        any(start < at < end for start, end in zip(starts, ends, strict=True)) for at, _ in run.rates
    )
    return Rates(
        by_epoch=tuple(rate_at(run.rates, start) for start in starts),
        changes_inside=inside,
        steps_inside=run.steps - len(starts),
    )


def epoch_starts(
    passes: list[Phase], steps: int, rates: tuple[tuple[int, float], ...], batch: int
) -> list[int]:
    """Steps at which epochs begin: one training pass each, or 50,000 images each where the passes are not told apart."""
    starts = sorted({p.first_step for p in passes}) or [0]
    if len(starts) > 1 or not batch:
        return starts
    for epoch in (WHOLE_SET // batch, math.ceil(WHOLE_SET / batch)):
        gaps = [b - a for (a, _), (b, _) in pairwise(rates)]
        if gaps and all(
            abs(gap / epoch - round(gap / epoch)) <= NEAR_EPOCH and gap >= epoch / 2 for gap in gaps
        ):
            return list(range(0, steps, gaps[0]))
    return starts


def scheduler_each_epoch(candidate: Candidate, circumstances: Circumstances) -> Verdict:
    """Observed: when the rate changes. Bound: once between two epochs, between all of them, and at no other time; in all of
    the training, or in one of the trainings that go on from one another."""
    verdict = each_epoch(candidate, circumstances)
    right = right_part(candidate, circumstances) if verdict.outcome in ("failed", "partial") else None
    if right is None or candidate.run is None:
        return verdict
    if begins(right) < candidate.run.full_steps:
        return each_epoch(right, circumstances)
    text = "in a later training of the same network the rate changes between single batches, which stand for its epochs"
    return undecided(f"{text}: a person decides", where=verdict.where)


def scheduler_factor(candidate: Candidate, circumstances: Circumstances) -> Verdict:
    """Observed: the rate over the rate before, at each change. Bound: 0.95, to 1e-3; of a schedule that begins with a
    warm-up, at the changes after it."""
    verdict = factor(candidate, circumstances)
    right = right_part(candidate, circumstances) if verdict.outcome in ("failed", "partial") else None
    return verdict if right is None else factor(right, circumstances)


def right_part(candidate: Candidate, circumstances: Circumstances) -> Candidate | None:
    """Of a network that is trained again and again: the training whose schedule is best, if its rate changes after each
    epoch."""
    right = [p for p in parts(candidate) if each_epoch(p, circumstances).outcome == "passed"]
    return max(right, key=lambda part: factor(part, circumstances).fraction, default=None)


def parts(candidate: Candidate) -> list[Candidate]:
    """A training with each optimizer, and from each scheduler on, where there are several."""
    run = candidate.run
    if run is None or not run.rates:
        return []
    own = [s for s in candidate.schedulers if s.network == candidate.network.id]
    starts = {0, *(use.first_step for use in run.optimizers), *(s.since for s in own)}
    passes = {p.first_step for p in training_passes(candidate)}
    ordered = sorted(starts & passes)
    ends = [*ordered[1:], run.steps]
    return [part(candidate, *span) for span in zip(ordered, ends, strict=True)] if len(ordered) > 1 else []


def part(candidate: Candidate, start: int, end: int) -> Candidate:
    """The same network, trained from one step to another only."""
    assert candidate.run is not None
    later = [(at, rate) for at, rate in candidate.run.rates if start < at < end]
    rates = ((start, rate_at(candidate.run.rates, start)), *later)
    run = candidate.run.model_copy(update={"rates": rates, "steps": end})
    phases = tuple(p for p in candidate.phases if p.kind != "train" or start <= p.first_step < end)
    return replace(candidate, run=run, phases=phases)


def begins(part: Candidate) -> int:
    return min(p.first_step for p in training_passes(part))


def each_epoch(candidate: Candidate, circumstances: Circumstances) -> Verdict:
    """Of the whole training."""
    run, where = candidate.run, candidate.place("trained")
    if run is None or not run.steps:
        return never_trained(circumstances)
    own = [s for s in candidate.schedulers if s.network == candidate.network.id]
    idle = [s for s in candidate.schedulers if s.network is None and near(s.place.cell, run.place.cell)]
    expected = f"the rate times {FACTOR} after every epoch"
    rest = {"where": where, "basis": "observed", "expected": expected}
    rates = rates_of(candidate)
    if rates is None:
        return undecided("steps made by hand: the rate was not seen", where=where)
    distinct = len({rate for _, rate in run.rates})
    if any(s.kind == "ReduceLROnPlateau" for s in own):
        observed = (
            "ReduceLROnPlateau lowers the rate when a measure has stopped improving, not after every epoch"
        )
        return graded(
            0.0, observed, hint="Which scheduler looks at nothing but the number of the epoch?", **rest
        )
    if distinct == 1:
        if own and len(rates.by_epoch) < 2:
            return undecided(ONE_EPOCH, where=where)
        if own:
            often = max(s.steps for s in own)
            if often > run.full_steps / 2 and often > len(rates.by_epoch) + 1:
                return of_calls(own[0], rates, run.batch_size, rest)
            if not often and never_whole(candidate):
                return undecided("every pass over the training images was cut short", where=where)
            said = (
                f"{own[0].kind} drives this optimizer, and the rate was {rates.by_epoch[0]:g} at every step: "
            )
            said += f"step() was called {times(often)}"
            if often > 1 and often >= len(rates.by_epoch) - 1:
                hint = (
                    "Which factor does this scheduler give after the first epoch, and which after the second?"
                )
                return graded(0.0, f"{said}, once for each epoch, and changed nothing", hint=hint, **rest)
            hint = "How often, and where in the loop, is step() of the scheduler called?"
            return graded(0.0, said + (", after the last training step" if often else ""), hint=hint, **rest)
        if idle:
            observed = f"{idle[0].kind} drives an optimizer that trains no network; the rate stayed {rates.by_epoch[0]:g}"
            return graded(0.0, observed, hint="Which optimizer was given to the scheduler?", **rest)
        return by_hand_or_never(candidate, f"the rate was {rates.by_epoch[0]:g} at every step")
    if len(rates.by_epoch) < 2 and not rates.changes_inside:
        return undecided(ONE_EPOCH, where=where)
    if at_whole_epochs(candidate, run.rates):
        observed = (
            "changes once after every epoch's number of steps, in the passes that were run to their end"
        )
        return graded(1.0, observed, where=where, basis="observed")
    if rates.changes_inside > max(1, 0.02 * rates.steps_inside):
        return graded(
            0.0,
            f"the rate changed {times(rates.changes_inside)} inside of epochs, as if after every batch",
            hint="How many steps does an epoch have, and how small is the rate after them?",
            **rest,
        )
    changed = [abs(factor - 1) > SAME / 10 for factor in rates.factors]
    changed = [
        c for c, counts in zip(changed, telling(candidate, changed), strict=False) if counts
    ] or changed
    if run.apart and any(changed):
        observed = "the rate of some weights changes, and that of others does not in the same way"
        hint = "How many groups of parameters, or optimizers, are there, and which of them does the change reach?"
        return graded(0.5, observed, hint=hint, **rest)
    if all(changed):
        return graded(1.0, f"changes once after each of {len(changed)} epochs", where=where, basis="observed")
    share = sum(changed) / len(changed)
    observed = f"changed after {sum(changed)} of {len(changed)} epochs"
    hint = "After which epochs does the rate stay the same?"
    return graded(0.5 if share > 0.5 else 0.0, observed, hint=hint, **rest)


def training_passes(candidate: Candidate) -> list[Phase]:
    """The first phase of each pass over the training images, one for each epoch, in their order. A pass over test images
    that trains is none, where others are."""
    passes: dict[tuple[str, int], Phase] = {}
    trained = [phase for phase in candidate.phases if phase.kind == "train"]
    trained = [phase for phase in trained if candidate.split_of(phase) != "test"] or trained
    for phase in sorted(trained, key=lambda p: p.first_step):
        alone = ("phase", phase.first_step)
        passes.setdefault(alone if phase.loader_pass is None else ("pass", phase.loader_pass), phase)
    return list(passes.values())


def never_whole(candidate: Candidate) -> bool:
    """No pass reached the end of the training images: what is done at the last batch of an epoch was never done."""
    passes = training_passes(candidate)
    return bool(passes) and all(p.cut for p in passes)


def telling(candidate: Candidate, changed: list[bool]) -> list[bool]:
    """Which of the changes between two passes count: the quick profile ends passes, and a loop that acts at the last
    batch of an epoch acts after whole passes, or after tiny ones, whose length it may ask for, but not after a cut one."""
    passes = training_passes(candidate)[: len(changed)]
    if len(passes) < len(changed):
        return [True] * len(changed)
    whole = [not p.cut for p in passes]
    ended = [not p.cut or p.thinned for p in passes]
    for counts in (ended, whole):
        acted = [c for c, k in zip(changed, counts, strict=True) if k]
        if acted and all(acted) and not any(c for c, k in zip(changed, counts, strict=True) if not k):
            return counts
    return [True] * len(changed)


def at_whole_epochs(candidate: Candidate, rates: tuple[tuple[int, float], ...]) -> bool:
    """A loop that counts steps: cut passes shift it against the epochs, and its changes lie inside of passes."""
    passes = training_passes(candidate)
    lengths = {after.first_step - p.first_step for p, after in pairwise(passes) if not p.cut}
    steps = [step for step, _ in rates[1:]]
    if len(lengths) != 1 or not steps or not any(p.cut for p in passes):
        return False
    length = lengths.pop()
    return steps[0] == length and all(after - before == length for before, after in pairwise(steps))


def of_calls(use: SchedulerUse, rates: Rates, batch: int, rest: dict[str, Any]) -> Verdict:
    """A scheduler that is stepped after every batch, and whose rate changes after more batches than were trained on."""
    gaps = {after - at for (at, _), (after, _) in pairwise(((0, 0.0), *use.ahead))}
    said = f"{use.kind} was stepped after every batch, {times(use.steps)}, and the rate stayed {rates.by_epoch[0]:g}"
    if not use.ahead or not batch:
        return undecided(f"{said}: when it would change was not seen", where=rest["where"])
    epoch = WHOLE_SET / batch
    after = f"it would change after {use.ahead[0][0]} steps; an epoch has {epoch:.0f}"
    if all(abs(gap / epoch - 1) <= NEAR_EPOCH for gap in gaps):
        return graded(1.0, f"{said}: {after}", where=rest["where"], basis="observed")
    return graded(0.0, f"{said}: {after}", hint="How many batches make an epoch?", **rest)


def factor(candidate: Candidate, circumstances: Circumstances) -> Verdict:
    """Of the whole training."""
    run, where = candidate.run, candidate.place("trained")
    if run is None or not run.steps:
        return never_trained(circumstances)
    expected = f"the rate times {FACTOR} after every epoch"
    rates = rates_of(candidate)
    per_batch = rates is not None and rates.changes_inside > 1 and not at_whole_epochs(candidate, run.rates)
    # thinned epochs skip steps: a rate computed from the number of the batch jumps there
    values = [rate for at, rate in run.rates if not per_batch or at < run.full_steps]
    steps = [b / a for a, b in pairwise(values) if a > 0]
    own = [s for s in candidate.schedulers if s.network == candidate.network.id and s.ahead]
    if not steps and own and own[0].steps > run.full_steps / 2:
        to_come = [run.rates[0][1], *(rate for _, rate in own[0].ahead)]
        steps = [b / a for a, b in pairwise(to_come) if a > 0]
    if rates is None:
        return undecided("steps made by hand: the rate was not seen", where=where)
    if not steps:
        if len(training_passes(candidate)) < 2 and any(
            s.network == candidate.network.id for s in candidate.schedulers
        ):
            return undecided(ONE_EPOCH, where=where)
        tried = [s for s in candidate.schedulers if s.network in (candidate.network.id, None)]
        if tried and never_whole(candidate) and not any(s.steps for s in tried):
            return undecided("every pass over the training images was cut short", where=where)
        if tried and any(s.network or near(s.place.cell, run.place.cell) for s in tried):
            return graded(0.0, "the rate never changed", expected=expected, where=where, basis="observed")
        if not run.rates:
            return undecided("steps made by hand: the rate was not seen", where=where)
        return by_hand_or_never(candidate, "the rate never changed")
    rest = {"where": where, "basis": "observed"}
    warm_up = 0 if per_batch else warm_up_of(steps)
    said, decays = f"after a warm-up of {warm_up} epochs " if warm_up else "", steps[warm_up:]
    right = sum(abs(f / FACTOR - 1) <= SAME for f in decays) / len(decays)
    if right >= 0.98 or (right == 1 - 1 / len(decays) and decays[-1] == 0):
        text = f"{said}each rate is {FACTOR} times the one before ({len(decays)} changes)"
        return graded(1.0, text, **rest)
    hint = f"What is left of the rate after 14 epochs, and what would be left with {FACTOR}?"
    if warm_up:
        observed = f"{said}each rate is {decays[0]:.6g} times the one before"
        return graded(0.0, observed, expected=expected, hint=hint, **rest)
    low, high = min(steps), max(steps)
    if high - low <= SAME:
        observed = f"each rate is {low:.6g} times the one before{steps_of_epoch(candidate)}"
        return graded(0.5, observed, expected=expected, hint=hint, **rest)
    digits = 3 if f"{low:.3g}" != f"{high:.3g}" else 6
    observed = f"factors between {low:.{digits}g} and {high:.{digits}g}, not a constant one"
    return graded(0.25 if high <= 1 + SAME else 0.0, observed, expected=expected, hint=hint, **rest)


def warm_up_of(steps: list[float]) -> int:
    """Epochs over which the rate rises at first, if after at least as many others it falls by one factor; else 0."""
    rises = next((number for number, step in enumerate(steps) if step <= 1 + SAME), 0)
    falls = steps[rises:]
    steady = max(falls) - min(falls) <= SAME and max(falls) < 1 - SAME
    return rises if steady and rises <= len(falls) else 0


def by_hand_or_never(candidate: Candidate, observed: str) -> Verdict:
    """A rate that code sets by hand may have been about to change when the quick profile ended the training."""
    where, cell = candidate.place("trained"), candidate.rate_set_in
    if cell is None or not any(p.cut for p in training_passes(candidate)):
        return not_attempted(observed, where=where)
    text = f"{observed}; cell {cell} sets a rate by hand, and the training was cut short: a person decides"
    return undecided(text, where=where)


def steps_of_epoch(candidate: Candidate) -> str:
    """Said where a scheduler was stepped several times in each epoch."""
    epochs = len(training_passes(candidate))
    often = max((s.steps for s in candidate.schedulers if s.network == candidate.network.id), default=0)
    each = round(often / epochs) if epochs else 0
    return (
        f"; step() was called {times(often)} in {epochs} epochs" if each > 1 and often % epochs == 0 else ""
    )


def never_trained(circumstances: Circumstances) -> Verdict:
    if circumstances.hidden_by:
        return undecided(f"no training was seen; {circumstances.hidden_by}")
    return not_attempted("this network was never trained")


def near(cell: int | None, other: int | None) -> bool:
    """Cells that may belong together: the scheduler's is the training's or one of the three before."""
    return cell is not None and other is not None and other - 3 <= cell <= other


def times(count: int) -> str:
    return {0: "never", 1: "once"}.get(count, f"{count} times")
