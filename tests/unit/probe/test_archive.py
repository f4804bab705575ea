"""The archive of CIFAR-10 that notebooks download by hand."""

import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.probe import archive
from grader.probe.config import Config

COUNTS = {"train": 50, "test": 10}


@pytest.fixture
def config(tmp_path: Path) -> Config:
    draw = np.random.default_rng(0)
    for split, count in COUNTS.items():
        np.save(tmp_path / f"{split}_images.npy", draw.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8))
        np.save(tmp_path / f"{split}_labels.npy", np.arange(count) % 10)
    plain: dict[str, Any] = {"evidence": "", "cells": [], "train_steps": None, "train_samples": None}
    plain |= {"eval_samples": None, "tiny_batch": 8, "seed": 0, "threads": 1}
    return Config(images={"cifar10": str(tmp_path)}, classes={"cifar10": ["plane", "car"]}, **plain)


@pytest.mark.parametrize(("encoding", "key"), [("bytes", str.encode), ("latin1", str)])
def test_the_files_are_read_as_the_published_ones_are(
    config: Config, tmp_path: Path, encoding: str, key: Any
) -> None:
    archive.write(tmp_path / "there" / archive.NAME, config)
    with tarfile.open(tmp_path / "there" / archive.NAME) as whole:
        whole.extractall(tmp_path, filter="data")
    images = np.load(tmp_path / "train_images.npy")
    for number in range(5):
        content = (tmp_path / archive.FOLDER / f"data_batch_{number + 1}").read_bytes()
        batch = pickle.loads(content, encoding=encoding)
        rows = batch[key("data")].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        assert np.array_equal(rows, images[10 * number : 10 * number + 10])
        assert batch[key("labels")] == [i % 10 for i in range(10)]
    meta = pickle.loads((tmp_path / archive.FOLDER / "batches.meta").read_bytes(), encoding=encoding)
    assert meta[key("label_names")] == [key("plane"), key("car")]


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("wget https://x.org/cifar-10-python.tar.gz", "cifar-10-python.tar.gz"),
        ("wget -q -P data https://x.org/cifar-10-python.tar.gz", "data/cifar-10-python.tar.gz"),
        ("wget -O c.tgz https://x.org/cifar-10-python.tar.gz", "c.tgz"),
        ("curl -O https://x.org/cifar-10-python.tar.gz", "cifar-10-python.tar.gz"),
        ("curl https://x.org/cifar-10-python.tar.gz -o data/c.tgz", "data/c.tgz"),
    ],
)
def test_a_command_says_where_the_archive_goes(command: str, path: str) -> None:
    assert archive.destination(command) == Path(path)


def test_other_addresses_are_not_ours() -> None:
    assert archive.wanted("https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz")
    assert not archive.wanted("https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz")
    assert not archive.wanted(None)
