"""Which of the course's images a network received, and what was done to them on the way.

Whatever the style of the code, preprocessing by mean and std is an affine map of each channel. It is undone by looking:
the received image is compared with candidates under every shift and flip, each channel standardised, and the map follows
by least squares. An exact fit proves both the image's identity and the map.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from grader.schema.evaluation import Preprocessing, SampleFacts, Treatment, Window

EXACT = 1e-3  # rms error over spread; float32 pipelines fit to 1e-6, 8-bit rounding (1/255 of spread 0.2) to 6e-3 does not
SIMILAR = 0.97  # correlation that identifies an image although its colours were changed; neighbours reach 0.9
SURE = 0.9999  # correlation after which nothing better is looked for
GIVE_UP = 4  # images of a phase; if none of them is recognised, none will be
FEW = 0.2  # share of a phase's images that may look like the other split's
GRID = 8  # rows and columns of the descriptor used to search all images
AGREE = 2e-3  # relative difference of the maps of two images that are called the same map
SHIFT = 4  # pixels of padding searched for images of the original size


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


def standardise(images: np.ndarray) -> np.ndarray:
    """(..., rows, columns) each with mean 0 and norm 1; a constant image becomes 0."""
    centred = images - images.mean((-2, -1), keepdims=True)
    norm = np.sqrt((centred**2).sum((-2, -1), keepdims=True))
    return np.asarray(centred / np.maximum(norm, 1e-6))


def descriptors(images: np.ndarray) -> np.ndarray:
    """(n, channels, rows, columns) -> (n, channels * GRID * GRID), of norm 1: invariant to a map of each channel."""
    n, channels, rows, columns = images.shape
    pooled = images[:, :, : rows // GRID * GRID, : columns // GRID * GRID]
    pooled = pooled.reshape(n, channels, GRID, rows // GRID, GRID, columns // GRID).mean((3, 5))
    flat = standardise(pooled).reshape(n, -1)
    return np.asarray(flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6), dtype=np.float32)


class Gallery:
    """All images of one split, searchable."""

    def __init__(self, images: np.ndarray, labels: np.ndarray) -> None:
        self.images = images  # (n, rows, columns[, channels]) uint8
        self.labels = labels
        self._table: np.ndarray | None = None

    def pixels(self, index: int) -> np.ndarray:
        """(channels, rows, columns) float32 in [0, 1]."""
        image = np.asarray(self.images[index], dtype=np.float32) / 255
        return image.transpose(2, 0, 1) if image.ndim == 3 else image[None]

    def search(self, image: np.ndarray, best: int = 3) -> list[int]:
        """Positions of the images most like (channels, rows, columns), flipped or not; same size only."""
        if self._table is None:
            parts = np.array_split(np.arange(len(self.images)), max(1, len(self.images) // 5000))
            self._table = np.concatenate([descriptors(self._stack(part)) for part in parts])
        scores = np.maximum(
            self._table @ descriptors(image[None])[0], self._table @ descriptors(image[None, :, :, ::-1])[0]
        )
        return [int(i) for i in np.argpartition(-scores, best)[:best]]

    def _stack(self, indices: np.ndarray) -> np.ndarray:
        images = np.asarray(self.images[indices], dtype=np.float32) / 255
        return images.transpose(0, 3, 1, 2) if images.ndim == 4 else images[:, None]


def fit(received: np.ndarray, candidate: np.ndarray) -> Fit | None:
    """Best shift and flip of (channels, h, w) in (channels, rows, columns); None where it cannot be a part of it."""
    channels, h, w = received.shape
    _, rows, columns = candidate.shape
    if channels != len(candidate) or h > rows or w > columns or h < rows // 2 or w < columns // 2:
        return None
    score, top, left, flipped = -1.0, 0, 0, False
    for place in placements(rows - h, columns - w, SHIFT if (h, w) == (rows, columns) else 0):
        a, b = overlap(received, candidate[:, :, ::-1] if place[2] else candidate, *place[:2])
        correlation = float((standardise(a) * standardise(b)).sum()) / channels
        if correlation > score + 1e-9:
            score, (top, left, flipped) = correlation, place
        if score > SURE:
            break
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
) -> SampleFacts:
    """Facts on (k, channels, rows, columns) images. `hint` and `indices` are the probe's word; only looking counts."""
    found = look_up_all(received, indices, hint, galleries)
    fits, splits = [one.fit for one in found], [one.split for one in found]
    right = checked = 0
    for one in found:
        if labels is not None and one.number < len(labels):
            checked += 1
            right += int(labels[one.number]) == int(galleries[one.split].labels[one.index])
    return SampleFacts(
        images=len(received),
        identified=len(fits),
        split=common_split(splits),
        labels_checked=checked,
        labels_right=right,
        preprocessing=common_map(fits, received.shape),
        entering=treatment(fits, received.shape, next(iter(galleries.values())).images.shape[1:3]),
    )


