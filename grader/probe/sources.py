"""Where a batch comes from: which of the course's data sets stands behind a loader, and which of its images these are."""

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch.utils.data import Dataset, Subset

MAX_DEPTH = 5


@dataclass(frozen=True)
class Origin:
    """A data set of the course: its name and split."""

    dataset: str
    split: str


ORIGINS: "WeakKeyDictionary[Any, Origin]" = WeakKeyDictionary()  # filled by images.py


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


def origins(dataset: Any) -> set[Origin]:
    """Where the images that an object holds come from, however it wraps them."""
    return {ORIGINS[one] for one in origin_sets(dataset)}


def origin_sets(dataset: Any, depth: int = 0) -> list[Any]:
    """The course's data set objects that an object holds, each once."""
    found: dict[int, Any] = {}
    try:
        if dataset in ORIGINS:
            return [dataset]
    except TypeError:
        return []
    if depth < MAX_DEPTH and isinstance(dataset, Dataset):
        for value in list(vars(dataset).values()):
            for part in value if isinstance(value, list | tuple) and len(value) <= 8 else [value]:
                if isinstance(part, Dataset):
                    found |= {id(one): one for one in origin_sets(part, depth + 1)}
    return list(found.values())


def positions(dataset: Any, indices: list[int]) -> list[int] | None:
    """Map positions in a (nested) Subset to positions in the course's data set; None where the mapping is not known."""
    while isinstance(dataset, Subset):
        indices = [int(dataset.indices[i]) for i in indices]
        dataset = dataset.dataset
    try:
        return list(indices) if dataset in ORIGINS else None
    except TypeError:
        return None


def labels_in(batch: Any) -> torch.Tensor | None:
    """The labels of an (images, labels) batch, if it looks like one."""
    if isinstance(batch, list | tuple) and len(batch) >= 2 and isinstance(batch[1], torch.Tensor):
        images, labels = batch[0], batch[1]
        if isinstance(images, torch.Tensor) and labels.dim() == 1 and len(labels) == len(images):
            return labels
    return None
