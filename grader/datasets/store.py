"""Images of one data set, prepared once as .npy files that every kernel can map into memory.

    cache/<data set>-<identity>/    the identity of a stand-in covers how it is drawn: a changed one gets a new folder
      visible/   train_images.npy  train_labels.npy  test_images.npy  test_labels.npy   kernels may read this
      held_out/  images.npy  labels.npy                                                 kernels must not
      complete.json   the size of each file in bytes; written last

A folder is built beside its place and renamed into it, so it is there whole or not at all; one whose files have other
sizes than complete.json says is thrown away and made again.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

import numpy as np

from grader.datasets import real, standin, standin_digits
from grader.datasets.chance import Bytes, Labels
from grader.datasets.real import DatasetName
from grader.errors import DataError
from grader.given import place
from grader.schema.base import Model

Split = tuple[Bytes, Labels]

DRAW: Final[dict[DatasetName, Callable[[int, int], Split]]] = {
    "cifar10": standin.draw,
    "mnist": standin_digits.draw,
}
CLASSES: Final[dict[DatasetName, tuple[str, ...]]] = {
    "cifar10": standin.CLASSES,  # the same ten names as the real data set
    "mnist": standin_digits.CLASSES,
}
LENGTHS: Final[dict[DatasetName, tuple[int, int]]] = {  # train and test, as in the real data sets
    "cifar10": (50_000, 10_000),
    "mnist": (60_000, 10_000),
}
HELD_OUT: Final = 4_000  # images; accuracy on them has a standard error of 0.8 points at most
TRAIN_SEED: Final = 1
TEST_SEED: Final = 2
HELD_OUT_SEED: Final = 3
SAMPLE: Final = 100  # images drawn to tell whether the stand-in is still drawn the same way
LAYOUT_VERSION: Final = 1
ATTEMPTS: Final = 5  # at taking the place of a damaged folder while other processes try the same


class ImageSet(Model):
    """Where the images of one data set lie and what they are.

    Images are uint8, (n, 32, 32, 3) for cifar10 and (n, 28, 28) for mnist; labels int64 (n,).
    """

    dataset: DatasetName
    source: Literal["real", "standin"]
    visible: Path  # kernels may read it: {train,test}_{images,labels}.npy
    held_out: Path  # kernels must not: images.npy, labels.npy
    identity: str  # 12 hexadecimal digits, other for other images; goes into resume keys
    sentence: str  # for reports
    classes: tuple[str, ...]
    contaminable: bool  # the held-out images are the public test split, which students' code sees (real data)


def prepare(dataset: DatasetName, data: Path | None, cache: Path) -> ImageSet:
    """The images of `dataset`: the real ones below `data`, or without it the built-in stand-in.

    Held out are 4,000 images of another seed for the stand-in; for real data, whose every image is public, the
    official test split. Writes into `cache` (about 200 MB for a stand-in, once). Raises DataError if `data` is
    incomplete or damaged.
    """
    train, test = LENGTHS[dataset]
    if data is None:
        sample = hashlib.sha256(DRAW[dataset](SAMPLE, TRAIN_SEED)[0].tobytes()).hexdigest()
        identity = _digest(dataset, sample, LAYOUT_VERSION, train, test, HELD_OUT)
        home = _fill(cache, f"{dataset}-{identity}", lambda folder: _draw(dataset, folder))
        images = f"{train:,} + {test:,} drawn images"
        sentence = f"the built-in stand-in for {_title(dataset)} ({images}), not {_title(dataset)}"
    else:
        folder = place(data, "--data")
        found = real.find(dataset, folder)
        identity = _digest(dataset, "real", LAYOUT_VERSION, *(known.md5 for known in real.FILES[dataset]))
        home = _fill(cache, f"{dataset}-{identity}", lambda place: _copy(dataset, found, place))
        sentence = f"real {_title(dataset)} ({train:,} + {test:,} images from {folder})"
    return ImageSet(
        dataset=dataset,
        source="standin" if data is None else "real",
        visible=home / "visible",
        held_out=home / "held_out",
        identity=identity,
        sentence=sentence,
        classes=CLASSES[dataset],
        contaminable=data is not None,
    )


def default_cache() -> Path:
    """$GRADER_CACHE, else lab-grader in the user's cache folder (XDG base directory specification)."""
    if chosen := os.environ.get("GRADER_CACHE"):
        return place(Path(chosen), "GRADER_CACHE")
    home = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(home) if Path(home).is_absolute() else Path.home() / ".cache") / "lab-grader"


def _draw(dataset: DatasetName, folder: Path) -> None:
    draw, (train, test) = DRAW[dataset], LENGTHS[dataset]
    _save(folder, draw(train, TRAIN_SEED), draw(test, TEST_SEED), draw(HELD_OUT, HELD_OUT_SEED))


def _copy(dataset: DatasetName, found: dict[str, Path], folder: Path) -> None:
    train, test = real.read(dataset, found)
    _save(folder, train, test, test)


def _save(folder: Path, train: Split, test: Split, held_out: Split) -> None:
    _write(
        folder / "visible",
        train_images=train[0],
        train_labels=train[1],
        test_images=test[0],
        test_labels=test[1],
    )
    _write(folder / "held_out", images=held_out[0], labels=held_out[1])


def _write(folder: Path, **arrays: Bytes | Labels) -> None:
    folder.mkdir()
    for name, array in arrays.items():
        contiguous = np.ascontiguousarray(array)  # so that np.load(..., mmap_mode="c") gives plain rows
        np.save(folder / f"{name}.npy", contiguous, allow_pickle=False)


def _fill(cache: Path, name: str, make: Callable[[Path], None]) -> Path:
    """cache/name, made now unless it is there whole. Raises DataError."""
    home = place(cache) / name
    try:
        return home if _whole(home) else _made(home, make)
    except OSError as error:
        raise DataError(
            f"{cache}: the images cannot be kept there ({error.strerror}); expected a folder that may be written to, with "
            "200 MB to spare. Make room, or set GRADER_CACHE to another folder."
        ) from error


def _made(home: Path, make: Callable[[Path], None]) -> Path:
    """Two processes may do this at once: one of them wins. Raises OSError, DataError."""
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        dir=home.parent, prefix=f".{home.name}.", ignore_cleanup_errors=True
    ) as scratch:
        folder = Path(scratch) / "new"
        folder.mkdir()
        make(folder)
        (folder / "complete.json").write_text(json.dumps(_sizes(folder)))
        for attempt in range(ATTEMPTS):
            try:
                folder.replace(home)
            except OSError:  # a folder is in the way: another process was faster, or it is damaged
                if _whole(home):
                    return home
                with suppress(FileNotFoundError):  # another process has just removed it
                    home.replace(Path(scratch) / f"damaged{attempt}")
            else:
                return home
    raise DataError(
        f"{home}: cannot be replaced; expected a folder that may be renamed. Delete it, or set GRADER_CACHE."
    )


def _whole(home: Path) -> bool:
    try:
        expected = json.loads((home / "complete.json").read_text())
    except (OSError, ValueError):
        return False
    return bool(expected == _sizes(home))


def _sizes(folder: Path) -> dict[str, int]:
    """Bytes of each .npy file below `folder`."""
    return {
        path.relative_to(folder).as_posix(): path.stat().st_size for path in sorted(folder.rglob("*.npy"))
    }


def _digest(*parts: str | int) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]


def _title(dataset: DatasetName) -> str:
    return "CIFAR-10" if dataset == "cifar10" else "MNIST"