@dataclass(frozen=True)
class Found:
    """Which of the course's images a received one is."""

    number: int  # among those received
    split: str
    index: int
    fit: Fit


def look_up_all(
    received: np.ndarray, indices: np.ndarray | None, hint: str | None, galleries: dict[str, Gallery]
) -> list[Found]:
    """Those of (k, channels, rows, columns) images that are recognised."""
    found: list[Found] = []
    for number, image in enumerate(np.asarray(received, dtype=np.float32)):
        if number == GIVE_UP and not found:
            break
        seen = look_up(image, None if indices is None else int(indices[number]), hint, galleries)
        if seen is not None:
            found.append(Found(number, *seen))
    return found


def treatment(fits: list[Fit], shape: tuple[int, ...], whole: tuple[int, ...]) -> Treatment | None:
    """What was done to the images, as far as these show it; None where too few were recognised."""
    if len(fits) < max(2, FEW * shape[0]):
        return None
    rows, columns = int(shape[2]), int(shape[3])
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
                down=one.top + (rows - whole[0]) / 2,
                right=one.left + (columns - whole[1]) / 2,
                flipped=one.flipped,
            )
            for one in fits
        ),
        padded=(rows, columns) == tuple(whole) and any(one.top or one.left for one in fits),
        others=() if len(exact) >= 0.9 * len(fits) else ("colours or parts of images changed",),
    )


def common_split(splits: list[str]) -> Literal["train", "test", "both"] | None:
    """Where the images come from. CIFAR-10 holds look-alikes across its splits: a few of the other one do not count."""
    if not splits:
        return None
    train = splits.count("train") / len(splits)
    return "both" if FEW < train < 1 - FEW else "train" if train >= 0.5 else "test"


def look_up(
    image: np.ndarray, index: int | None, hint: str | None, galleries: dict[str, Gallery]
) -> tuple[str, int, Fit] | None:
    """(split, position, fit) of the course's image that this one is, or None."""
    if not np.isfinite(image).all():
        return None
    if index is not None and hint in galleries and 0 <= index < len(galleries[hint].images):
        best = fit(image, galleries[hint].pixels(index))
        if best is not None and best.correlation > SIMILAR:
            return hint, index, best
    found: tuple[str, int, Fit] | None = None
    for split, gallery in sorted(galleries.items(), key=lambda entry: entry[0] != hint):
        size = gallery.images.shape[1:3]
        if image.shape[1:] != size or image.shape[0] != gallery.pixels(0).shape[0]:
            continue
        for candidate in gallery.search(image):
            best = fit(image, gallery.pixels(candidate))
            if (
                best is not None
                and best.correlation > SIMILAR
                and (found is None or best.correlation > found[2].correlation)
            ):
                found = (split, candidate, best)
            if found is not None and found[2].correlation > SURE:
                return found
    return found


def common_map(fits: list[Fit], shape: tuple[int, ...]) -> Preprocessing | None:
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
    )
