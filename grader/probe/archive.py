"""The archive of CIFAR-10 for Python that many notebooks download by hand, made of the course's images instead.

Its files are pickles of Python 2, as on https://www.cs.toronto.edu/~kriz/cifar.html: keys are bytes with encoding="bytes"
and words with encoding="latin1".
"""

import io
import pickle
import shlex
import struct
import tarfile
import urllib.request
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlparse

import numpy as np
from torchvision.datasets import utils

from grader.probe.config import Config
from grader.probe.guard import guarded
from grader.probe.images import load
from grader.probe.watcher import Watcher

NAME = "cifar-10-python.tar.gz"
FOLDER = "cifar-10-batches-py"
BATCH = 10_000  # images of a file


class OldPickler(pickle._Pickler):  # type: ignore[name-defined,misc]  # in Python, so that it can be told how to write words
    """Writes words and bytes as Python 2 did."""

    dispatch: ClassVar[dict[type, Any]] = dict(pickle._Pickler.dispatch)  # type: ignore[attr-defined]

    def save_old(self: Any, value: str | bytes) -> None:
        data = value if isinstance(value, bytes) else value.encode("latin1")
        self.write(pickle.BINSTRING + struct.pack("<i", len(data)) + data)
        self.memoize(value)

    dispatch[str] = dispatch[bytes] = save_old


def old_pickle(value: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    OldPickler(out, protocol=2).dump(value)
    return out.getvalue()


def files(folder: str, classes: list[str]) -> dict[str, bytes]:
    """By name: five batches to train on, one to test on, and the names of the classes."""
    found = {}
    for split, names in (("train", [f"data_batch_{i}" for i in range(1, 6)]), ("test", ["test_batch"])):
        images, labels = load(folder, split)
        size = -(-len(images) // len(names))
        for number, name in enumerate(names):
            part = slice(number * size, (number + 1) * size)
            rows = np.ascontiguousarray(images[part].transpose(0, 3, 1, 2)).reshape(len(labels[part]), -1)
            found[name] = old_pickle({"batch_label": name, "labels": labels[part].tolist(), "data": rows})
    meta = {"num_cases_per_batch": BATCH, "label_names": list(classes), "num_vis": 3072}
    return found | {"batches.meta": old_pickle(meta)}


def write(path: Path, config: Config) -> None:
    """The archive, at this path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz", compresslevel=0) as archive:  # 2 s; 11 s where it is compressed
        for name, content in files(config.images["cifar10"], config.classes["cifar10"]).items():
            entry = tarfile.TarInfo(f"{FOLDER}/{name}")
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))


def wanted(url: Any) -> bool:
    address = getattr(url, "full_url", url)
    return isinstance(address, str) and Path(urlparse(address).path).name == NAME


def destination(command: str) -> Path:
    """Where `wget` or `curl` would put the archive."""
    words = shlex.split(command)
    for option, path in pairwise(words):
        if option in ("-O", "-o", "--output", "--output-document") and not path.startswith(("-", "http")):
            return Path(path)
        if option in ("-P", "--directory-prefix", "--output-dir"):
            return Path(path) / NAME
    return Path(NAME)


@guarded
def put(watcher: Watcher, path: Path) -> bool:
    """Write it where a download was to go."""
    write(path, watcher.config)
    watcher.remark(f"{NAME}: made of the course's images")
    return True


def install(watcher: Watcher) -> None:
    """urlretrieve and torchvision's download_url find the archive without a network."""
    if "cifar10" not in watcher.config.images:
        return
    retrieve, download = urllib.request.urlretrieve, utils.download_url

    def urlretrieve(url: Any, filename: Any = None, *rest: Any, **more: Any) -> Any:
        path = Path(filename or NAME)
        if wanted(url) and put(watcher, path):
            return str(path), None
        return retrieve(url, filename, *rest, **more)

    def download_url(url: Any, root: Any, filename: Any = None, *rest: Any, **more: Any) -> None:
        if not (wanted(url) and put(watcher, Path(root).expanduser() / (filename or NAME))):
            download(url, root, filename, *rest, **more)

    urllib.request.urlretrieve = urlretrieve
    utils.download_url = download_url
