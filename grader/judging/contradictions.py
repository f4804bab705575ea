"""The notes of a training against what was measured of its network: code in a kernel can write into the probe's notes.

What contradicts the replay earns nothing until a person has looked; it is never silently a zero.
"""

import math
from dataclasses import replace
from statistics import mean

from grader.judging.candidates import Candidate
from grader.judging.checks.accuracy import CLEAR, UNTRAINED_SPREAD
from grader.judging.checks.training import GOOD_LOSSES
from grader.judging.verdict import Verdict, undecided
from grader.schema.evidence import TrainingRun

FIRST, LAST = 5, 20  # losses, the means of which are what a training is said to have begun and ended with
FEWEST = 6
SHARE = (
    0.4  # of the backward passes whose loss is kept at least, up to what is kept at all; those of NaN are not
)
MOST_KEPT = 2_500  # losses: from 5,000 on, every other one is dropped
LEARNED = 0.5  # nats below the loss of a guess: the right class gets 1.65 times a guess's probability
FALL = 0.75  # of the first losses: they may have been divided before they went back, as gradients were accumulated


def contradiction(candidate: Candidate, classes: int) -> str:
    """What the notes claim that the replay does not bear out, as half a sentence, or ""."""
    run, measured = candidate.run, candidate.facts.measured
    if run is None or not run.steps or not candidate.evaluated:
        return ""
    if not any(candidate.facts_of(phase) for phase in candidate.phases):
        return "a training was noted, and none of its images"
    if not run.nonfinite and len(run.losses) < SHARE * min(run.backwards, MOST_KEPT):
        return f"{run.backwards:,} backward passes were noted, and {len(run.losses):,} of their losses"
    if measured is None or not says_it_learned(run, classes):
        return ""
    shares = [share for share in (measured.accuracy, measured.as_trained) if share is not None]
    if any(
        not -CLEAR / 2 * UNTRAINED_SPREAD < share - 1 / classes < CLEAR * UNTRAINED_SPREAD for share in shares
    ):
        return ""  # it has learned, were it other labels: then it is far below a guess
    return (
        "the losses that were noted fell as if it had learned, and the network answers like one that was never trained "
        f"({100 * measured.accuracy:.1f} % right)"
    )


def says_it_learned(run: TrainingRun, classes: int) -> bool:
    """By the losses of the steps that led to the measured weights; shortened epochs go on with a few images."""
    main = max(run.losses_used, key=lambda use: use.calls, default=None)
    if main is None or (main.kind, main.received) not in GOOD_LOSSES:
        return False
    losses = [value for step, value in run.losses if step < run.full_steps]
    if len(losses) < FEWEST:
        return False
    began, ended = mean(losses[: min(FIRST, len(losses) // 3)]), mean(losses[-min(LAST, len(losses) // 2) :])
    return ended < min(math.log(classes) - LEARNED, FALL * began)


def doubted(verdict: Verdict, doubt: str, accuracy: bool = False) -> Verdict:
    """A verdict that rests on notes which are contradicted: it takes no points away and gives none. Of what is proved, some
    points for an accuracy near to chance are in doubt as well: they are a comparison with a training that was noted."""
    proved = verdict.basis == "proved" and not (accuracy and verdict.outcome == "partial")
    if not doubt or proved or not verdict.fraction:
        return verdict
    text = f"{verdict.observed}; but {doubt}: a person decides"
    return replace(undecided(text, where=verdict.where, basis=verdict.basis), findings=verdict.findings)
