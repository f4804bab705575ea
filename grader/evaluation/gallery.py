"""All images of one split, searchable: which of them is this one, or was this window cut from?

Images are compared by the means of small blocks, each channel standardised, so that a map of each channel changes nothing.
"""

import functools
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import numpy as np

GRID = 8  # rows and columns of the descriptor of a whole image
BLOCK = 4  # pixels along a side of the blocks that windows are compared by
LARGE, SMALL = 24, 16  # pixels along the middle part of a window, of which all is compared
PADDING = 4  # pixels of border that a window of the original size may reach into
FIRST = 500  # images whose neighbouring pixels are compared
CHUNK = 5000  # images at once; bounds memory


def standardise(images: np.ndarray) -> np.ndarray:
    """(..., rows, columns) each with mean 0 and norm 1; a constant image becomes 0."""
    centred = images - images.mean((-2, -1), keepdims=True)
    norm = np.sqrt((centred**2).sum((-2, -1), keepdims=True))
    return np.asarray(centred / np.maximum(norm, 1e-6))


def flattened(blocks: np.ndarray) -> np.ndarray:
    """(n, channels, rows, columns) -> (n, channels * rows * columns) float32 of norm 1, each channel standardised."""
    flat = standardise(blocks).reshape(len(blocks), -1)
    return np.asarray(flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6), dtype=np.float32)


def descriptors(images: np.ndarray) -> np.ndarray:
    """Of whole images, (n, channels, rows, columns) -> (n, channels * GRID * GRID)."""
    down, right = images.shape[2] // GRID, images.shape[3] // GRID
    rows = sum_of(
        images[:, :, i : down * GRID : down] for i in range(down)
    )  # mean((3, 5)) takes 10 times as long
    return flattened(sum_of(rows[..., i : right * GRID : right] for i in range(right)) / (down * right))


