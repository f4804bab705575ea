"""Which of the course's images a network received, and what was done to them on the way.

Whatever the style of the code, preprocessing by mean and std is an affine map of each channel. It is undone by looking:
the received image is compared with candidates under every shift and flip, each channel standardised, and the map follows
by least squares. An exact fit proves both the image's identity and the map.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from grader.evaluation.frames import frame_of, inside
from grader.evaluation.gallery import PADDING, Gallery, neighbours, standardise
from grader.schema.evaluation import Frame, Preprocessing, SampleFacts, Treatment, Window

EXACT = 1e-3  # rms error over spread; float32 pipelines fit to 1e-6, 8-bit rounding (1/255 of spread 0.2) to 6e-3 does not
SIMILAR = 0.97  # correlation that identifies an image although its colours were changed; neighbours reach 0.9
SURE = 0.9999  # correlation after which nothing better is looked for
UNMIXED = 0.9995  # correlation from which an image is one of the course's and no blend of two: its label can be checked
GIVE_UP = 4  # images of a phase; if none of them is recognised, none will be
FEW_IMAGES = 16  # of the course's, which have a border in common or have not
FEW = 0.2  # share of a phase's images that may look like the other split's
WHITE = 0.75  # of the correlation of neighbouring pixels in the course's images: 16 of them never fell below 0.81, and ZCA
# (epsilon up to 0.01) left at most 0.54, in 6,000 images of the stand-in and of CIFAR-10
AGREE = 2e-3  # relative difference of the maps of two images that are called the same map


@dataclass(frozen=True)
class Fit:
    """The best explanation of a received image as a transformed candidate: x = gain * u + bias in each channel."""

    correlation: float
    residual: float
    top: int
    left: int
    flipped: bool
    gain: np.ndarray  # (channels,)
    bias: np.ndarray  # (channels,)


def fit(received: np.ndarray, candidate: np.ndarray) -> Fit | None:
    """Best shift and flip of (channels, h, w) in (channels, rows, columns); None where it cannot be a part of it."""
    channels, h, w = received.shape
    _, rows, columns = candidate.shape
    if channels != len(candidate) or h > rows or w > columns or h < rows // 2 or w < columns // 2:
        return None
    pad = PADDING if (h, w) == (rows, columns) else 0
    places = placements(rows - h, columns - w, pad)
    top, left, flipped = places[0]  # the likeliest: most images are fed whole
    a, b = overlap(received, candidate, top, left)
    score = float((standardise(a) * standardise(b)).sum()) / channels
    if score <= SURE:
        straight, mirrored = (correlations(received, one, pad) for one in (candidate, candidate[:, :, ::-1]))
        scores = np.array([(mirrored if flip else straight)[y + pad, x + pad] for y, x, flip in places])
        good = scores > min(SURE, scores.max() - 1e-9)  # the first in order that is sure, or else the best
        score, (top, left, flipped) = float(scores[good.argmax()]), places[good.argmax()]
    a, b = overlap(received, candidate[:, :, ::-1] if flipped else candidate, top, left)
    gain, bias, residual = affine(a, b)
    left_in_original = columns - w - left if flipped else left
    return Fit(score, residual, top, left_in_original, flipped, gain, bias)


@lru_cache(maxsize=64)
def placements(rows: int, columns: int, pad: int) -> list[tuple[int, int, bool]]:
    """(top, left, flipped) to try where there is room for so many rows and columns: the likely ones first."""
    found = [
        (top, left, flipped)
        for flipped in (False, True)
        for top in range(-pad, rows + pad + 1)
        for left in range(-pad, columns + pad + 1)
    ]
    return sorted(found, key=lambda at: abs(2 * at[0] - rows) + abs(2 * at[1] - columns))


def correlations(received: np.ndarray, source: np.ndarray, pad: int) -> np.ndarray:
    """(down, right): of the parts that cover each other where `received` lies at (down - pad, right - pad) of `source`,
    both (channels, rows, columns); mean over channels."""
    size = received.shape[1:]
    received = received - received.mean((1, 2), keepdims=True, dtype=np.float64)
    border = ((pad, pad), (pad, pad))
    padded = np.pad(source - source.mean((1, 2), keepdims=True, dtype=np.float64), ((0, 0), *border))
    inside = sliding_window_view(np.pad(np.ones(source.shape[1:]), border), size)  # (down, right, h, w)

    def over_theirs(values: np.ndarray) -> np.ndarray:
        return np.asarray(np.einsum("cdrhw,drhw->cdr", sliding_window_view(values, size, (1, 2)), inside))

    def over_ours(values: np.ndarray) -> np.ndarray:
        return np.asarray(np.einsum("chw,drhw->cdr", values, inside))

    count = inside.sum((2, 3))
    a, b = over_ours(received), over_theirs(padded)
    products = (
        np.einsum("chw,cdrhw->cdr", received, sliding_window_view(padded, size, (1, 2))) - a * b / count
    )
    spreads = (over_ours(received**2) - a**2 / count) * (over_theirs(padded**2) - b**2 / count)
    return np.asarray((products / np.sqrt(np.maximum(spreads, 1e-24))).mean(0))


def overlap(received: np.ndarray, source: np.ndarray, top: int, left: int) -> tuple[np.ndarray, np.ndarray]:
    """The parts of both that cover each other when the received image lies at (top, left) of the source."""
    _, h, w = received.shape
    _, rows, columns = source.shape
    y0, y1, x0, x1 = max(0, top), min(rows, top + h), max(0, left), min(columns, left + w)
    return received[:, y0 - top : y1 - top, x0 - left : x1 - left], source[:, y0:y1, x0:x1]


def affine(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Least squares a = gain * b + bias in each channel; and the largest rms error over the spread of a."""
    a, b = a.reshape(len(a), -1).astype(np.float64), b.reshape(len(b), -1).astype(np.float64)
    spread = np.maximum(b.var(1), 1e-12)
    gain = ((a - a.mean(1, keepdims=True)) * (b - b.mean(1, keepdims=True))).mean(1) / spread
    bias = a.mean(1) - gain * b.mean(1)
    error = np.sqrt(((a - gain[:, None] * b - bias[:, None]) ** 2).mean(1))
    return gain, bias, float((error / np.maximum(a.std(1), 1e-6)).max())


