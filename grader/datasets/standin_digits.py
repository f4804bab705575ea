"""The built-in stand-in for MNIST: seven-segment digits, 28 x 28 grey levels, bright on black.

Learnable, but not MNIST: straight strokes only. Position, size, slant, stroke width and brightness vary; a few
strokes are missing, so that some digits cannot be told apart (an 8 without its middle stroke is a 0).
"""

from typing import Final

import numpy as np

from grader.datasets.chance import Bytes, Chance, Labels

SIDE: Final = 28  # pixels
CLASSES: Final = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
BLOCK: Final = 500  # digits drawn at once; bounds memory
MISSING: Final = 3  # percent of digits that lack one stroke
NOISE: Final = 40  # grey levels, peak to peak

# Strokes as (left, top, right, bottom) in units of (half width, half height) from the centre, and who uses them.
STROKES: Final = (
    ((-1, -1, 1, -1), "02356789"),  # top
    ((-1, -1, -1, 0), "045689"),  # upper left
    ((1, -1, 1, 0), "01234789"),  # upper right
    ((-1, 0, 1, 0), "2345689"),  # middle
    ((-1, 0, -1, 1), "0268"),  # lower left
    ((1, 0, 1, 1), "013456789"),  # lower right
    ((-1, 1, 1, 1), "0235689"),  # bottom
)


def draw(count: int, seed: int) -> tuple[Bytes, Labels]:
    """Images uint8 (count, 28, 28) and labels int64 (count,), as many of each digit, in random order.

    The same for the same count and seed on every machine: integers only.
    """
    chance = Chance(seed)
    labels = chance.balanced_labels(count, len(CLASSES))
    images = np.empty((count, SIDE, SIDE), dtype=np.uint8)
    for start in range(0, count, BLOCK):
        block = slice(start, start + BLOCK)
        images[block] = _paint(labels[block], chance)
    return images, labels


def _paint(labels: Labels, chance: Chance) -> Bytes:
    """One digit per label, uint8 (n, 28, 28)."""
    count = len(labels)
    x = np.arange(SIDE, dtype=np.int32)[None, None, :] * 2 - SIDE + 1  # half pixels from the centre
    y = np.arange(SIDE, dtype=np.int32)[None, :, None] * 2 - SIDE + 1
    y = y - chance.between(-5, 5, count)[:, None, None]
    slant = chance.between(-3, 5, count)[:, None, None]  # sixteenths of a pixel per pixel
    x = x - chance.between(-7, 7, count)[:, None, None] + slant * y // 16
    half_width = chance.between(7, 12, count)[:, None, None]
    half_height = chance.between(12, 19, count)[:, None, None]
    thick = chance.between(2, 4, count)[:, None, None]
    lost = np.where(chance.between(1, 100, count) <= MISSING, chance.between(0, 6, count), -1)

    inside = np.zeros((count, SIDE, SIDE), dtype=bool)
    for index, ((left, top, right, bottom), users) in enumerate(STROKES):
        drawn = np.isin(labels, [int(user) for user in users]) & (lost != index)
        across = (x >= left * half_width - thick) & (x <= right * half_width + thick)
        along = (y >= top * half_height - thick) & (y <= bottom * half_height + thick)
        inside |= across & along & drawn[:, None, None]
    ink = chance.between(150, 255, count)[:, None, None]
    noise = (chance.bytes(count, SIDE, SIDE).astype(np.int32) - 128) * NOISE >> 8
    grey = np.where(inside, ink + noise, np.maximum(noise - NOISE // 4, 0))
    return np.clip(grey, 0, 255).astype(np.uint8)
