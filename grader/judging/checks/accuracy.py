"""Does the trained network reach what a correct solution reaches under this profile?

The band is calibrated: the reference is trained several times with each setting (calibration.json). Full points begin where
a correct solution falls below once in a thousand runs: mean - t * sd * sqrt(1 + 1/n), t the 0.999 quantile of Student's
distribution with n - 1 degrees of freedom (prediction bound for one further run; Hahn & Meeker, Statistical Intervals,
1991, section 3.6), less the replay's own error. sd is that of the setting's own runs, and at least the median of all plain
settings': students' networks differ from the reference in more than the seed (initial weights, weight decay). Points fall
linearly to zero at chance. Where even this bound is not clear of chance, so early in training, a network that has left
chance behind gets full points and another one is undecided.
"""

import math
from statistics import median

from grader.judging.candidates import Candidate, Circumstances
from grader.judging.layers import read_layers
from grader.judging.verdict import Verdict, graded, not_attempted, undecided
from grader.schema.calibration import Calibration, CalibrationRun
from grader.schema.result import Basis

T_999 = {
    2: 22.327,
    3: 10.215,
    4: 7.173,
    5: 5.893,
    6: 5.208,
    7: 4.785,
    8: 4.501,
    9: 4.297,
    11: 4.025,
    14: 3.787,
    19: 3.579,
}
NORMAL_999 = 3.090
# An untrained network is no fair coin: it gives a few classes to everything. 40 initialisations of the reference reached
# 9.6 % of 2,000 stand-in images on average, standard deviation 2.7 points, 16.7 % at most.
UNTRAINED_SPREAD = 0.027
CLEAR = 4  # such deviations above chance: a network has learned something
CLOSE = 1.25  # factor between rates that count as the same
BATCHES = (0.9, 2.1)  # batch sizes, over the calibrated one, that the band still holds for


def quantile(freedom: int) -> float:
    """0.999 quantile of Student's t; the next smaller tabulated number of degrees of freedom, which is wider."""
    usable = [n for n in T_999 if n <= freedom]
    return T_999[max(usable)] if usable else T_999[2]


def full_points_from(run: CalibrationRun, error: float, usual_spread: float = 0.0) -> float:
    """Accuracy at which full points begin, for a measurement with this standard error."""
    n = len(run.accuracies)
    spread = max(run.spread, usual_spread)
    return run.mean - quantile(n - 1) * spread * math.sqrt(1 + 1 / n) - NORMAL_999 * error


def matching(runs: list[CalibrationRun], candidate: Candidate) -> CalibrationRun | None:
    """The calibrated setting that this training is at least as good as: a plain-SGD rate between two takes the lower."""
    run = candidate.run
    if run is None or not run.optimizers:
        return None
    use = run.optimizers[0]
    rate, momentum = number(use.settings.get("lr")), number(use.settings.get("momentum"))
    kind = "Adam" if use.kind in ("Adam", "AdamW", "NAdam", "RAdam") else use.kind
    usable = [
        c
        for c in runs
        if c.optimizer == kind
        and BATCHES[0] * c.batch_size <= run.batch_size <= BATCHES[1] * c.batch_size
        and run.full_steps >= 0.95 * c.steps
        and c.momentum
        <= momentum + 0.01  # with the same rate / (1 - momentum), momentum learns faster at first
    ]
    if kind == "SGD":
        effective = rate / (1 - min(momentum, 0.99))
        below = [c for c in usable if c.rate / (1 - c.momentum) <= CLOSE * effective]
        top = max((c.rate / (1 - c.momentum) for c in usable), default=0.0)
        if effective > CLOSE * top:
            return None  # faster than any that was tried: may not converge
        return max(below, key=lambda c: (c.rate / (1 - c.momentum), c.momentum, c.batch_size), default=None)
    near = [c for c in usable if c.rate / CLOSE <= rate <= CLOSE * c.rate]
    return max(near, key=lambda c: c.batch_size, default=None)


def learns_slowly(candidate: Candidate) -> bool:
    """Dropout, or images transformed at random: right, and behind the plain reference under a small budget."""
    if candidate.train_graph is not None and read_layers(candidate.train_graph).dropouts:
        return True
    facts = [candidate.facts_of(phase) for phase in candidate.phases if phase.kind == "train"]
    maps = [fact.preprocessing for fact in facts if fact is not None and fact.identified]
    return any(how is None or how.offset is None or how.flipped is None for how in maps)


