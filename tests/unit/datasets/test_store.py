"""Images are prepared once, whole or not at all, and damaged data is refused with every problem named."""

import gzip
import hashlib
import multiprocessing
import os
import pickle
import re
from pathlib import Path

import numpy as np
import pytest

from grader.datasets import real, store
from grader.errors import DataError


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(store, "LENGTHS", {"cifar10": (40, 20), "mnist": (30, 20)})
    monkeypatch.setattr(store, "HELD_OUT", 10)


@pytest.fixture
def mnist(tmp_path, monkeypatch):
    """A folder of idx files that counts as real MNIST; one of them is compressed."""
    folder = tmp_path / "data" / "MNIST" / "raw"
    folder.mkdir(parents=True)
    known = []
    for split, count in (("train", 30), ("t10k", 20)):
        for what, size in (("images-idx3", 16 + count * 784), ("labels-idx1", 8 + count)):
            raw = bytes(i % 10 for i in range(size))
            (folder / f"{split}-{what}-ubyte").write_bytes(raw)
            known.append(real.KnownFile(f"{split}-{what}-ubyte", hashlib.md5(raw).hexdigest()))
    packed = folder / known[0].name
    Path(f"{packed}.gz").write_bytes(gzip.compress(packed.read_bytes()))
    packed.unlink()
    monkeypatch.setitem(real.FILES, "mnist", tuple(known))
    return tmp_path / "data"


def prepare_here(cache):
    return store.prepare("cifar10", None, cache)


@pytest.mark.parametrize(("dataset", "shape"), [("cifar10", (32, 32, 3)), ("mnist", (28, 28))])
def test_standin_has_every_file_and_can_be_mapped(tmp_path, dataset, shape):
    images = store.prepare(dataset, None, tmp_path)
    train, test = store.LENGTHS[dataset]
    for path, count in (("train_images", train), ("test_images", test)):
        assert np.load(images.visible / f"{path}.npy", mmap_mode="c").shape == (count, *shape)
    assert np.load(images.held_out / "images.npy", mmap_mode="c").shape == (10, *shape)
    assert np.load(images.held_out / "labels.npy").dtype == np.int64
    assert "stand-in" in images.sentence
    assert not images.contaminable
    assert len(images.classes) == 10


def test_held_out_images_are_not_among_the_visible_ones(tmp_path):
    images = prepare_here(tmp_path)
    seen = {x.tobytes() for name in ("train", "test") for x in np.load(images.visible / f"{name}_images.npy")}
    assert not seen & {x.tobytes() for x in np.load(images.held_out / "images.npy")}


def test_the_second_time_only_a_sample_is_drawn(tmp_path, monkeypatch):
    draw, counts = store.DRAW["cifar10"], []
    first = prepare_here(tmp_path)
    monkeypatch.setitem(
        store.DRAW, "cifar10", lambda count, seed: (counts.append(count), draw(count, seed))[1]
    )
    assert prepare_here(tmp_path) == first
    assert counts == [store.SAMPLE]


def test_a_standin_drawn_otherwise_has_another_identity(tmp_path, monkeypatch):
    first = prepare_here(tmp_path)
    monkeypatch.setattr(store.standin, "GRAIN", 11)
    assert prepare_here(tmp_path).identity != first.identity


@pytest.mark.parametrize("damage", ["truncated", "missing", "unfinished"])
def test_a_damaged_cache_is_drawn_again(tmp_path, damage):
    path = prepare_here(tmp_path).visible / "train_images.npy"
    whole = path.read_bytes()
    if damage == "truncated":
        os.truncate(path, 1000)
    else:
        (path if damage == "missing" else path.parent.parent / "complete.json").unlink()
    assert (prepare_here(tmp_path).visible / "train_images.npy").read_bytes() == whole


