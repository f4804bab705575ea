"""The drawn images are the same everywhere, balanced, and what a CIFAR-10 or MNIST loader expects."""

import hashlib

import numpy as np
import pytest

from grader.datasets import standin, standin_digits

BOTH = pytest.mark.parametrize("kind", [standin, standin_digits])


def digest(images, labels):
    return hashlib.sha256(images.tobytes() + labels.astype("<i8").tobytes()).hexdigest()[:16]


@BOTH
def test_shape_type_and_length_are_those_of_the_real_data(kind):
    images, labels = kind.draw(70, seed=5)
    assert images.shape == ((70, 32, 32, 3) if kind is standin else (70, 28, 28))
    assert (images.dtype, labels.dtype, labels.shape) == (np.uint8, np.int64, (70,))


@BOTH
def test_classes_are_balanced_and_shuffled(kind):
    _, labels = kind.draw(200, seed=5)
    assert np.bincount(labels).tolist() == [20] * 10
    assert len(set(labels[:20].tolist())) > 5


def test_a_seed_gives_these_images_on_every_machine():
    assert digest(*standin.draw(300, seed=7)) == "8ede3e4254b3f597"
    assert digest(*standin_digits.draw(300, seed=7)) == "61a6f2a85880630a"


@BOTH
def test_another_seed_gives_other_images(kind):
    assert not np.array_equal(kind.draw(40, seed=1)[0], kind.draw(40, seed=2)[0])


@BOTH
def test_no_image_occurs_twice(kind):
    images, _ = kind.draw(1000, seed=3)
    assert len({image.tobytes() for image in images}) == 1000


@BOTH
def test_a_blank_draw_is_possible(kind):
    images, labels = kind.draw(0, seed=1)
    assert len(images) == len(labels) == 0


def test_channel_statistics_are_those_the_docstring_states():
    images, _ = standin.draw(2000, seed=4)
    pixels = images.reshape(-1, 3) / 255
    assert np.allclose(pixels.mean(0), (0.16, 0.15, 0.14), atol=0.02)
    assert np.allclose(pixels.std(0), (0.25, 0.24, 0.23), atol=0.02)


def test_colour_alone_is_not_enough():
    """Nearest class mean of the images' mean colours: above chance (10 %), below the ceiling of a trained network."""
    (images, labels), (others, truth) = standin.draw(2000, seed=1), standin.draw(1000, seed=2)
    colour, other = images.mean((1, 2)), others.mean((1, 2))  # (n, 3)
    centres = np.stack([colour[labels == label].mean(0) for label in range(10)])
    guess = np.linalg.norm(other[:, None] - centres, axis=2).argmin(1)
    assert 0.5 < (guess == truth).mean() < 0.86
