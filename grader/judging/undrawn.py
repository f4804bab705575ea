"""Images that a loop never draws: it leaves its loader before the end, by a `break` that was left over most often."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from grader.judging.candidates import Candidate, Circumstances
from grader.schema.evidence import Phase
from grader.schema.result import TaskResult

WHOLE = 0.9  # share of a loader's batches from which on a pass is no short one
MOST_NAMED = 3  # networks of one remark
TRAINING_HINT = "Which training images does the network never see, and what ends the loop?"
TEST_HINT = "For which images does this accuracy speak, and what ends the loop?"


class Short(NamedTuple):
    """Passes over a loader, all of which ended early."""

    passes: int
    least: int  # batches
    most: int
    of: int

    @property
    def words(self) -> str:
        drawn = f"{self.most}" if self.least == self.most else f"at most {self.most}"
        return f"after {drawn} of {self.of} batches"


def remarks_on(
    candidates: Sequence[Candidate], tasks: Iterable[TaskResult], circumstances: Circumstances
) -> list[str]:
    """Of the networks that stand for a task, or of all where a task looks at all. No points depend on them.

    Catches:  a `break` or islice in the loop over the training or the test images, of every pass.
    Misses:   data without a length, samplers of the student's, passes that the quick profile ended before the loop did.
    """
    if circumstances.interrupted:
        return []
    stand = {task.judged_on for task in tasks} - {""}
    shown = [candidate for candidate in candidates if candidate.title in stand or not stand]
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for candidate in shown:
        short = short_training(candidate)
        if short is not None:
            epochs = "the only epoch" if short.passes == 1 else "each epoch"
            found[f"{epochs} ended {short.words}", TRAINING_HINT].append(candidate.title)
        short = short_tests(candidate)
        if short is not None:
            text = f"every pass over the test images ended {short.words}"
            found[text, TEST_HINT].append(candidate.title)
    return [f"{text}: {listed(titles)}. {hint}" for (text, hint), titles in found.items()]


def listed(titles: list[str]) -> str:
    titles = list(dict.fromkeys(titles))
    more = len(titles) - MOST_NAMED
    return "; ".join(titles[:MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")


def short_training(candidate: Candidate) -> Short | None:
    """Of the epochs that began within the budget. As many passes of one batch as a loader has are draws at random."""
    run = candidate.run
    trained = [phase for phase in candidate.phases if phase.kind == "train"]
    if run is None:
        return None
    short = short_passes([phase for phase in trained if phase.first_step < run.full_steps])
    if short is not None and short.most == 1 and len({p.loader_pass for p in trained}) >= short.of:
        return None
    return short


def short_tests(candidate: Candidate) -> Short | None:
    """Of all passes over test images."""
    if candidate.unknown_tests:
        return None
    return short_passes([p for p in candidate.phases if p.kind == "eval" and candidate.split_of(p) == "test"])


def short_passes(phases: Sequence[Phase]) -> Short | None:
    """None if one of the passes was whole, or may have been but for the quick profile, or is not known well enough."""
    passes: dict[int | None, list[Phase]] = defaultdict(list)
    for phase in phases:
        passes[phase.loader_pass].append(phase)
    short: list[tuple[int, int, bool]] = []
    others: list[tuple[int, int, bool]] = []
    for parts in passes.values():
        drawn, length = parts[0].drawn, parts[0].loader_batches
        if not drawn or not length or sum(part.batches for part in parts) > 2 * drawn:
            return None  # no loader, or one batch that is used again and again
        early = parts[0].left and drawn < min(length - 1, WHOLE * length)  # the last batch may be left out
        (short if early else others).append((drawn, length, parts[0].cut))
    if not short:
        return None
    most, length = max((drawn, length) for drawn, length, _ in short)
    if any(drawn >= most or not cut for drawn, _, cut in others):
        return None
    return Short(len(short), min(drawn for drawn, _, _ in short), most, length)
