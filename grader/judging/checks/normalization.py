"""Are images standardised, channel by channel, with the means and spreads that the lab gives?

What counts is what reaches the first convolution, wherever the arithmetic is written. Right are the constants of the
statement, to half of their last digit, and the true statistics of the training images.
"""

from collections.abc import Sequence

from grader.judging.candidates import Candidate, Circumstances
from grader.judging.treatments import Seen, begins_with_a_norm, test_images, training_images
from grader.judging.verdict import Verdict, graded, not_attempted, undecided
from grader.schema.evaluation import Statistics, Treatment

MEAN, STD = (0.491, 0.482, 0.447), (0.202, 0.199, 0.201)  # labs.md, section 1
CIFAR10 = ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616))  # over all pixels of the 50,000 images
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
TYPED = 6e-4  # half of the last digit that the statement gives, and float32
COMPUTED = 5e-3  # a student's own statistics: of some of the images, or rounded to two digits
SAME = 1e-3  # between training and test: the same numbers, each read to float32 or from rounded images
ONE_WRONG = 4  # of six numbers right at least: the method is, a number is not
NEARLY_MEAN, NEARLY_STD = (
    0.05,
    0.3,
)  # difference of means; relative difference of spreads: still roughly standardised


def normalization_train(candidate: Candidate, circumstances: Circumstances) -> Verdict:
    """Observed: mean and std per channel on the way to the first layer, in training. Bound: see TYPED and COMPUTED."""
    return one_side(candidate, circumstances, "training", training_images(candidate), test_images(candidate))


def normalization_test(candidate: Candidate, circumstances: Circumstances) -> Verdict:
    """The same in passes over the test split."""
    return one_side(candidate, circumstances, "test", test_images(candidate), training_images(candidate))


def one_side(
    candidate: Candidate, circumstances: Circumstances, side: str, seen: Seen | None, other: Seen | None
) -> Verdict:
    if whitened(candidate, side):
        observed = (
            f"neighbouring pixels of the {side} images are hardly alike, as after ZCA whitening (a bonus question), "
            "or after a reshape that mixes pixels and channels"
        )
        return undecided(f"{observed}: a person decides", where=seen.where if seen else None)
    if seen is None:
        if circumstances.hidden_by:
            return undecided(f"no pass over {side} images was seen; {circumstances.hidden_by}")
        plain = other is not None and other.normalisation is not None and not attempted(other.normalisation)
        if side == "test" and candidate.unknown_tests and not plain:
            return undecided("the images of the evaluation were not recognised")
        if side == "training" or other is None or not attempted(other.normalisation):
            missing = {"training": "this network was never trained", "test": "no test images went through it"}
            return not_attempted(missing[side])
        return graded(
            0.0,
            "no pass over test images",
            expected=words(MEAN, STD),
            hint="Over which images does your evaluation go?",
            where=candidate.place("trained"),
        )
    how = seen.normalisation
    if how is None or (how.mean is None and not how.per_image):
        return undecided(f"what was done to the {side} images could not be identified", where=seen.where)
    if not attempted(how):
        if other is None or not attempted(other.normalisation):
            text = f"{side} images are not standardised"
            if begins_with_a_norm(candidate):
                text += " by constants; the network begins with a normalisation layer"
            return not_attempted(text, where=seen.where)
        return graded(
            0.0,
            f"{side} images are not standardised, those of the other split are",
            expected=words(MEAN, STD),
            hint="What does a network that learned on standardised images make of others?",
            where=seen.where,
            basis="observed",
        )
    fraction, observed, hint = compared(how, candidate.statistics)
    before = other.normalisation if side == "test" and other is not None else None
    if fraction == 1 and before is not None and attempted(before) and differ(how, before):
        fraction, hint = 0.5, "What does the network know of the images when its inputs are on another scale?"
        observed += f"; training images: {words(before.mean or (), before.std or ())}"
    return graded(
        fraction,
        f"{side} images: {observed}",
        expected="" if fraction >= 1 else words(MEAN, STD),
        hint=hint,
        where=seen.where,
        basis="observed",
    )


def differ(how: Treatment, before: Treatment) -> bool:
    """Both are known, and are other numbers."""
    if how.mean is None or how.std is None or before.mean is None or before.std is None:
        return False
    return agree(how.mean, how.std, before.mean, before.std, SAME) < 2 * len(how.mean)


def whitened(candidate: Candidate, side: str) -> bool:
    """Most of the phases of this side that kept images show whitened ones."""
    if side == "training":
        phases = [p for p in candidate.phases if p.kind == "train"]
    else:  # a network may be tried on random numbers, which are as white
        splits = ("test", None) if whitened(candidate, "training") else ("test",)
        phases = [p for p in candidate.phases if p.kind == "eval" and p.split in splits]
    facts = [found for found in map(candidate.facts_of, phases) if found is not None]
    return sum(found.whitened for found in facts) > len(facts) / 2


