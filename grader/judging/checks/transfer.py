"""The three approaches of the transfer lab: from scratch, feature extraction, finetuning."""

from collections.abc import Sequence

from grader.judging.candidates import Circumstances
from grader.judging.checks.training import training
from grader.judging.modes import MODE_WORDS, Training
from grader.judging.verdict import Verdict, graded, not_attempted, undecided
from grader.schema.claims import Mode

EXPECTED: dict[Mode, str] = {
    "from_scratch": "a network that starts from random weights, all of them trained",
    "feature_extraction": "published weights that stay as they are, and a new head for 10 classes that is trained",
    "finetuning": "published weights and a new head for 10 classes; the published weights, or some blocks, change",
}
HINTS: dict[Mode, str] = {
    "from_scratch": "Which weights does this network begin with, and which of them does the optimizer hold?",
    "feature_extraction": "Compare a weight of the first layer before and after the training. And one of the last layer?",
    "finetuning": "Which of the published weights may change, and does the optimizer hold them?",
}
HEAD_HINT = "Which layer gives the scores, how many of them, and how many classes are there?"


def of_mode(trainings: Sequence[Training], mode: Mode) -> list[Training]:
    return [one for one in trainings if one.mode == mode]


def from_scratch_mode(trainings: Sequence[Training], circumstances: Circumstances) -> Verdict:
    """Catches: published weights in what is called from scratch; frozen random layers. Misses: a lazy choice of network."""
    found = of_mode(trainings, "from_scratch")
    return shown(found[0]) if found else missing(trainings, "from_scratch", circumstances)


def from_scratch_training(trainings: Sequence[Training], circumstances: Circumstances) -> Verdict:
    """The points of a sane loop, for the best of the trainings from scratch."""
    verdicts = [training(one.candidate, circumstances) for one in of_mode(trainings, "from_scratch")]
    if verdicts:
        return max(verdicts, key=lambda verdict: verdict.fraction)
    return missing(trainings, "from_scratch", circumstances)


def pair_of(trainings: Sequence[Training], mode: Mode) -> tuple[Training | None, Training | None]:
    """The training of a mode that went on longest, and that of another family."""
    found = sorted(of_mode(trainings, mode), key=lambda one: (one.unsure, -max(one.lengths, default=0)))
    first = found[0] if found else None
    return first, next((one for one in found if first and one.family != first.family), None)


def first_network(trainings: Sequence[Training], mode: Mode, circumstances: Circumstances) -> Verdict:
    """Catches: nothing frozen, all frozen, frozen and decayed, no new head, no published weights."""
    first, _ = pair_of(trainings, mode)
    return shown(first) if first else missing(trainings, mode, circumstances)


def second_network(trainings: Sequence[Training], mode: Mode, circumstances: Circumstances) -> Verdict:
    """Catches: one family only. Misses: two networks of a family that differ as much as two families do."""
    first, second = pair_of(trainings, mode)
    if second is not None:
        return shown(second)
    others = [
        one for one in of_mode(trainings, mode) if first and one is not first and one.network != first.network
    ]
    if first is None or not others:
        return missing(trainings, mode, circumstances, second=True)
    return graded(
        0.0,
        f"{first.network} and {others[0].network} are both of the family {first.family}",
        expected="two networks out of SqueezeNet, AlexNet, VGG and ResNet",
        hint="What would you like to learn by comparing two networks?",
        where=others[0].place,
        basis="observed",
    )


def shown(one: Training) -> Verdict:
    where = one.place
    if one.unsure:
        return undecided(
            f"{one.reason}; it starts from a file of the student's own, which is not compared with the published weights",
            where=where,
        )
    return graded(1.0, one.reason + one.remark, where=where, basis="observed")


def missing(
    trainings: Sequence[Training], mode: Mode, circumstances: Circumstances, second: bool = False
) -> Verdict:
    """Nothing was trained so: what came near to it, if anything did."""
    if circumstances.hidden_by:
        return undecided(f"no {'second ' * second}training of this kind was seen; {circumstances.hidden_by}")
    near = nearest(trainings, mode, second)
    if near is None:
        another = "of a second network " if second and of_mode(trainings, mode) else ""
        text = f"no training {another}was {MODE_WORDS[mode]}"
        if circumstances.errors:
            place, error = circumstances.errors[0]
            return not_attempted(f"{text}; the first error was {error}", expected=EXPECTED[mode], where=place)
        return not_attempted(text, expected=EXPECTED[mode])
    where = near.place
    if near.unsure:
        return undecided(near.reason, where=where)
    hint = HINTS[mode] if near.mode or has_new_layers(near) else HEAD_HINT
    return graded(0.0, near.reason, expected=EXPECTED[mode], hint=hint, where=where, basis="observed")


def has_new_layers(one: Training) -> bool:
    """Or it starts from no published weights at all."""
    layers = [p for p in one.candidate.network.parameters if len(p.shape) > 1]
    return not one.network or any(not p.origin for p in layers)


def nearest(trainings: Sequence[Training], mode: Mode, second: bool) -> Training | None:
    """A training of no mode: of several, feature extraction was meant by those that train least, and the second check shows
    another one than the first. Else, of a network that was trained twice in one other mode, the second time."""
    none = [one for one in trainings if one.mode is None and may_be(one, mode)]
    pretrained = [one for one in none if one.network]
    if mode == "from_scratch":
        tuned = of_mode(trainings, "finetuning")
        twice = [one for one in tuned if [other.network for other in tuned].count(one.network) > 1]
        return next((one for one in [*none, *twice] if not one.network or one in twice), None)
    if none:
        by_size = sorted(pretrained or none, key=lambda one: min(one.counts, default=0))
        twins = [one for one in of_mode(trainings, "from_scratch") if one.total == by_size[0].total]
        if mode == "finetuning" and twins and not by_size[0].network:
            return twins[-1]  # the same network, of which everything was trained
        both = not of_mode(trainings, mode)  # checks are left to explain
        if mode == "finetuning":
            return by_size[-2:][0] if both and not second else by_size[-1]
        return by_size[:2][-1] if both and second else by_size[0]
    other: Mode = "finetuning" if mode == "feature_extraction" else "feature_extraction"
    done = {one.network for one in of_mode(trainings, mode)}
    seen: set[str] = set()
    for one in of_mode(trainings, other):
        if one.network in seen and one.network not in done:
            return one
        seen.add(one.network)
    return None


def may_be(one: Training, mode: Mode) -> bool:
    """Classifiers on features that were computed before were meant as nothing else than feature extraction."""
    return mode == "feature_extraction" or (one.candidate.fit is None and one.candidate.backbone is None)
