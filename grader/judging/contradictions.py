"""The notes of a training against what was measured of its network: code in a kernel can write into the probe's notes.

What contradicts the replay earns nothing until a person has looked; it is never silently a zero.
"""

import math
from dataclasses import replace

from grader.judging.candidates import Candidate
from grader.judging.checks.accuracy import CLEAR, UNTRAINED_SPREAD
from grader.judging.verdict import Verdict, undecided

CLASSIFIES = ("cross_entropy", "nll_loss")
LAST = 20  # losses, the mean of which is what the training is said to have ended with
LEARNED = 0.5  # nats below that of guessing: the right class gets 1.65 times the probability of a guess
UNTRAINED = (
    2 * 0.027
)  # above chance: two deviations of networks that were never trained, see checks/accuracy.py


def contradiction(candidate: Candidate, classes: int) -> str:
    """What the notes claim that the replay does not bear out, as half a sentence, or ""."""
    run, measured = candidate.run, candidate.facts.measured
    if run is None or not run.steps or not candidate.evaluated:
        return ""
    if not any(candidate.facts_of(phase) for phase in candidate.phases):
        return "a training was noted, and none of its images"
    main = max(run.losses_used, key=lambda use: use.calls, default=None)
    losses = [value for _, value in run.losses[-LAST:]]
    if measured is None or main is None or main.kind not in CLASSIFIES or len(losses) < LAST:
        return ""
    said = sum(losses) / len(losses)
    if said < math.log(classes) - LEARNED and measured.accuracy < 1 / classes + CLEAR * UNTRAINED_SPREAD:
        return (
            f"a loss of {said:.2f} at the end of the training was noted, and the network answers like one "
            f"that was never trained ({100 * measured.accuracy:.1f} % right)"
        )
    return ""


def doubted(verdict: Verdict, doubt: str) -> Verdict:
    """A verdict that rests on notes which are contradicted: it takes no points away and gives none."""
    if not doubt or verdict.basis == "proved" or not verdict.fraction:
        return verdict
    text = f"{verdict.observed}; but {doubt}: a person decides"
    return replace(undecided(text, where=verdict.where, basis=verdict.basis), findings=verdict.findings)
