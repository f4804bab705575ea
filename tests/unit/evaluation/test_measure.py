"""Accuracy: batches, the last one padded, the standard error, and outputs that are no scores."""

import math
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pytest
import torch

from grader.evaluation.measure import measure, prepare_images
from grader.evaluation.replay import NotReplayable, Program
from grader.schema.evaluation import Frame, Measured, Preprocessing

PLAIN = Preprocessing(
    mean=(0.0,) * 3, std=(1.0,) * 3, size=(32, 32), offset=(0, 0), flipped=False, residual=0.0
)
LABELS = np.arange(10) % 3


@dataclass
class Fake:
    """A program whose scores are read off the images: pixel 0 holds the class."""

    batch: int = 4
    answer: Any = None
    sizes: tuple[int, ...] = ()

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        self.sizes += (len(images),)
        if self.answer is not None:
            return cast(torch.Tensor, self.answer)
        return torch.nn.functional.one_hot(images[:, 0].long(), 3).float()


def measured(fake: Fake, classes: list[int]) -> Measured:
    return measure(cast(Program, fake), torch.tensor(classes).view(-1, 1).float(), LABELS, 3)


def test_every_batch_is_whole_and_padding_is_not_counted() -> None:
    fake = Fake()
    result = measured(fake, LABELS.tolist())
    assert fake.sizes == (4, 4, 4)
    assert (result.accuracy, result.images) == (1.0, 10)
    assert result.confusion == ((4, 0, 0), (0, 3, 0), (0, 0, 3))


def test_the_standard_error_is_binomial_and_never_zero() -> None:
    half = measured(Fake(), [0, 1, 2, 0, 1, 0, 1, 2, 0, 1])
    assert half.accuracy == 0.5
    assert half.standard_error == pytest.approx(math.sqrt(0.25 / 10))
    assert measured(Fake(), LABELS.tolist()).standard_error == pytest.approx(0.1)


@pytest.mark.parametrize(
    "answer",
    [
        torch.full((4, 3), float("nan")),
        torch.full((4, 3), float("inf")),
        torch.zeros(4, 2),
        torch.zeros(1, 3),
        torch.zeros(5, 3),
        torch.zeros(4, 3, 1),
        torch.tensor(1.0),
        torch.zeros(4, 3, dtype=torch.bool),
        torch.zeros(4, 3, dtype=torch.int64),
        torch.zeros(4, 3, dtype=torch.complex64),
    ],
)
def test_what_is_not_one_finite_score_for_each_class_is_refused(answer: torch.Tensor) -> None:
    with pytest.raises(NotReplayable, match="not one finite score"):
        measured(Fake(answer=answer), LABELS.tolist())


def test_images_are_prepared_as_the_network_received_them() -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    how = PLAIN.model_copy(
        update={"mean": (0.5,) * 3, "std": (0.25,) * 3, "size": (28, 28), "offset": (1, 3), "flipped": True}
    )
    expected = (torch.from_numpy(images)[:, 1:29, 3:31].permute(0, 3, 1, 2).flip(3) / 255 - 0.5) / 0.25
    assert torch.allclose(prepare_images(images, how), expected)


@pytest.mark.parametrize(
    "change", [{"offset": None}, {"flipped": None}, {"offset": (-1, 0)}, {"offset": (5, 0), "size": (28, 28)}]
)
def test_images_that_cannot_be_prepared_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(NotReplayable):
        prepare_images(np.zeros((1, 32, 32, 3), np.uint8), PLAIN.model_copy(update=change))


def test_a_border_is_put_back_around_the_crop() -> None:
    images = np.full((2, 32, 32, 3), 255, dtype=np.uint8)
    frame = Frame(top=2, left=2, size=(28, 28), fill=(-1.0, -2.0, -3.0))
    batch = prepare_images(images, PLAIN.model_copy(update={"offset": (4, 0), "frame": frame}))
    assert batch.shape == (2, 3, 32, 32)
    assert batch[1, :, 0, 31].tolist() == [-1.0, -2.0, -3.0]
    assert batch[:, :, 2:30, 2:30].eq(1).all()
    assert int(batch.eq(1).sum()) == 2 * 3 * 28 * 28
