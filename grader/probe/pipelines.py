"""What a loader does to images: its own data set and collate function are given three images of ours, many times.

Constant images, black and white, tell the normalisation; an image whose pixels tell their own row and column tells crops,
flips and everything geometric. The data set is asked in a copy that shares its large arrays, with every random generator
put back, so that the student's code sees nothing of it.
"""

import copy
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Subset
from torchvision import transforms
from torchvision.transforms import v2

from grader.probe.graphs import invisibly, write_tensors
from grader.probe.sources import Holding, holdings
from grader.probe.tensors import first_tensor

CONSTANT_DRAWS = 8  # a colour change may be random
CODED_DRAWS = 200  # a flip of p = 0.5 is told from one of p = 0.25 (evaluation/pipelines.py)
AGAIN = 16  # draws at one place: a coin of p = 0.5 falls alike so often once in 30,000 times
FEWEST = 48
SECONDS = 0.6  # for all draws of one loader
MOST_PIPELINES = 40  # of one notebook
SHARED_BYTES = 100_000  # arrays and lists beyond this are shared with the copy, not copied
MOST_CODED = 34  # rows and columns that fit into the code's 255 levels
ROUNDING = 2e-3  # of the spread of 217 levels of the coded image: less than half a level
LARGEST_SIDE = 64  # of what comes out; larger images are left to other ways of looking


def coded(rows: int, columns: int) -> np.ndarray:
    """(rows, columns, 3) uint8: red 16 + 7 * row, green 16 + 7 * column, blue 200. Evaluation reads it back."""
    image = np.full((rows, columns, 3), 200, np.uint8)
    image[..., 0] = 16 + 7 * np.arange(rows)[:, None]
    image[..., 1] = 16 + 7 * np.arange(columns)[None, :]
    return image


class Pipelines:
    """Asks each pair of data set and transforms once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.known: dict[tuple[int, ...], str | None] = {}
        self.kept: list[Any] = []  # keeps ids its own
        self.written: dict[str, str] = {}  # transforms in their own words, for the report's words only

    def of(self, loader: Any) -> str | None:
        """The name of the file that tells what this loader does; None where it could not be asked."""
        held = holdings(getattr(loader, "dataset", None))
        if not isinstance(loader, DataLoader) or not held or loader.batch_sampler is None:
            return None
        if len({one.origin for one in held}) != 1 or not all(
            is_images(getattr(one.owner, one.attribute, None)) for one in held
        ):
            return None
        changes = [getattr(one.owner, name, None) for one in held for name in ("transform", "transforms")]
        parts = (loader.dataset, *(one.owner for one in held), *changes, loader.collate_fn)
        key = tuple(id(part) for part in parts)
        if key not in self.known:
            if len(self.kept) >= MOST_PIPELINES:
                return None
            self.kept.append(parts)
            name = f"pipeline{len(self.kept) - 1}"
            self.known[key] = self._ask(loader, held, name)
            known = [c for c in changes if isinstance(c, transforms.Compose | v2.Compose | torch.nn.Module)]
            if known:
                self.written[name] = repr(known[0])[:500]
        return self.known[key]

    def _ask(self, loader: Any, held: list[Holding], name: str) -> str | None:
        rows, columns = getattr(*held[0][:2]).shape[1:3]
        if max(rows, columns) > MOST_CODED:
            return None
        with invisibly():
            began = time.monotonic()
            black = draws(loader, held, np.zeros((rows, columns, 3), np.uint8), CONSTANT_DRAWS)
            if black is None or max(black.shape[2:]) > LARGEST_SIDE:
                return None
            each = (time.monotonic() - began) / CONSTANT_DRAWS
            white = draws(loader, held, np.full((rows, columns, 3), 255, np.uint8), CONSTANT_DRAWS)
            count = int(min(CODED_DRAWS, max(FEWEST, SECONDS / max(each, 1e-6))))
            seen = draws(loader, held, coded(rows, columns), count)
            again = draws(loader, held, coded(rows, columns), AGAIN, same=True)
        if white is None or seen is None or again is None:
            return None
        write_tensors(
            {
                "black": black,
                "white": white,
                "coded": compact(seen),
                "again": compact(again),
            },
            self.folder / f"{name}.safetensors",
        )
        return name


def compact(images: torch.Tensor) -> torch.Tensor:
    """In float16, unless rounding shows beside the differences of the values, as with constants of 0 to 255."""
    half = images.to(torch.float16)
    spread = float(images.max() - images.min())
    return half if float((half - images).abs().max()) <= ROUNDING * spread else images


def is_images(value: Any) -> bool:
    """(n, rows, columns, 3) bytes, as torchvision's CIFAR10 holds them."""
    return isinstance(value, np.ndarray) and value.ndim == 4 and value.dtype == np.uint8