def test_an_interrupted_draw_leaves_nothing(tmp_path, monkeypatch):
    draw = store.DRAW["cifar10"]
    monkeypatch.setitem(store.DRAW, "cifar10", lambda n, seed: draw(n, seed) if n == store.SAMPLE else 1 / 0)
    with pytest.raises(ZeroDivisionError):
        prepare_here(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_slower_of_two_processes_keeps_what_the_faster_made(tmp_path, monkeypatch):
    draw, made = store.DRAW["cifar10"], []

    def overtaken(count, seed):
        if count != store.SAMPLE and not made:
            made.append(None)
            made.append(prepare_here(tmp_path).visible.stat().st_ino)
        return draw(count, seed)

    monkeypatch.setitem(store.DRAW, "cifar10", overtaken)
    assert prepare_here(tmp_path).visible.stat().st_ino == made[1]
    assert len(list(tmp_path.iterdir())) == 1


def test_processes_at_once_agree(tmp_path):
    with multiprocessing.get_context("fork").Pool(4) as pool:
        found = pool.map(prepare_here, [tmp_path] * 8, chunksize=1)
    assert len(set(found)) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_identity_depends_on_the_data_set_and_its_length(tmp_path, monkeypatch):
    names = [store.prepare(dataset, None, tmp_path).identity for dataset in ("cifar10", "mnist")]
    monkeypatch.setattr(store, "HELD_OUT", 20)
    names.append(prepare_here(tmp_path).identity)
    assert len(set(names)) == 3
    assert all(re.fullmatch("[0-9a-f]{12}", name) for name in names)


@pytest.mark.parametrize("inside", ["", "MNIST/raw"])
def test_real_files_are_read_from_either_folder(tmp_path, mnist, inside):
    images = store.prepare("mnist", mnist / inside, tmp_path / "cache")
    assert images.source == "real"
    assert images.contaminable
    assert np.load(images.visible / "train_images.npy").shape == (30, 28, 28)
    assert np.load(images.visible / "test_labels.npy")[:3].tolist() == [
        8,
        9,
        0,
    ]  # the header's 8 bytes are skipped
    assert np.array_equal(
        np.load(images.held_out / "labels.npy"), np.load(images.visible / "test_labels.npy")
    )


def test_every_missing_file_is_named_with_a_remedy(tmp_path):
    with pytest.raises(DataError) as caught:
        store.prepare("cifar10", tmp_path, tmp_path / "cache")
    for known in real.FILES["cifar10"]:
        assert f"{known.name}: expected a file, found none" in str(caught.value)
    assert "6 problems" in str(caught.value)
    assert "download=True" in str(caught.value)


def test_a_damaged_file_is_named_with_what_was_expected_and_found(tmp_path, mnist):
    path = mnist / "MNIST" / "raw" / "t10k-labels-idx1-ubyte"
    expected = hashlib.md5(path.read_bytes()).hexdigest()
    path.write_bytes(b"short")
    with pytest.raises(
        DataError, match=f"expected MD5 {expected}, found {hashlib.md5(b'short').hexdigest()}"
    ):
        store.prepare("mnist", mnist, tmp_path / "cache")


def test_a_truncated_archive_is_named(tmp_path, mnist):
    path = mnist / "MNIST" / "raw" / "train-images-idx3-ubyte.gz"
    os.truncate(path, 30)
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte\.gz: cannot be read"):
        store.prepare("mnist", mnist, tmp_path / "cache")


class Bomb:
    def __reduce__(self):
        return os.mkdir, ("exploded",)


def test_a_forged_batch_is_refused_before_it_is_unpickled(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for known in real.FILES["cifar10"]:
        (tmp_path / known.name).write_bytes(pickle.dumps({b"data": Bomb(), b"labels": [1]}))
    with pytest.raises(DataError, match="expected MD5"):
        store.prepare("cifar10", tmp_path, tmp_path / "cache")
    assert not Path("exploded").exists()


@pytest.mark.parametrize(
    "harmful", [Bomb(), np.random.default_rng, os.path.join, np.array([print], dtype=object)]
)
def test_the_unpickler_refuses_all_but_arrays(tmp_path, monkeypatch, harmful):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(pickle.UnpicklingError, match="not allowed in a data file"):
        real.unpickle_arrays(pickle.dumps(harmful, protocol=2))
    assert not Path("exploded").exists()


def test_the_unpickler_reads_an_array_as_cifar_batches_hold_it():
    batch = {b"data": np.arange(6, dtype=np.uint8).reshape(2, 3), b"labels": [3, 4]}
    again = real.unpickle_arrays(pickle.dumps(batch, protocol=3))
    assert again[b"labels"] == [3, 4]
    assert np.array_equal(again[b"data"], batch[b"data"])


def test_the_cache_follows_the_environment(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    monkeypatch.delenv("GRADER_CACHE", raising=False)
    assert store.default_cache() == Path("/somewhere/lab-grader")
    monkeypatch.setenv("GRADER_CACHE", "/else")
    assert store.default_cache() == Path("/else")


@pytest.mark.real_data
def test_real_cifar_is_read_as_published(tmp_path, monkeypatch):
    if "GRADER_DATA" not in os.environ:
        pytest.skip("GRADER_DATA is not set")
    images = store.prepare("cifar10", Path(os.environ["GRADER_DATA"]), tmp_path)
    train = np.load(images.visible / "train_images.npy", mmap_mode="c")
    assert train.shape == (50_000, 32, 32, 3)
    assert np.bincount(np.load(images.visible / "test_labels.npy")).tolist() == [1000] * 10
    assert np.allclose(train[::10].mean((0, 1, 2)) / 255, (0.491, 0.482, 0.447), atol=0.005)


def test_a_cache_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match="the images cannot be kept there"):
        store.prepare("mnist", None, tmp_path / "file" / "cache")
