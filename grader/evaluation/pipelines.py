"""Reads what a loader made of three images of ours: black, white, and one whose pixels tell their row and column.

The coded image is that of grader.probe.pipelines: red 16 + 7 * row, green 16 + 7 * column, blue 200. A crop or a flip moves
whole pixels, so rows and columns read back are whole numbers with slope 1 or -1; a rotation or a change of scale has other
slopes; blue that is not 200 tells a change of colours or a pixel from outside.
"""

import numpy as np

from grader.schema.evaluation import Treatment, Window

WHOLE_SIZE = (32, 32)
FIRST, STEP, BLUE = 16, 7, 200
MIDDLE = 15.5  # centre of the course's images of 32 x 32, in pixels
NOISE = 2e-2  # of the difference between black and white: medians of draws that differ by more were changed at random
EVEN = 2e-3  # of a normalised value: draws of a constant image that differ by more were changed at random
BLUE_AGREES = 4.0  # of 255: an image whose blue differs by more has other colours
WHOLE = 0.15  # pixels; float16 keeps codes to 0.02 of a pixel
LARGEST = 1e5  # of a value that is looked at
SHARE = 0.6  # of the pixels around the centre must agree on one movement
FEW = 40  # pixels that must be left of an image
RANDOM_COLOURS = "colours changed at random"
SCALED = 0.03  # relative difference of the slopes' size from 1: windows of 28 pixels show half a pixel


def read_pipeline(
    black: np.ndarray, white: np.ndarray, coded: np.ndarray, again: np.ndarray | None = None
) -> Treatment | None:
    """Arrays (draws, 3, rows, columns); `again`: draws of the coded image at one and the same place of the data set.
    None where the loader does not answer: its images were computed before."""
    size = (int(coded.shape[2]), int(coded.shape[3]))
    if remembered(black, white):
        return None
    with np.errstate(all="ignore"):
        blacks, whites = middles(black), middles(white)
        zero, one = level(blacks, blacks.min(0)), level(whites, whites.max(0))
        gain = one - zero
        finite = coded[np.isfinite(coded).all((1, 2, 3)) & (np.abs(coded) < LARGEST).all((1, 2, 3))]
        varied = len(finite) == 0 or float(np.ptp(finite[0])) > EVEN
    if not np.isfinite(gain).all() or (np.abs(gain) < 1e-6).any():
        if not varied and np.isfinite(gain).all():
            return None
        return Treatment(asked=True, mean=None, std=None, per_image=True, size=size)
    others: dict[str, None] = {}
    plain = (finite - zero[:, None, None]) / gain[:, None, None] * 255
    if np.ptp(whites, axis=0).max() > NOISE * np.abs(gain).max():
        others[RANDOM_COLOURS] = None
    windows, padded = [], False
    for draw in plain:
        window, outside = read_window(draw, others)
        padded |= outside
        if window is not None:
            windows.append(window)
    return Treatment(
        asked=True,
        mean=tuple(float(v) for v in -zero / gain),
        std=tuple(float(v) for v in 1 / gain),
        size=size,
        windows=tuple(windows),
        padded=padded or (size == WHOLE_SIZE and any(beside(one) for one in windows)),
        fixed=again is not None and len(set(windows)) > 1 and float(np.ptp(again, axis=0).max()) == 0,
        others=tuple(others),
    )


def beside(window: Window) -> bool:
    """By whole pixels: a window of the image's own size that lies so reaches into a border, whatever fills it."""
    return (window.down, window.right) != (0, 0) and window.down % 1 == window.right % 1 == 0


