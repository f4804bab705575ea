"""Which of the course's data sets stands behind a loader, however it is wrapped."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import ConcatDataset, Dataset, Subset, TensorDataset, random_split

from grader.probe.sources import ORIGINS, Origin, holdings, labels_in, origins, positions, register

TRAIN, TEST = Origin("CIFAR10", "train"), Origin("CIFAR10", "test")


class Own(Dataset[Any]):
    """A student's wrapper."""

    def __init__(self, inner: Any, **more: Any) -> None:
        self.inner = inner
        self.__dict__.update(more)

    def __len__(self) -> int:
        return len(self.inner)


@pytest.fixture
def train() -> Iterator[Any]:
    dataset = TensorDataset(torch.arange(100))
    ORIGINS[dataset] = TRAIN
    yield dataset
    del ORIGINS[dataset]


@pytest.fixture
def test() -> Iterator[Any]:
    dataset = TensorDataset(torch.arange(50))
    ORIGINS[dataset] = TEST
    yield dataset
    del ORIGINS[dataset]


def test_wrappers_are_looked_through(train: Any) -> None:
    wrapped = [train, Subset(train, [3, 4]), Own(Own(Subset(train, range(5)))), Own(None, parts=[train])]
    assert all(origins(dataset) == {TRAIN} for dataset in wrapped)


def test_both_splits_are_found(train: Any, test: Any) -> None:
    assert origins(ConcatDataset([train, test])) == {TRAIN, TEST}


def test_unknown_objects_have_no_origin(train: Any) -> None:
    class Unhashable(Own):
        __hash__ = None  # type: ignore[assignment]

    assert origins(TensorDataset(torch.zeros(3))) == origins([train]) == origins(Unhashable(train)) == set()
    loop = Own(None)
    loop.inner = loop
    assert origins(loop) == set()


def test_positions_are_those_in_the_courses_data_set(train: Any) -> None:
    parts = random_split(train, [60, 40], torch.Generator().manual_seed(0))
    nested = Subset(parts[0], [5, 7])
    expected = [parts[0].indices[5], parts[0].indices[7]]
    assert positions(nested, [0, 1]) == expected
    assert positions(train, [8, 9]) == [8, 9]
    assert positions(Own(train), [0]) is None


def test_positions_in_parts_that_were_joined(train: Any, test: Any) -> None:
    joined = ConcatDataset([Subset(train, [40, 30]), train])
    assert positions(joined, [0, 1, 2, 101]) == [40, 30, 0, 99]
    assert positions(ConcatDataset([train, Own(train)]), [0, 100]) is None


def test_arrays_taken_from_a_course_data_set_are_known() -> None:
    course = Own(None, data=np.zeros((9, 4, 4, 3), np.uint8))
    register(course, TRAIN)
    for taken in (Own([], images=course.data), Own(Own([], x=course.data[:5]))):
        (held,) = holdings(taken)
        assert held.origin == TRAIN
        assert getattr(held.owner, held.attribute).shape[1:] == (4, 4, 3)
    for other in (Own([], images=course.data.copy()), Own([], images=course.data[1:])):
        assert holdings(other) == []
    del ORIGINS[course]


def test_labels_are_a_vector_beside_as_many_images() -> None:
    images, labels = torch.zeros(4, 3, 8, 8), torch.arange(4)
    assert labels_in([images, labels]) is labels
    assert labels_in((images, labels, "more")) is labels
    for other in (images, [images], [images, labels[:3]], [images, images], {"x": images}, [1, labels]):
        assert labels_in(other) is None
