"""Chance from whole numbers only, so that a seed gives the same pictures on every machine.

numpy promises a stable stream for the raw bits of PCG64, not for what Generator's methods make of them
(NEP 19); everything here is integer arithmetic on those bits.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int32]
Labels = NDArray[np.int64]

WORD: Final = 8  # bytes of one raw draw


class Chance:
    """A stream of random numbers; each call moves it on."""

    def __init__(self, seed: int) -> None:
        self._bits = np.random.PCG64(seed)

    def bytes(self, *shape: int) -> Bytes:
        """Uniform in 0..255, uint8 of the given shape."""
        size = math.prod(shape)
        words = np.asarray(self._bits.random_raw(-(-size // WORD)), dtype="<u8")
        return words.view(np.uint8)[:size].reshape(shape)

    def between(self, low: int, high: int, *shape: int) -> Ints:
        """Uniform in low..high, both included; int32 of the given shape. The range is at most 2**15 wide."""
        halves = self.bytes(math.prod(shape) * 2).view("<u2").astype(np.int32)
        return (low + (halves * (high - low + 1) >> 16)).reshape(shape)

    def order(self, count: int) -> Labels:
        """A permutation of 0..count-1, int64."""
        keys = np.asarray(self._bits.random_raw(count))
        return np.argsort(keys, kind="stable").astype(np.int64)

    def balanced_labels(self, count: int, classes: int) -> Labels:
        """As many of each class as count allows, in random order; int64 (count,)."""
        return (self.order(count) % classes).astype(np.int64)
