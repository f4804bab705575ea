"""Random crops and flips of training images, and test images that are always the same.

Told from what a loader makes of an image whose pixels tell their row and column, drawn up to 200 times, or from the images
that reached the network. Windows are described by where their centre lies in the course's image.
"""

import math
from statistics import median

from grader.judging.candidates import Candidate, Circumstances
from grader.judging.treatments import STILL, Seen, offsets, share, test_images, training_images
from grader.judging.verdict import Verdict, graded, not_attempted, undecided
from grader.schema.evaluation import Treatment, Window

CROP, WHOLE = 28, 32  # pixels
PLACES = WHOLE - CROP + 1  # of a window of 28 in 32, along one side
NORMAL_999 = 3.29  # two-sided 1 in 1,000: a coin of p = 0.5 is taken for another one as rarely
WHOLE_SHARE = 0.2  # of the windows
SAME_SCALE = 0.03  # range of the scales of windows of one size, each read to 0.01
SELDOM = 0.1  # share of draws that another change of the image may make look upside down
FEWEST = 8  # draws from which a share is told


def augmentation_crop(candidate: Candidate, circumstances: Circumstances) -> Verdict:
    """Observed: size and places of the windows. Bound: 28 x 28, or padded back to 32 x 32, anywhere in the image."""
    seen = training_images(candidate)
    early = not_seen(seen, circumstances)
    if early is not None or seen is None or seen.movement is None:
        return early or undecided("what was done to the training images could not be identified")
    rest = {"where": seen.where, "basis": "observed"}
    movement = seen.movement
    if drawn_once(movement):
        observed = (
            "windows lie at different places, and at the same one each time an image is used: drawn once"
        )
        expected = "another window each time that an image is used"
        return graded(
            0.0, observed, expected=expected, hint="What does an image look like in the second epoch?", **rest
        )
    if len(movement.windows) < FEWEST:
        return undecided("where the training images were cut could not be identified", where=seen.where)
    rows, columns = movement.size
    down, right = offsets(exact_windows(movement) if at_whole_places(movement) else movement.windows)
    size = f"{rows} x {columns}"
    places = f"{len(down)} x {len(right)} places seen in {len(movement.windows)} draws"
    expected = f"random windows of {CROP} x {CROP}, or such windows padded back to {WHOLE} x {WHOLE}"
    if len(down) == len(right) == 1:
        if (rows, columns) == (WHOLE, WHOLE):
            return whole_image(candidate, seen, expected)
        hint = "Is the window at another place the next time the same image is drawn?"
        return graded(
            0.0, f"every window of {size} lies at the same place", expected=expected, hint=hint, **rest
        )
    if covered := scaled_window(movement):
        wide = min(map(len, offsets(movement.windows))) >= PLACES
        observed = f"random windows of {covered:.0f} x {covered:.0f}, scaled to {size}"
        good = abs(covered - CROP) < 1 and (rows, columns) == (WHOLE, WHOLE) and wide
        return graded(1.0 if good else 0.5, observed, expected="" if good else expected, **rest)
    if (
        "scaled" in movement.others
        and "rotated or sheared" not in movement.others
        and not at_whole_places(movement)
    ):
        observed = f"windows of varying size, scaled to {size}"
        return graded(0.5, observed, expected=expected, hint="What happens to the scale of things?", **rest)
    if len(down) == 1 or len(right) == 1:
        way = "only sideways" if len(down) == 1 else "only up and down"
        return graded(0.5, f"windows of {size} move {way}: {places}", expected=expected, **rest)
    enough = min(PLACES, PLACES - 2 if len(movement.windows) < 48 else PLACES)
    complete = min(len(down), len(right)) >= enough
    if (rows, columns) == (WHOLE, WHOLE) and not at_whole_places(movement):
        observed = (
            f"images of {size} are moved by other changes ({', '.join(movement.others)}), and not cropped"
        )
        return graded(0.5, observed, expected=expected, **rest)
    right_size = (rows, columns) == (CROP, CROP) or ((rows, columns) == (WHOLE, WHOLE) and movement.padded)
    observed = f"random windows of {size}: {places}" + ("; padded" if movement.padded else "")
    observed += f"; also {', '.join(movement.others)}" if movement.others else ""
    if right_size and complete:
        return graded(1.0, observed, **rest)
    return graded(0.5, observed, expected=expected, hint="How many windows does an image have?", **rest)