def attempted(how: Treatment | None) -> bool:
    """Something else than scaling to [0, 1] or to [0, 255] was done."""
    if how is None:
        return False
    if how.per_image:
        return True
    if how.mean is None or how.std is None:
        return False
    return max(map(abs, how.mean)) > TYPED or max(how.std) / min(how.std) > 1 + TYPED


def compared(how: Treatment, statistics: Statistics | None) -> tuple[float, str, str]:
    """(fraction, what was observed, hint)."""
    if how.per_image or how.mean is None or how.std is None:
        hint = "Which differences between two images are lost when each one is scaled by itself?"
        return 0.0, "each image is scaled by statistics of its own", hint
    mean, std = how.mean, how.std
    said = words(mean, std)
    right = (MEAN, STD), CIFAR10
    own = (
        ()
        if statistics is None
        else (
            (statistics.mean, statistics.pixel_std),
            (statistics.mean, statistics.image_std),
        )
    )
    if any(agree(mean, std, *pair, TYPED) == 6 for pair in right):
        return 1.0, said, ""
    if any(agree(mean, std, *pair, COMPUTED) == 6 for pair in own):
        return 1.0, f"{said}, the statistics of the training images", ""
    if max(agree(mean, std, *pair, TYPED) for pair in right) >= ONE_WRONG:
        wrong = [
            f"{found:.3f} for {wanted:.3f}"
            for found, wanted in zip((*mean, *std), (*MEAN, *STD), strict=True)
            if abs(found - wanted) > TYPED
        ]
        return 0.5, f"{said}: {', '.join(wrong)}", "Compare the six numbers with those of the statement."
    if agree(mean, std, STD, MEAN, 2 * TYPED) == 6:
        return 0.0, f"{said}: mean and std are swapped", "Which of the two is subtracted?"
    if agree(mean, std, MEAN[::-1], STD[::-1], TYPED) == 6:
        hint = "In which order are the channels of an image?"
        return 0.5, f"{said}: the numbers of red and blue are exchanged", hint
    times = tuple(255 * v for v in mean), tuple(255 * v for v in std)
    if agree(*times, MEAN, STD, 0.02) == 6:
        hint = "On which scale are the images when the mean is subtracted, and on which was it computed?"
        return 0.0, f"{said}: the constants were applied to values of 0 to 255", hint
    if agree(times[0], std, MEAN, STD, 0.02) == 6:
        hint = "On which scale are the images when the mean is subtracted, and on which was it computed?"
        return 0.0, f"{said}: the mean was subtracted from values of 0 to 255", hint
    twice = tuple(m + m * s for m, s in zip(MEAN, STD, strict=True)), tuple(s * s for s in STD)
    if agree(mean, std, *twice, TYPED) == 6:
        hint = "How many times are the mean subtracted and the result divided, from the file to conv1?"
        return 0.0, f"{said}: what standardising twice gives", hint
    small = tuple(v / 255 for v in mean), tuple(v / 255 for v in std)
    if agree(*small, MEAN, STD, 0.02) == 6:
        hint = "On which scale are the images when the mean is subtracted, and on which was it computed?"
        return 0.0, f"{said}: constants for values of 0 to 255, applied to values of 0 to 1", hint
    if agree(mean, std, *IMAGENET, 2e-3) == 6:
        return (
            0.5,
            f"{said}: the statistics of ImageNet",
            "Of which images are these the mean and the spread?",
        )
    near = [abs(m - n) < NEARLY_MEAN for m, n in zip(mean, MEAN, strict=True)]
    near += [abs(s / t - 1) < NEARLY_STD for s, t in zip(std, STD, strict=True)]
    hint = "What are mean and spread of the images after this, in each channel?"
    return (0.5 if all(near) else 0.0), f"{said}: other constants than the statement's", hint


def agree(
    mean: Sequence[float],
    std: Sequence[float],
    wanted_mean: Sequence[float],
    wanted_std: Sequence[float],
    within: float,
) -> int:
    """How many of the numbers are those wanted."""
    pairs = zip((*mean, *std), (*wanted_mean, *wanted_std), strict=True)
    return sum(abs(found - wanted) <= within for found, wanted in pairs)


def words(mean: Sequence[float], std: Sequence[float]) -> str:
    def triple(values: Sequence[float]) -> str:
        return "(" + ", ".join(f"{v:.3g}" if abs(v) >= 10 else f"{v:.3f}" for v in values) + ")"

    return f"mean {triple(mean)}, std {triple(std)}"