def remembered(black: np.ndarray, white: np.ndarray) -> bool:
    """Some draws are of other images than ours, which a data set had kept: structured, and alike for black and white."""
    count = min(len(black), len(white))
    if not (np.isfinite(black).all() and np.isfinite(white).all()):
        return False
    middle = tuple(slice(side // 4, side - side // 4) for side in black.shape[2:])
    a, b = black[:count, :, *middle], white[:count, :, *middle]
    apart = np.abs(a.mean((1, 2, 3)) - b.mean((1, 2, 3)))
    structure = np.minimum(a.std((2, 3)).mean(1), b.std((2, 3)).mean(1))
    return bool((structure > np.maximum(EVEN, 2 * apart)).any())


def middles(images: np.ndarray) -> np.ndarray:
    """(draws, channels): the median of the middle part of each image."""
    rows, columns = images.shape[2:]
    inner = images[..., rows // 4 : rows - rows // 4, columns // 4 : columns - columns // 4]
    return np.asarray(np.median(inner, axis=(2, 3)))


def level(values: np.ndarray, extreme: np.ndarray) -> np.ndarray:
    """Of (draws, channels): their mean where only noise tells them apart, else the value that colours were changed from."""
    return np.where(np.ptp(values, axis=0) <= NOISE * np.maximum(np.abs(extreme), 1), values.mean(0), extreme)


def read_window(draw: np.ndarray, others: dict[str, None]) -> tuple[Window | None, bool]:
    """Where one draw of the coded image, (3, rows, columns) in 0..255, lies; what else was done is added to `others`."""
    rows, columns = draw.shape[1:]
    inner = (slice(rows // 4, rows - rows // 4), slice(columns // 4, columns - columns // 4))
    inside = draw[0] > FIRST / 2
    if abs(float(np.median(draw[2][inner])) - (255 - BLUE)) <= BLUE_AGREES:
        others[RANDOM_COLOURS] = None
        draw = 255 - draw
    if inside.sum() < FEW:
        others["most of the image erased"] = None
        return None, True
    if RANDOM_COLOURS in others or abs(float(np.median(draw[2][inner])) - BLUE) > BLUE_AGREES:
        others[RANDOM_COLOURS] = None
        if all(fit[place] < 0 for fit, place in zip(planes(draw[0], draw[1], inside), (1, 2), strict=True)):
            draw = 255 - draw  # bright and dark exchanged, rather than both mirrored and upside down
        draw = true_colours(draw, inside)
    row, column = (draw[0] - FIRST) / STEP, (draw[1] - FIRST) / STEP
    slopes = [
        float(np.median(np.diff(part, axis=axis))) for part in (row[inner], column[inner]) for axis in (0, 1)
    ]  # row by row, row by column, column by row, column by column
    down, right = np.arange(rows) - (rows - 1) / 2, np.arange(columns) - (columns - 1) / 2
    moves = [abs(abs(slopes[0]) - 1), abs(slopes[1]), abs(slopes[2]), abs(abs(slopes[3]) - 1)]
    if max(moves) < SCALED:
        sign_down, sign_right = np.sign(slopes[0]), np.sign(slopes[3])
        at_row, at_column = row - sign_down * down[:, None], column - sign_right * right[None, :]
        centre = float(np.median(at_row[inner])), float(np.median(at_column[inner]))
        agree = (np.abs(at_row - centre[0]) < WHOLE) & (np.abs(at_column - centre[1]) < WHOLE)
        if agree[inner].mean() >= SHARE:
            if (inside & ~agree)[inner].any():
                others["parts of images moved, blurred or noisy"] = None
            window = Window(
                down=round(2 * (centre[0] - MIDDLE)) / 2,
                right=round(2 * (centre[1] - MIDDLE)) / 2,
                flipped=sign_right < 0,
                upside_down=sign_down < 0,
            )
            return window, not inside[[0, -1], :].all() or not inside[:, [0, -1]].all()
    return turned_window(row, column, inside, others)


def true_colours(draw: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Undo a brightness or contrast that all channels share, v -> a * v + b: a shows in the slopes, b in the blue."""
    linear = np.array([fit[1:] for fit in planes(draw[0], draw[1], inside)])
    a = max(float(np.sqrt(abs(np.linalg.det(linear)))) / STEP, 0.05)
    return np.asarray((draw - float(np.median(draw[2][inside]))) / a + BLUE)


def planes(first: np.ndarray, second: np.ndarray, inside: np.ndarray) -> list[np.ndarray]:
    """Each as constant + slope * row + slope * column, by least squares, rows and columns counted from the centre."""
    rows, columns = first.shape
    down, right = np.meshgrid(
        np.arange(rows) - (rows - 1) / 2, np.arange(columns) - (columns - 1) / 2, indexing="ij"
    )
    known = inside.copy()
    known[[0, -1], :] = known[:, [0, -1]] = False
    if known.sum() < FEW:
        known = inside
    given = np.stack([np.ones(known.sum()), down[known], right[known]], 1)
    return [np.linalg.lstsq(given, part[known], rcond=None)[0] for part in (first, second)]


def turned_window(
    row: np.ndarray, column: np.ndarray, inside: np.ndarray, others: dict[str, None]
) -> tuple[Window | None, bool]:
    """By least squares, for what moves pixels otherwise: rotation, shear, scale."""
    row_fit, column_fit = planes(row, column, inside)
    linear = np.array([row_fit[1:], column_fit[1:]])
    scale = float(np.sqrt(abs(np.linalg.det(linear))))
    if not np.isfinite(linear).all() or scale < 0.1:
        others["pixels moved in a way that was not recognised"] = None
        return None, True
    turned = max(abs(linear[0, 1]), abs(linear[1, 0])) > 2 * SCALED
    if turned:
        others["rotated or sheared"] = None
    if abs(scale - 1) > SCALED:
        others["scaled"] = None
    if not turned and abs(scale - 1) <= SCALED:
        others["parts of images erased, blurred or noisy"] = None
    if max(abs(row_fit[0] - MIDDLE), abs(column_fit[0] - MIDDLE)) > MIDDLE / 2:
        others["pixels moved in a way that was not recognised"] = None
        return None, True
    window = Window(
        down=float(row_fit[0] - MIDDLE),
        right=float(column_fit[0] - MIDDLE),
        flipped=bool(linear[1, 1] < 0),
        upside_down=bool(linear[0, 0] < 0),
        scale=scale,
    )
    return window, not inside.all()