def scaled_window(movement: Treatment) -> float | None:
    """Side, in pixels of the course's images, of windows of one size that were scaled to another; None if none were."""
    scales = [w.scale for w in movement.windows]
    others = set(movement.others)
    if "scaled" not in others or "rotated or sheared" in others or not scales:
        return None
    return median(scales) * movement.size[0] if max(scales) - min(scales) <= SAME_SCALE else None


def drawn_once(movement: Treatment) -> bool:
    """Different from image to image, and never anew."""
    return movement.fixed and len(set(movement.windows)) > 1


def at_whole_places(movement: Treatment) -> bool:
    """Many windows lie where whole pixels put them, beside those that other changes of the image have moved: of places
    drawn from a continuum one in 25 does."""
    return len(exact_windows(movement)) >= WHOLE_SHARE * len(movement.windows)


def exact_windows(movement: Treatment) -> tuple[Window, ...]:
    rest = (WHOLE - movement.size[0]) / 2 % 1
    return tuple(w for w in movement.windows if near_whole(w.down - rest) and near_whole(w.right - rest))


def near_whole(pixels: float) -> bool:
    return abs(pixels - round(pixels)) < 0.1


def whole_image(candidate: Candidate, seen: Seen, expected: str) -> Verdict:
    """No window smaller than the image: nothing at all, flips only, or a crop that crops nothing."""
    rest = {"where": seen.where}
    written = {p.pipeline for p in candidate.phases if p.kind == "train" and p.pipeline}
    if any("Crop" in candidate.transforms.get(name, "") for name in written):
        hint = "How large is what the crop leaves of 32 x 32 pixels?"
        return graded(
            0.0, "a crop that crops nothing: every image is whole", expected=expected, hint=hint, **rest
        )
    if smaller_test_images(candidate):
        hint = "How large is what the crop leaves of 32 x 32 pixels?"
        return graded(0.0, "training images are not cropped", expected=expected, hint=hint, **rest)
    if share(seen.windows, "flipped") or share(seen.windows, "upside_down"):
        return not_attempted("images are flipped and not cropped", **rest)
    return not_attempted("training images are always the same", **rest)


def smaller_test_images(candidate: Candidate) -> bool:
    test = test_images(candidate)
    return test is not None and test.movement is not None and test.movement.size < (WHOLE, WHOLE)


def augmentation_flip(candidate: Candidate, circumstances: Circumstances) -> Verdict:
    """Observed: share of mirrored images. Bound: that of p = 0.5, missed once in 1,000 times."""
    seen = training_images(candidate)
    early = not_seen(seen, circumstances)
    if early is not None or seen is None:
        return early or undecided("what was done to the training images could not be identified")
    rest = {"where": seen.where, "basis": "observed"}
    if (
        seen.movement is not None
        and seen.windows
        and drawn_once(seen.movement)
        and share(seen.windows, "flipped")
    ):
        observed = "some images are mirrored, and each is so every time it is used: drawn once"
        expected = "mirrored or not, anew each time that an image is used"
        return graded(
            0.0, observed, expected=expected, hint="What does an image look like in the second epoch?", **rest
        )
    n = len(seen.windows)
    if n < FEWEST:
        return undecided("whether the training images were flipped could not be identified", where=seen.where)
    flipped, turned = share(seen.windows, "flipped"), share(seen.windows, "upside_down")
    expected = "mirrored left to right with probability 0.5"
    if not flipped:
        if turned > SELDOM:
            hint = "Does a photograph of a horse look like this?"
            return graded(0.0, "images are turned upside down", expected=expected, hint=hint, **rest)
        return not_attempted("training images are never flipped", where=seen.where)
    observed = f"{flipped:.0%} of {n} draws are mirrored left to right"
    if flipped == 1:
        hint = "How many versions of an image does the network see, if every one is mirrored?"
        return graded(0.0, f"every image is mirrored ({n} draws)", expected=expected, hint=hint, **rest)
    if turned > SELDOM:
        return graded(0.5, f"{observed}, {turned:.0%} upside down", expected=expected, **rest)
    if abs(flipped - 0.5) <= NORMAL_999 * 0.5 / math.sqrt(n) + 0.5 / n:
        return graded(1.0, observed, **rest)
    return graded(
        0.5, observed, expected=expected, hint="With which probability is an image flipped?", **rest
    )