class Gallery:
    """All images of one split."""

    def __init__(self, images: np.ndarray, labels: np.ndarray, kept: Path | None = None) -> None:
        """`kept`: file for what is searched, 38 MB of 50,000 images, which takes 0.7 s to compute."""
        self.images = images  # (n, rows, columns[, channels]) uint8
        self.labels = labels
        self._kept = kept

    def pixels(self, index: int) -> np.ndarray:
        """(channels, rows, columns) float32 in [0, 1]."""
        image = np.asarray(self.images[index], dtype=np.float32) / 255
        return image.transpose(2, 0, 1) if image.ndim == 3 else image[None]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, rows and columns of an image."""
        channels = self.images.shape[3] if self.images.ndim == 4 else 1
        return channels, self.images.shape[1], self.images.shape[2]

    def search(self, images: np.ndarray, best: int = 3) -> list[list[int]]:
        """For each of (k, channels, rows, columns): positions of the images most like it, flipped or not; same size only."""
        if images.shape[1:] != self.shape:
            return [[] for _ in images]
        scores = np.maximum(
            descriptors(images) @ self._table.T, descriptors(images[..., ::-1]) @ self._table.T
        )
        return [highest(one, best) for one in scores]

    def search_windows(self, windows: np.ndarray, best: int = 4) -> list[list[int]]:
        """For each of (k, channels, h, w): positions of the images that it may have been cut from, flipped or not.

        Windows of the original size may reach PADDING pixels into a border.
        """
        channels, rows, columns = self.shape
        count, given, h, w = windows.shape
        if given != channels or min(h, w) < SMALL or h > rows or w > columns:
            return [[] for _ in range(count)]
        side = LARGE if min(h, w) >= LARGE else SMALL
        top, left = (h - side) // 2, (w - side) // 2
        middle = windows[:, :, top : top + side, left : left + side]
        parts = side // BLOCK
        wanted = standardise(middle.reshape(count, channels, parts, BLOCK, parts, BLOCK).mean((3, 5)))
        wanted = np.concatenate([wanted, wanted[..., ::-1]]).astype(
            np.float32
        )  # (2k, channels, parts, parts)
        padding = PADDING if (h, w) == (rows, columns) else 0
        scores = np.full((count, len(self.images)), -1.0, dtype=np.float32)
        for down in places(top, rows - h, padding, rows - side):
            for right in places(left, columns - w, padding, columns - side):
                for start in range(0, len(self.images), CHUNK):
                    part = scores[:, start : start + CHUNK]
                    found = self._correlations(down, right, start, wanted)
                    np.maximum(part, np.maximum(found[:count], found[count:]), out=part)
        return [highest(one, best) for one in scores]

    @functools.cached_property
    def _table(self) -> np.ndarray:
        """Descriptors of all images."""
        stored = stored_array(self._kept) if self._kept else None
        if stored is not None and len(stored) == len(self.images):
            return stored
        parts = np.array_split(np.arange(len(self.images)), max(1, len(self.images) // CHUNK))
        table = np.concatenate([descriptors(self._stack(part)) for part in parts])
        if self._kept:
            with suppress(OSError):  # a cache that cannot be written costs time only
                write_array(self._kept, table)
        return table

    @functools.cached_property
    def neighbours(self) -> float:
        """Correlation of neighbouring pixels."""
        return neighbours(self._stack(np.arange(min(FIRST, len(self.images)))))

    @functools.cached_property
    def _blocks(self) -> np.ndarray:
        """(channels, rows, columns, images) int16: images lie side by side, as all of them are looked at at once."""
        channels, rows, columns = self.shape
        size = (channels, rows - BLOCK + 1, columns - BLOCK + 1, len(self.images))
        found = np.empty(size, dtype=np.int16)
        for start in range(0, len(self.images), CHUNK):
            stop = min(start + CHUNK, len(self.images))
            stack = self._stack(np.arange(start, stop), np.uint8)
            found[..., start:stop] = block_sums(np.ascontiguousarray(stack.transpose(1, 2, 3, 0)))
        return found

    def _correlations(self, row: int, column: int, start: int, wanted: np.ndarray) -> np.ndarray:
        """(k, images): of standardised blocks (k, channels, parts, parts) with one window of CHUNK images from `start` on,
        all channels' sum."""
        k, channels, side, _ = wanted.shape
        rows, columns = (slice(at, at + BLOCK * side, BLOCK) for at in (row, column))
        part = self._blocks[:, rows, columns, start : start + CHUNK]
        seen = part.reshape(channels, side * side, -1).astype(np.float32)
        squares = np.einsum("cin,cin->cn", seen, seen) - seen.sum(1) ** 2 / side**2
        spreads = 1 / np.sqrt(np.maximum(squares, 1))
        total = np.zeros((k, seen.shape[2]), dtype=np.float32)
        for channel in range(channels):
            total += (wanted[:, channel].reshape(k, -1) @ seen[channel]) * spreads[channel]
        return total

    def _stack(self, indices: np.ndarray, kind: type = np.float32) -> np.ndarray:
        """(n, channels, rows, columns), 0..255."""
        images: np.ndarray = np.asarray(self.images[indices], dtype=kind)
        return images.transpose(0, 3, 1, 2) if images.ndim == 4 else images[:, None]


def stored_array(path: Path) -> np.ndarray | None:
    """Mapped, so that all processes share it; None where it is missing or damaged."""
    try:
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except (OSError, ValueError, EOFError):
        return None


def write_array(path: Path, array: np.ndarray) -> None:
    """Whole or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    with draft.open("wb") as file:
        np.save(file, array)
    draft.replace(path)


def neighbours(images: np.ndarray) -> float:
    """Correlation of neighbouring pixels, (n, channels, rows, columns); mean over images, channels and both directions."""
    pairs = (images[..., :-1], images[..., 1:]), (images[..., :-1, :], images[..., 1:, :])
    return float(np.mean([(standardise(a) * standardise(b)).sum((-2, -1)).mean() for a, b in pairs]))


def block_sums(images: np.ndarray) -> np.ndarray:
    """(channels, rows, columns, n) uint8 -> sums of BLOCK x BLOCK pixels at every pixel, int16."""
    rows, columns = (size - BLOCK + 1 for size in images.shape[1:3])
    down = sum_of(images[:, i : i + rows].astype(np.int16) for i in range(BLOCK))
    return sum_of(down[:, :, j : j + columns] for j in range(BLOCK))


def sum_of(parts: Iterable[np.ndarray]) -> np.ndarray:
    return functools.reduce(np.add, parts)


def places(middle: int, room: int, padding: int, last: int) -> range:
    """Where the middle of a window may lie in the image; `room`: how far the window may move."""
    return range(max(0, middle - padding), min(last, middle + room + padding) + 1)


def highest(scores: np.ndarray, best: int) -> list[int]:
    """Positions of the highest scores, the highest first."""
    found = np.argpartition(-scores, min(best, len(scores) - 1))[:best]
    return [int(i) for i in found[np.argsort(-scores[found])]]