def draws(
    loader: Any, held: list[Holding], image: np.ndarray, count: int, *, same: bool = False
) -> torch.Tensor | None:
    """(count, 3, rows, columns) float32: what the loader's code makes of one image; None if it makes no images.

    Drawn from all parts of the data set, or with `same` always at the same place of it.
    """
    real = [getattr(one.owner, one.attribute) for one in held]
    dataset, collate = loader.dataset, loader.collate_fn
    try:
        shared: dict[int, Any] = {}
        for one, images in zip(held, real, strict=True):
            every = np.broadcast_to(
                image, (len(images), *image.shape)
            )  # no memory: each index gives the same image
            setattr(one.owner, one.attribute, every)
            labels = getattr(one.owner, "targets", None)
            shared |= {id(every): every, id(labels): labels}
        share_large(dataset, shared)
        try:
            dataset, collate = copy.deepcopy((dataset, collate), shared)
        except Exception:  # a generator or a lock cannot be copied: then the student's own objects are asked
            dataset, collate = loader.dataset, loader.collate_fn
        step = max(1, len(dataset) // count)
        places = range(
            step // 2, len(dataset), step
        )  # of all parts; the first images are often looked at before
        places = places[-1:] if same else places
        items = [dataset[places[i % len(places)]] for i in range(count)]
        parts = [first_tensor(collate(items[i : i + 50])) for i in range(0, count, 50)]
    except Exception:  # their code does not expect such images: another way of looking is left
        return None
    finally:
        for one, images in zip(held, real, strict=True):
            setattr(one.owner, one.attribute, images)
    if any(part is None or part.dim() != 4 or part.shape[1] != 3 for part in parts):
        return None
    if len({part.shape[2:] for part in parts if part is not None}) != 1:
        return None
    return torch.cat([part.detach().to("cpu", torch.float32) for part in parts if part is not None])


def share_large(thing: Any, shared: dict[int, Any], depth: int = 0) -> None:
    """Put large arrays, lists and dictionaries that a data set holds into a memo of copy.deepcopy, which then leaves what is
    in them alone. What a data set writes meanwhile, as into a cache of its images, must not reach the student's own."""
    if isinstance(thing, Subset):
        shared[id(thing.indices)] = thing.indices
    for value in list(getattr(thing, "__dict__", {}).values()):
        size = getattr(value, "nbytes", 0) if not isinstance(value, list | dict) else 8 * len(value)
        if isinstance(size, int) and size > SHARED_BYTES:
            shared[id(value)] = unwritten(value)
        elif depth < 4 and hasattr(value, "__dict__") and not isinstance(value, type):
            share_large(value, shared, depth + 1)


def unwritten(value: Any) -> Any:
    """The same elements in a list, dictionary or array of its own; arrays are not copied, and refuse to be written to."""
    if isinstance(value, list | dict):
        return copy.copy(value)
    if isinstance(value, np.ndarray):
        view = value.view()
        view.flags.writeable = False
        return view
    return value