def identify(
    received: np.ndarray,
    labels: np.ndarray | None,
    indices: np.ndarray | None,
    hint: str | None,
    galleries: dict[str, Gallery],
    windows: bool = True,
) -> SampleFacts:
    """Facts on (k, channels, rows, columns) images. `hint` and `indices` are the probe's word; only looking counts.

    Without `windows`, parts of images are recognised only where the probe named the image.
    """
    frame = added_frame(received, galleries)
    found = look_up_all(inside(received, frame), indices, hint, galleries, windows)
    fits, splits = [one.fit for one in found], [one.split for one in found]
    right = checked = 0
    for one in found:
        if labels is not None and one.number < len(labels) and one.fit.correlation > UNMIXED:
            checked += 1
            right += int(labels[one.number]) == int(galleries[one.split].labels[one.index])
    return SampleFacts(
        images=len(received),
        identified=len(fits),
        split=common_split(splits),
        labels_checked=checked,
        labels_right=right,
        preprocessing=common_map(fits, received.shape, frame),
        entering=treatment(fits, received.shape, next(iter(galleries.values())).images.shape[1:3], frame),
        whitened=not found and is_white(received, next(iter(galleries.values()))),
    )


def of_steps(
    received: np.ndarray, indices: np.ndarray | None, steps: np.ndarray | None, galleries: dict[str, Gallery]
) -> Treatment | None:
    """What was done to images of training steps. Where all of a step have the same window it was drawn for the batch: one
    image of each step counts."""
    frame = added_frame(received, galleries)
    found = look_up_all(inside(received, frame), indices, "train", galleries)
    places: dict[int, set[tuple[int, int, bool]]] = {}
    for one in found:
        place = (one.fit.top, one.fit.left, one.fit.flipped)
        places.setdefault(int(steps[one.number]) if steps is not None else one.number, set()).add(place)
    size = next(iter(galleries.values())).images.shape[1:3]
    if len(found) > len(places) and all(len(seen) == 1 for seen in places.values()):
        first = {int(steps[one.number]): one for one in reversed(found)} if steps is not None else {}
        shape = (len(first), *received.shape[1:])
        return treatment([one.fit for one in first.values()], shape, size, frame)
    return treatment([one.fit for one in found], received.shape, size, frame)


def added_frame(received: np.ndarray, galleries: dict[str, Gallery]) -> Frame | None:
    """A border around the images that the course's own have not."""
    gallery = next(iter(galleries.values()))
    own = frame_of(np.stack([gallery.pixels(i) for i in range(min(FEW_IMAGES, len(gallery.images)))]))
    return frame_of(received) if own is None else None


def is_white(received: np.ndarray, gallery: Gallery) -> bool:
    """Neighbouring pixels are far less alike than in the course's images, as after ZCA whitening."""
    if received.shape[1] != gallery.shape[0] or min(received.shape[2:]) < gallery.shape[1] // 2:
        return False
    alike = neighbours(received) if np.isfinite(received).all() and np.ptp(received) > 0 else 1.0
    return alike < WHITE * gallery.neighbours


@dataclass(frozen=True)
class Found:
    """Which of the course's images a received one is."""

    number: int  # among those received
    split: str
    index: int
    fit: Fit


def look_up_all(
    received: np.ndarray,
    indices: np.ndarray | None,
    hint: str | None,
    galleries: dict[str, Gallery],
    windows: bool = True,
) -> list[Found]:
    """Those of (k, channels, rows, columns) images that are recognised."""
    images = np.asarray(received, dtype=np.float32)
    places = [None if indices is None else int(indices[number]) for number in range(len(images))]
    found = {
        n: one for n, image in enumerate(images) if (one := at_place(n, image, places[n], hint, galleries))
    }
    searches: tuple[Search, ...] = (alike, windows_alike) if windows else (alike,)
    for search in searches:
        unknown = [n for n in range(len(images)) if n not in found and np.isfinite(images[n]).all()]
        enough = len(unknown) >= (1 if search is windows_alike else GIVE_UP)
        if enough and is_white(images[unknown], next(iter(galleries.values()))):
            break  # noise, or whitened images: like none of the course's
        for split in sorted(galleries, key=lambda name: name != hint):
            left = [n for n in unknown if n not in found or found[n].fit.correlation <= SURE]
            for part in (left[:GIVE_UP], left[GIVE_UP:]):  # if none of the first is recognised, none will be
                seen = search(part, images, split, galleries[split]) if part else []
                for one in seen:
                    if one.number not in found or one.fit.correlation > found[one.number].fit.correlation:
                        found[one.number] = one
                if not seen:
                    break
    return [found[number] for number in sorted(found)]


