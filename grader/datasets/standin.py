"""The built-in stand-in for CIFAR-10: ten classes of 32 x 32 RGB images, drawn by this file.

It bears the class names of CIFAR-10, because student code may print or index them, but holds no photograph: each
class is a shape or texture with a typical colour on a nearly black ground. Position, size, colour, ground and grain are
random; classes survive a horizontal flip and a 28 x 28 crop. 8 of 100 images wear the colour of a class drawn at
random, so that colour alone does not suffice; 8 of 100 are an even blend with another image, so that 100 % is out of
reach.

Unlike CIFAR-10 the images are dark: channel means 0.16, 0.15, 0.14 (CIFAR-10: 0.49, 0.48, 0.45), standard deviations
0.25, 0.25, 0.23, of 1. On drawn images as bright as CIFAR-10 the lab's network, not normalised and at rate 0.1, often
fell back to near chance within 120 steps (bright variants tried, 2 to 3 runs each).

The lab's network (3 convolutions, batch 128, SGD at rate 0.1, default initial weights, not normalised) reaches 90.1 %
test accuracy after 120 optimizer steps, sample standard deviation 1.1 points, n = 9 initial weights; 16,000 training and
2,000 test images, bfloat16 autocast. The nearest class mean of the images' mean colours reaches 81.6 % (5,000 and 4,000
images, n = 1). 60,000 images are drawn in 3 s. AMD EPYC, 1 thread, torch 2.15.0, numpy 2.4.6.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from grader.datasets.chance import Bytes, Chance, Ints, Labels

SIDE: Final = 32  # pixels
CLASSES: Final = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

BLOCK: Final = 500  # images drawn at once; bounds memory
BLENDED: Final = 8  # percent of images that are half another image
STRAY: Final = 8  # percent of images in the colour of a class drawn at random
GROUND: Final = 10  # grey level of the ground
GROUND_SPREAD: Final = 8  # grey levels either way, per channel
OFF: Final = 10  # ink of a channel, grey levels
HALF: Final = 110
FULL: Final = 190
INK_SPREAD: Final = 30  # grey levels either way, per channel
GRAIN: Final = 12  # grey levels either way, per pixel and channel
SIZES: Final = (17, 22)  # half width of a shape, half pixels; narrow, so that images are about equally bright
PLACES: Final = (-10, 10)  # of a shape's centre, half pixels from the image's

Coordinates = NDArray[np.int16]
Mask = NDArray[np.bool_]
Shape = Callable[[Coordinates, Coordinates, Coordinates], Mask]

SHAPES: Final[tuple[Shape, ...]] = (  # of x, y and size, in half pixels from the centre
    lambda x, y, r: ((abs(x) * 3 < r) & (abs(y) <= r)) | ((abs(y) * 3 < r) & (abs(x) <= r)),  # cross
    lambda x, y, r: (np.maximum(abs(x), abs(y)) <= r) & (np.maximum(abs(x), abs(y)) * 2 > r),  # square frame
    lambda x, y, r: (y <= r) & (2 * abs(x) <= y + r),  # triangle
    lambda x, y, r: (x * x + y * y <= r * r) & (4 * (x * x + y * y) >= r * r),  # ring
    lambda x, y, r: ((x + 64) // (r // 3) + 0 * y) % 2 == 0,  # vertical stripes
    lambda x, y, r: x * x + y * y <= r * r,  # disc
    lambda x, y, r: 4 * ((abs(x) - r) ** 2 + y * y) <= r * r,  # two discs side by side
    lambda x, y, r: ((x + 64) // (r // 2) + (y + 64) // (r // 2)) % 2 == 0,  # checker
    lambda x, y, r: ((y + 64) // (r // 3) + 0 * x) % 2 == 0,  # horizontal stripes
    lambda x, y, r: y + 0 * x >= 0,  # lower half
)

INKS: Final = np.array(  # red, green, blue of each class
    [
        (HALF, FULL, OFF),
        (OFF, FULL, FULL),
        (FULL, OFF, FULL),
        (FULL, FULL, OFF),
        (FULL, OFF, OFF),
        (FULL, HALF, OFF),
        (FULL, FULL, FULL),
        (OFF, FULL, OFF),
        (OFF, OFF, FULL),
        (HALF, OFF, HALF),
    ],
    dtype=np.int32,
)


def draw(count: int, seed: int) -> tuple[Bytes, Labels]:
    """Images uint8 (count, 32, 32, 3) and labels int64 (count,), as many of each class, in random order.

    The same for the same count and seed on every machine: whole numbers only. Another seed, other images.
    """
    chance = Chance(seed)
    labels = chance.balanced_labels(count, len(CLASSES))
    images = np.empty((count, SIDE, SIDE, 3), dtype=np.uint8)
    for label in range(len(CLASSES)):
        members = np.flatnonzero(labels == label)
        for start in range(0, len(members), BLOCK):
            block = members[start : start + BLOCK]
            images[block] = _paint(label, len(block), chance)
    blended = chance.order(count)[: count * BLENDED // 100]
    images[blended] = images[blended] // 2 + images[np.roll(blended, 1)] // 2
    return images, labels


def _paint(label: int, count: int, chance: Chance) -> Bytes:
    """Images of one class, uint8 (count, 32, 32, 3)."""
    axis = np.arange(SIDE, dtype=np.int16) * 2 - SIDE + 1  # half pixels from the centre
    x = axis[None, None, :] - _per_image(chance.between(*PLACES, count))
    y = axis[None, :, None] - _per_image(chance.between(*PLACES, count))
    inside = SHAPES[label](x, y, _per_image(chance.between(*SIZES, count)))  # (count, 32, 32)

    stray = chance.between(1, 100, count) <= STRAY
    coloured_as = np.where(stray, chance.between(0, len(CLASSES) - 1, count), label)
    ink = INKS[coloured_as] + _tint(INK_SPREAD, count, chance)
    ground = GROUND + _tint(GROUND_SPREAD, count, chance)
    picture = np.where(inside[..., None], _per_pixel(ink), _per_pixel(ground))
    picture += (chance.bytes(count, SIDE, SIDE, 3).astype(np.int16) - 128) * (2 * GRAIN) >> 8
    return np.clip(picture, 0, 255).astype(np.uint8)


def _tint(spread: int, count: int, chance: Chance) -> Ints:
    """Colour offsets (count, 3), triangular between -spread and spread."""
    return (chance.between(-spread, spread, count, 3) + chance.between(-spread, spread, count, 3)) // 2


def _per_image(values: Ints) -> Coordinates:
    return values.astype(np.int16)[:, None, None]


def _per_pixel(colours: Ints) -> NDArray[np.int16]:
    return colours.astype(np.int16)[:, None, None, :]