def augmentation_test(candidate: Candidate, circumstances: Circumstances) -> Verdict:
    """Observed: windows of test images. Bound: always the same one, the centre, of the size trained on."""
    train, test = training_images(candidate), test_images(candidate)
    early = not_seen(train, circumstances)
    if early is not None or train is None or train.movement is None:
        return early or undecided("what was done to the training images could not be identified")
    cropped = train.movement.size < (WHOLE, WHOLE)
    if (
        not train.random
        and not cropped
        and not (test is not None and (test.random or smaller_test_images(candidate)))
    ):
        return not_attempted("training images are always the same", where=train.where)
    if test is None:
        if circumstances.hidden_by:
            return undecided(f"no pass over test images was seen; {circumstances.hidden_by}")
        if candidate.unknown_tests:
            return undecided("the images of the evaluation were not recognised")
        return graded(
            0.0,
            "no pass over test images",
            expected="test images that are always the same",
            hint="Over which images does your evaluation go?",
            where=train.where,
        )
    if test.movement is None or not test.windows:
        return undecided("what was done to the test images could not be identified", where=test.where)
    rest = {"where": test.where, "basis": "observed"}
    rows, columns = train.movement.size
    expected = f"the centre, {rows} x {columns}, always the same" if cropped else "always the whole image"
    if test.random:
        hint = "What would a second evaluation of the same network give?"
        return graded(0.0, "test images are transformed at random", expected=expected, hint=hint, **rest)
    size = " x ".join(map(str, test.movement.size))
    if cropped and test.movement.size != train.movement.size:
        hint = "Which size did the network learn on? Rounding up in pool3 hides the difference."
        observed = f"trained on {rows} x {columns}, tested on {size}: no centre crop"
        return graded(0.0, observed, expected=expected, hint=hint, **rest)
    if "scaled" in test.movement.others and "scaled" not in train.movement.others:
        hint = "How large is the object in a test image, and how large in the windows trained on?"
        observed = f"test images are scaled to {size}, training images are cut out"
        return graded(0.0, observed, expected=expected, hint=hint, **rest)
    covered = scaled_window(train.movement)
    shown = scaled_window(test.movement) or test.movement.size[0]
    if covered and abs(shown - covered) >= 1:
        hint = "How large is the object in a test image, and how large in the windows trained on?"
        observed = f"trained on windows of {covered:.0f} pixels, tested on {shown:.0f}: no centre crop"
        return graded(0.0, observed, expected=expected, hint=hint, **rest)
    down, right = offsets(test.windows)
    if max(map(abs, down | right)) > STILL + (0.5 if (WHOLE - rows) % 2 else 0.0):
        observed = f"test windows of {size} lie {max(down, key=abs):g} down and {max(right, key=abs):g} right of the centre"
        return graded(0.0, observed, expected=expected, hint="Which window is the fairest one?", **rest)
    if share(test.windows, "flipped") or share(test.windows, "upside_down"):
        return graded(0.0, "test images are mirrored", expected=expected, **rest)
    return graded(1.0, f"always the same window of {size}", **rest)


def not_seen(seen: Seen | None, circumstances: Circumstances) -> Verdict | None:
    if seen is None:
        if circumstances.hidden_by:
            return undecided(f"no training was seen; {circumstances.hidden_by}")
        return not_attempted("this network was never trained")
    if seen.movement is None:
        return undecided("what was done to the training images could not be identified", where=seen.where)
    return None