Search = Callable[[list[int], np.ndarray, str, Gallery], list[Found]]


def at_place(
    number: int, image: np.ndarray, place: int | None, hint: str | None, galleries: dict[str, Gallery]
) -> Found | None:
    """The image that the probe named, if it is that one."""
    gallery = galleries.get(hint or "")
    if (
        gallery is None
        or place is None
        or not 0 <= place < len(gallery.images)
        or not np.isfinite(image).all()
    ):
        return None
    best = fit(image, gallery.pixels(place))
    return Found(number, str(hint), place, best) if best is not None and best.correlation > SIMILAR else None


def alike(numbers: list[int], images: np.ndarray, split: str, gallery: Gallery) -> list[Found]:
    """Images of the original size, whole."""
    return best_of(dict(zip(numbers, gallery.search(images[numbers]), strict=True)), images, split, gallery)


def windows_alike(numbers: list[int], images: np.ndarray, split: str, gallery: Gallery) -> list[Found]:
    """Windows cut from images: all places of all images are looked at."""
    places = gallery.search_windows(images[numbers])
    return best_of(dict(zip(numbers, places, strict=True)), images, split, gallery)


def best_of(places: dict[int, list[int]], images: np.ndarray, split: str, gallery: Gallery) -> list[Found]:
    """The best fit among the places of each image, where there is one."""
    found = []
    for number, candidates in places.items():
        best: Found | None = None
        for place in candidates:
            seen = fit(images[number], gallery.pixels(place))
            if seen is not None and seen.correlation > max(SIMILAR, best.fit.correlation if best else 0):
                best = Found(number, split, place, seen)
            if best is not None and best.fit.correlation > SURE:
                break
        found += [best] if best else []
    return found


def treatment(
    fits: list[Fit], shape: tuple[int, ...], whole: tuple[int, ...], frame: Frame | None = None
) -> Treatment | None:
    """What was done to the images, as far as these show it; None where too few were recognised."""
    if len(fits) < max(2, FEW * shape[0]):
        return None
    rows, columns = int(shape[2]), int(shape[3])
    above, beside = (frame.top, frame.left) if frame else (0, 0)
    exact = [one for one in fits if one.residual < EXACT]
    how = common_map(fits, shape)
    return Treatment(
        asked=False,
        mean=how.mean if how else None,
        std=how.std if how else None,
        per_image=how is None and len(exact) >= 0.9 * len(fits),
        size=(rows, columns),
        windows=tuple(
            Window(
                down=one.top - above + (rows - whole[0]) / 2,
                right=one.left - beside + (columns - whole[1]) / 2,
                flipped=one.flipped,
            )
            for one in fits
        ),
        padded=(rows, columns) == tuple(whole)
        and (frame is not None or any(one.top or one.left for one in fits)),
        others=() if len(exact) >= 0.9 * len(fits) else ("colours or parts of images changed",),
    )


def common_split(splits: list[str]) -> Literal["train", "test", "both"] | None:
    """Where the images come from. CIFAR-10 holds look-alikes across its splits: a few of the other one do not count."""
    if not splits:
        return None
    train = splits.count("train") / len(splits)
    return "both" if FEW < train < 1 - FEW else "train" if train >= 0.5 else "test"


def common_map(fits: list[Fit], shape: tuple[int, ...], frame: Frame | None = None) -> Preprocessing | None:
    """The one affine map that explains all identified images exactly; None if there is none."""
    exact = [one for one in fits if one.residual < EXACT]
    if len(exact) < max(2, len(fits) * 0.9):
        return None
    gains, biases = np.stack([one.gain for one in exact]), np.stack([one.bias for one in exact])
    gain, bias = np.median(gains, 0), np.median(biases, 0)
    scale = np.maximum(np.abs(gain), 1e-6)
    if (np.abs(gains - gain) / scale).max() > AGREE or (np.abs(biases - bias) / scale).max() > AGREE:
        return None
    if (np.abs(gain) < 1e-6).any():
        return None
    offsets = {(one.top, one.left) for one in exact}
    flips = {one.flipped for one in exact}
    return Preprocessing(
        mean=tuple(float(v) for v in -bias / gain),
        std=tuple(float(v) for v in 1 / gain),
        size=(int(shape[2]), int(shape[3])),
        offset=offsets.pop() if len(offsets) == 1 else None,
        flipped=flips.pop() if len(flips) == 1 else None,
        residual=max(one.residual for one in exact),
        frame=frame,
    )
