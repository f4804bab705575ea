"""Where a batch comes from: which of the course's data sets stands behind a loader, and which of its images these are."""

from bisect import bisect_right
from dataclasses import dataclass
from typing import Any, NamedTuple
from weakref import ReferenceType, WeakKeyDictionary, ref

import numpy as np
import torch
from torch.utils.data import ConcatDataset, Dataset, Subset, TensorDataset, default_collate

MAX_DEPTH = 5


@dataclass(frozen=True)
class Origin:
    """A data set of the course: its name and split."""

    dataset: str
    split: str


ORIGINS: "WeakKeyDictionary[Any, Origin]" = WeakKeyDictionary()  # filled by images.py
ARRAYS: list[tuple["ReferenceType[np.ndarray]", Origin]] = []  # the images that those data sets hold


def register(dataset: Any, origin: Origin) -> None:
    """Remember a data set of the course's, and the array that holds its images."""
    ORIGINS[dataset] = origin
    images = getattr(dataset, "data", None)
    if isinstance(images, np.ndarray):
        ARRAYS[:] = [(known, whose) for known, whose in ARRAYS if known() is not None]
        ARRAYS.append((ref(images), origin))


class Holding(NamedTuple):
    """An object whose attribute is an array of the course's images: a data set of the course's, or one of the student's."""

    owner: Any
    attribute: str
    origin: Origin


@dataclass
class Batch:
    """What a loader yielded last."""

    iteration: int  # number of the pass over a loader
    size: int  # samples
    split: str | None
    dataset: str | None
    labels: torch.Tensor | None
    indices: list[int] | None  # positions in the course's data set
    loader: Any = None
    images: torch.Tensor | None = None  # the first ones, as yielded
    steps: int = 0  # optimizer steps made since
    passing: Any = None  # the pass, loaders.Pass
    clock: int = -1  # calls of networks before it


def origins(dataset: Any) -> set[Origin]:
    """Where the images that an object holds come from, however it wraps them."""
    return {holding.origin for holding in holdings(dataset)}


def holdings(dataset: Any, depth: int = 0) -> list[Holding]:
    """The arrays of the course's images that a data set holds, itself or through the data sets it wraps; each once."""
    try:
        if dataset in ORIGINS:
            return [Holding(dataset, "data", ORIGINS[dataset])]
    except TypeError:
        return []
    found: dict[tuple[int, str], Holding] = {}
    if depth < MAX_DEPTH and isinstance(dataset, Dataset):
        for name, value in list(vars(dataset).items()):
            origin = origin_of_array(value)
            if origin is not None:
                found[id(dataset), name] = Holding(dataset, name, origin)
            for part in value if isinstance(value, list | tuple) and len(value) <= 8 else [value]:
                if isinstance(part, Dataset):
                    found |= {(id(one.owner), one.attribute): one for one in holdings(part, depth + 1)}
    return list(found.values())


def origin_of_array(value: Any) -> Origin | None:
    """The data set whose array of images this is, or the first rows of."""
    if not isinstance(value, np.ndarray) or value.ndim < 3:
        return None
    for reference, origin in ARRAYS:
        array = reference()
        if (
            array is not None
            and value.ctypes.data == array.ctypes.data
            and value.shape[1:] == array.shape[1:]
        ):
            return origin
    return None


def positions(dataset: Any, indices: list[int]) -> list[int] | None:
    """Map positions in a (nested) Subset or ConcatDataset to positions in the course's data set; None where the mapping
    is not known."""
    found = [position(dataset, index) for index in indices]
    return [place for place in found if place is not None] if None not in found else None


def position(dataset: Any, index: int) -> int | None:
    """positions() for one image."""
    while isinstance(dataset, Subset | ConcatDataset):
        if isinstance(dataset, Subset):
            dataset, index = dataset.dataset, int(dataset.indices[index])
        else:
            part = bisect_right(dataset.cumulative_sizes, index)
            index -= dataset.cumulative_sizes[part - 1] if part else 0
            dataset = dataset.datasets[part]
    try:
        return index if dataset in ORIGINS else None
    except TypeError:
        return None


def holds_tensors(loader: Any) -> bool:
    """A TensorDataset, or a part of one: its images were computed once, and nothing is done to them since."""
    dataset = getattr(loader, "dataset", None)
    while isinstance(dataset, Subset):
        dataset = dataset.dataset
    return type(dataset) is TensorDataset and getattr(loader, "collate_fn", None) is default_collate


def tensors_of(loader: Any) -> torch.Tensor:
    """The images of a loader that holds_tensors."""
    dataset = loader.dataset
    while isinstance(dataset, Subset):
        dataset = dataset.dataset
    images: torch.Tensor = dataset.tensors[0]
    return images


def labels_in(batch: Any) -> torch.Tensor | None:
    """The labels of an (images, labels) batch, if it looks like one."""
    if isinstance(batch, list | tuple) and len(batch) >= 2 and isinstance(batch[1], torch.Tensor):
        images, labels = batch[0], batch[1]
        if isinstance(images, torch.Tensor) and labels.dim() == 1 and len(labels) == len(images):
            return labels
    return None
