"""Accuracy on held-out images: replayed, with its standard error and a confusion matrix."""

import math

import numpy as np
import torch

from grader.evaluation.replay import NotReplayable, Program
from grader.schema.evaluation import Frame, Measured, Preprocessing


def prepare_images(images: np.ndarray, how: Preprocessing) -> torch.Tensor:
    """uint8 (n, rows, columns, channels) -> float32 (n, channels, *how.size), as the network was fed.

    In memory channels lie innermost, as PyTorch's convolutions and pools are fastest: a first convolution 4 times, a maximum
    12 times. Scores differ by rounding from those of the student's order.
    """
    if how.offset is None or how.flipped is None:
        raise NotReplayable("the evaluation images were transformed at random")
    top, left = how.offset
    rows, columns = how.frame.size if how.frame else how.size
    if top < 0 or left < 0 or top + rows > images.shape[1] or left + columns > images.shape[2]:
        raise NotReplayable("the evaluation images were shifted out of the frame")
    batch = torch.from_numpy(images[:, top : top + rows, left : left + columns].copy())
    batch = batch.permute(0, 3, 1, 2).to(torch.float32) / 255
    if how.flipped:
        batch = batch.flip(3)
    mean, std = torch.tensor(how.mean).view(1, -1, 1, 1), torch.tensor(how.std).view(1, -1, 1, 1)
    batch = (batch - mean) / std
    if how.frame:
        batch = framed(batch, how.frame, how.size)
    return batch.contiguous(memory_format=torch.channels_last)


def framed(batch: torch.Tensor, frame: Frame, size: tuple[int, int]) -> torch.Tensor:
    """The images inside of a border; `size`: rows and columns with it."""
    rows, columns = frame.size
    whole = torch.tensor(frame.fill).view(1, -1, 1, 1).repeat(len(batch), 1, *size)
    whole[:, :, frame.top : frame.top + rows, frame.left : frame.left + columns] = batch
    return whole


def measure(program: Program, images: torch.Tensor, labels: np.ndarray, classes: int) -> Measured:
    """Replay in batches of the exported size, the last one padded with its first image."""
    counts = np.zeros((classes, classes), dtype=np.int64)
    for start in range(0, len(images), program.batch):
        chunk = images[start : start + program.batch]
        real = len(chunk)
        if real < program.batch:
            chunk = torch.cat([chunk, chunk[:1].expand(program.batch - real, *chunk.shape[1:])])
        scores = program(chunk)
        right_shape = scores.dim() == 2 and len(scores) == len(chunk) and scores.shape[1] >= classes
        if not right_shape or not scores.is_floating_point() or not bool(torch.isfinite(scores).all()):
            raise NotReplayable(
                f"the network's output {tuple(scores.shape)} is not one finite score for each class"
            )
        predicted = scores[:real, :classes].argmax(1).numpy()
        np.add.at(counts, (labels[start : start + real], predicted), 1)
    total = int(counts.sum())
    accuracy = float(np.trace(counts)) / total
    return Measured(
        accuracy=accuracy,
        standard_error=math.sqrt(max(accuracy * (1 - accuracy), 1 / total) / total),
        images=total,
        confusion=tuple(tuple(int(n) for n in row) for row in counts),
    )