def number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def accuracy(
    candidate: Candidate,
    circumstances: Circumstances,
    calibration: Calibration,
    profile: str,
    data: str,
    contaminable: bool,
    classes: int,
) -> Verdict:
    """Observed: share of held-out images classified rightly by the replayed network. Bound: the calibrated band.

    Catches:  a network that learned less than the reference does.
    Misses:   a technique that does nothing; accuracy never proves one.
    """
    where = candidate.place("trained")
    if candidate.run is None or not candidate.run.steps:
        if circumstances.hidden_by:
            return undecided(f"no training was seen; {circumstances.hidden_by}", where=where)
        if candidate.run is not None and candidate.run.backwards:
            return graded(0.0, "no step was ever made: the network is as it was at first", where=where)
        return not_attempted("this network was never trained", where=where)
    splits = {candidate.split_of(phase) for phase in candidate.phases if phase.kind == "train"}
    if contaminable and splits & {"test", "both"}:
        return graded(0.0, "not measured: no image is left that the network was not trained on", where=where)
    value, error, images, basis, note = measurement(candidate)
    if value is None:
        return undecided(f"the accuracy could not be measured: {candidate.facts.not_measured}", where=where)
    text = f"{100 * value:.1f} % of {images:,} images (± {100 * error:.1f}){note}"
    if basis != "proved":
        return undecided(f"{text}: a person decides", where=where, basis=basis)
    usable = [c for c in calibration.runs if c.profile == profile and c.data == data]
    chosen = matching([c for c in usable if not c.augmented], candidate)
    chance = 1 / classes
    learned = chance + CLEAR * max(error, UNTRAINED_SPREAD)
    usual = median([c.spread for c in usable if not c.augmented] or [0.0])
    if chosen is None:
        loosest = min((full_points_from(c, error, usual) for c in usable if not c.augmented), default=None)
        if loosest is not None and value >= max(loosest, learned):
            return graded(1.0, text, where=where, basis=basis)
        reason = "no reference was trained with these settings under this profile"
        if usable and candidate.run.full_steps < 0.95 * min(c.steps for c in usable):
            reason = (
                f"trained for {candidate.run.full_steps} full steps only: no reference was trained so briefly"
            )
        return undecided(f"{text}; {reason}", where=where, basis=basis)
    slow = (
        [full_points_from(c, error, usual) for c in usable if c.augmented] if learns_slowly(candidate) else []
    )
    full = min([full_points_from(chosen, error, usual), *slow])
    words = f"{chosen.optimizer}, rate {chosen.rate:g}, batch {chosen.batch_size}"
    if full <= learned:
        if value >= learned:  # within what correct solutions reach, and it has learned something
            return graded(1.0, text, where=where, basis=basis)
        return undecided(
            f"{text}; with {words} even the reference is not clear of chance so early",
            where=where,
            basis=basis,
        )
    fraction = (value - chance) / (full - chance)
    return graded(
        1.0 if fraction >= 1 else max(0.0, fraction),
        text,
        expected=f"at least {100 * full:.1f} % (the reference with {words}: {100 * chosen.mean:.1f} %)",
        hint=""
        if fraction >= 1
        else "How does the training loss go from step to step, and what keeps it from falling?",
        where=where,
        basis=basis,
    )


def measurement(candidate: Candidate) -> tuple[float | None, float, int, Basis, str]:
    """Accuracy, its standard error, images, and whether it is proved by replay or observed in the student's own pass."""
    measured = candidate.facts.measured
    if measured is not None:
        return measured.accuracy, measured.standard_error, measured.images, "proved", ""
    whole = [
        p
        for p in candidate.phases
        if p.kind == "eval"
        and p.confusion
        and candidate.split_of(p) == "test"
        and not p.thinned
        and p.first_step
    ]
    if not whole:
        return None, 0.0, 0, "observed", ""
    phase = max(whole, key=lambda p: (p.samples, p.first_step))
    assert phase.confusion is not None
    total = sum(map(sum, phase.confusion))
    if not total:
        return None, 0.0, 0, "observed", ""
    right = sum(row[i] for i, row in enumerate(phase.confusion) if i < len(row))
    value = right / total
    error = math.sqrt(max(value * (1 - value), 1 / total) / total)
    note = f", as seen in the notebook's own evaluation (not replayed: {candidate.facts.not_measured})"
    return value, error, total, "observed", note
