"""Borders: images that were cut out and padded back, all at the same place."""

import numpy as np

from grader.schema.evaluation import Frame

SMALLEST = 16  # rows and columns that are left inside, at least


def frame_of(images: np.ndarray) -> Frame | None:
    """The border of one colour that all of (k, channels, rows, columns) have on all four sides; None where there is none.

    A window that reaches out of a padded image has one on two sides at most.
    """
    if len(images) < 2 or not np.isfinite(images).all():
        return None
    corner = images[:1, :, :1, :1]
    content = (images != corner).any((0, 1))
    rows, columns = np.flatnonzero(content.any(1)), np.flatnonzero(content.any(0))
    if not len(rows) or rows[0] == 0 or columns[0] == 0 or content[-1].any() or content[:, -1].any():
        return None
    size = int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1
    if min(size) < SMALLEST:
        return None
    fill = tuple(float(value) for value in corner.flat)
    return Frame(top=int(rows[0]), left=int(columns[0]), size=size, fill=fill)


def inside(images: np.ndarray, frame: Frame | None) -> np.ndarray:
    """What the border surrounds."""
    if frame is None:
        return images
    rows, columns = frame.size
    return images[:, :, frame.top : frame.top + rows, frame.left : frame.left + columns]
