"""Real CIFAR-10 and MNIST, read from the files that torchvision downloads.

Every file's MD5 is compared with the published one before a byte of it is interpreted, and the pickles of CIFAR-10
are read by an unpickler that knows arrays and nothing else.
"""

import gzip
import hashlib
import io
import pickle
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import numpy as np

from grader.datasets.chance import Bytes, Labels
from grader.errors import DataError

DatasetName = Literal["cifar10", "mnist"]
Split = tuple[Bytes, Labels]


class KnownFile(NamedTuple):
    name: str
    md5: str  # of the uncompressed file


# CIFAR-10: torchvision.datasets.CIFAR10.train_list and test_list. MNIST: torchvision.datasets.MNIST.resources lists
# the compressed files; these are the MD5s of what is in them.
FILES: Final[dict[DatasetName, tuple[KnownFile, ...]]] = {
    "cifar10": (
        KnownFile("data_batch_1", "c99cafc152244af753f735de768cd75f"),
        KnownFile("data_batch_2", "d4bba439e000b95fd0a9bffe97cbabec"),
        KnownFile("data_batch_3", "54ebc095f3ab1f0389bbae665268c751"),
        KnownFile("data_batch_4", "634d18415352ddfa80567beed471001a"),
        KnownFile("data_batch_5", "482c414d41f54cd18b22e5b47cb7c3cb"),
        KnownFile("test_batch", "40351d587109b95175f43aff81a1287e"),
    ),
    "mnist": (
        KnownFile("train-images-idx3-ubyte", "6bbc9ace898e44ae57da46a324031adb"),
        KnownFile("train-labels-idx1-ubyte", "a25bea736e30d166cdddb491f175f624"),
        KnownFile("t10k-images-idx3-ubyte", "2646ac647ad5339dbf082846283269ea"),
        KnownFile("t10k-labels-idx1-ubyte", "27ae3e4e09519cfbb04c329615203637"),
    ),
}
FOLDER: Final[dict[DatasetName, str]] = {"cifar10": "cifar-10-batches-py", "mnist": "MNIST/raw"}
REMEDY: Final[dict[DatasetName, str]] = {
    "cifar10": "Run `torchvision.datasets.CIFAR10(DIR, download=True)` once and give --data DIR.",
    "mnist": "Run `torchvision.datasets.MNIST(DIR, download=True)` once and give --data DIR.",
}
LARGEST: Final = 64 << 20  # bytes; the largest file, MNIST's training images, has 47 MB
IDX_HEADER: Final = {"images": 16, "labels": 8}  # bytes: magic number, then one 32-bit number per dimension


def find(dataset: DatasetName, data: Path) -> dict[str, Path]:
    """Where each file of the data set lies, all of them verified.

    `data` is the folder given to torchvision, or the one that holds the files. Raises DataError with every problem at once.
    """
    inner = data / FOLDER[dataset]
    folder = inner if inner.is_dir() else data
    found: dict[str, Path] = {}
    problems = []
    for known in FILES[dataset]:
        path = next((p for p in (folder / known.name, folder / f"{known.name}.gz") if p.is_file()), None)
        if path is None:
            problems.append(f"{known.name}: expected a file, found none")
            continue
        try:
            md5 = hashlib.md5(content(path), usedforsecurity=False).hexdigest()
        except (OSError, EOFError, ValueError) as error:
            problems.append(f"{path.name}: cannot be read ({error})")
            continue
        if md5 != known.md5:
            problems.append(
                f"{path.name}: expected MD5 {known.md5}, found {md5} ({path.stat().st_size:,} bytes)"
            )
        found[known.name] = path
    if problems:
        count = f"{len(problems)} problem{'s' * (len(problems) > 1)}"
        where = inner if folder is not inner and not found else folder
        raise DataError("\n  ".join([f"{where}: {count}.", *problems, REMEDY[dataset]]))
    return found


def read(dataset: DatasetName, found: dict[str, Path]) -> tuple[Split, Split]:
    """Training and test split: images uint8 (n, 32, 32, 3) or (n, 28, 28), labels int64 (n,)."""
    if dataset == "mnist":
        return _read_idx(found, "train"), _read_idx(found, "t10k")
    names = [known.name for known in FILES["cifar10"]]
    return _read_batches(found, names[:-1]), _read_batches(found, names[-1:])


def content(path: Path) -> bytes:
    """The bytes of a file, uncompressed if it ends in .gz. Raises ValueError above 64 MiB."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
        everything = stream.read(LARGEST + 1)
    if len(everything) > LARGEST:
        raise ValueError(f"more than {LARGEST:,} bytes")
    return everything


def _read_batches(found: dict[str, Path], names: list[str]) -> Split:
    batches = [unpickle_arrays(content(found[name])) for name in names]
    images = np.concatenate([np.asarray(batch[b"data"], dtype=np.uint8) for batch in batches])
    labels = np.concatenate([np.asarray(batch[b"labels"], dtype=np.int64) for batch in batches])
    return images.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), labels


def _read_idx(found: dict[str, Path], prefix: str) -> Split:
    images = np.frombuffer(
        content(found[f"{prefix}-images-idx3-ubyte"]), np.uint8, offset=IDX_HEADER["images"]
    )
    labels = np.frombuffer(
        content(found[f"{prefix}-labels-idx1-ubyte"]), np.uint8, offset=IDX_HEADER["labels"]
    )
    return images.reshape(-1, 28, 28), labels.astype(np.int64)


def unpickle_arrays(raw: bytes) -> Any:
    """What a pickle of arrays, numbers, strings and containers holds. Raises UnpicklingError for anything else."""
    return _ArrayUnpickler(io.BytesIO(raw), encoding="bytes").load()


class _ArrayUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        match module, name:
            case (("numpy.core.multiarray" | "numpy._core.multiarray"), "_reconstruct"):
                return _empty_array
            case "numpy", "ndarray":
                return np.ndarray
            case "numpy", "dtype":
                return np.dtype
        raise pickle.UnpicklingError(f"{module}.{name} is not allowed in a data file")


def _empty_array(kind: type, shape: tuple[int, ...], _code: bytes) -> np.ndarray[Any, Any]:
    """What numpy's own `_reconstruct` makes, which moved between numpy 1 and 2: a husk that the pickle then fills."""
    if kind is not np.ndarray or shape != (0,):
        raise pickle.UnpicklingError(f"{kind!r} of shape {shape!r} is not allowed in a data file")
    return np.ndarray(shape, dtype=np.int8)
