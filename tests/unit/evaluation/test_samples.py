"""Images are recognised by looking, and what was done to them is read off."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.evaluation.gallery import Gallery, standardise
from grader.evaluation.samples import correlations, identify, of_steps, overlap
from grader.schema.evaluation import Preprocessing, SampleFacts

RANDOM = np.random.default_rng(7)
MEAN, STD = np.array([0.49, 0.48, 0.44]), np.array([0.25, 0.24, 0.26])
N = 4


def smooth(count: int) -> np.ndarray:
    """Images with structure at several scales, as photographs have. (count, 32, 32, 3) uint8."""
    total = np.zeros((count, 32, 32, 3))
    for cells in (2, 4, 8, 16, 32):
        coarse = RANDOM.normal(size=(count, cells, cells, 3))
        total += coarse.repeat(32 // cells, 1).repeat(32 // cells, 2) * 24 * (2 / cells) ** 0.5
    return np.asarray(np.clip(total + 128, 0, 255), dtype=np.uint8)


GALLERIES = {name: Gallery(smooth(60), RANDOM.integers(0, 10, 60)) for name in ("train", "test")}


def tensors(indices: range | list[int], split: str = "train") -> np.ndarray:
    """(n, 3, 32, 32) in [0, 1]."""
    return np.stack([GALLERIES[split].pixels(i) for i in indices])


def normalised(images: np.ndarray) -> np.ndarray:
    return np.asarray((images - MEAN[:, None, None]) / STD[:, None, None])


def facts(images: np.ndarray, indices: list[int] | None = None, hint: str | None = None) -> SampleFacts:
    where = None if indices is None else np.array(indices)
    return identify(images, None, where, hint, GALLERIES)


def map_of(found: SampleFacts) -> Preprocessing:
    assert found.preprocessing is not None
    return found.preprocessing


def test_images_are_found_without_any_word_of_the_probe() -> None:
    for split in ("train", "test"):
        found = facts(normalised(tensors(range(N), split)))
        assert (found.images, found.identified, found.split) == (N, N, split)


def test_mean_and_spread_are_recovered() -> None:
    how = map_of(facts(normalised(tensors(range(N)))))
    assert how.mean == pytest.approx(MEAN.tolist(), abs=1e-3)
    assert how.std == pytest.approx(STD.tolist(), abs=1e-3)
    assert (how.offset, how.flipped, how.size) == ((0, 0), False, (32, 32))


@given(st.floats(-3, 3), st.floats(0.05, 300))
@settings(max_examples=15)
def test_any_affine_map_is_recovered(mean: float, std: float) -> None:
    how = map_of(facts((tensors([3, 4, 5]) - mean) / std))
    assert how.mean == pytest.approx([mean] * 3, abs=1e-3)
    assert how.std == pytest.approx([std] * 3, rel=1e-3)


def test_the_probes_word_is_checked_by_looking() -> None:
    images = tensors(range(N), "test")
    lied = facts(images, list(range(N)), "train")
    assert lied.split == "test"
    assert facts(images, [10**6] * N, "train").split == "test"
    assert facts(images, [-1] * N, "nowhere").split == "test"


def test_labels_are_compared_with_the_courses() -> None:
    images, labels = tensors(range(N)), GALLERIES["train"].labels[:N]
    right = identify(images, labels, None, None, GALLERIES)
    wrong = identify(images, (labels + 1) % 10, None, None, GALLERIES)
    assert (right.labels_checked, right.labels_right) == (N, N)
    assert (wrong.labels_checked, wrong.labels_right) == (N, 0)


def test_images_of_both_splits_are_both() -> None:
    mixed = np.concatenate([tensors(range(4)), tensors(range(4), "test")])
    assert facts(mixed).split == "both"


def test_a_fixed_crop_is_located() -> None:
    how = map_of(facts(normalised(tensors(range(N)))[:, :, 2:30, 1:29], list(range(N)), "train"))
    assert (how.offset, how.size, how.flipped) == ((2, 1), (28, 28), False)


def test_a_flip_is_seen_and_a_random_one_is_no_map() -> None:
    images = tensors(range(N))
    assert map_of(facts(images[..., ::-1])).flipped is True
    half = images.copy()
    half[::2] = half[::2, :, :, ::-1]
    assert map_of(facts(half)).flipped is None


def test_a_flipped_crop_is_located_in_the_original() -> None:
    cropped = tensors(range(N))[:, :, 0:28, 1:29][..., ::-1]
    how = map_of(facts(cropped, list(range(N)), "train"))
    assert (how.offset, how.flipped) == ((0, 1), True)


def test_random_crops_have_no_offset() -> None:
    images = tensors(range(N))
    crops = np.stack([image[:, i % 5 : i % 5 + 28, 2:30] for i, image in enumerate(images)])
    found = facts(crops, list(range(N)), "train")
    assert found.identified == N
    assert map_of(found).offset is None


def test_padded_shifts_are_identified() -> None:
    padded = np.pad(tensors(range(N)), ((0, 0), (0, 0), (4, 4), (4, 4)))
    shifted = np.stack([image[:, i % 8 : i % 8 + 32, 5:37] for i, image in enumerate(padded)])
    assert facts(shifted, list(range(N)), "train").identified == N


def framed(windows: np.ndarray, border: int = 2) -> np.ndarray:
    return np.pad(windows, ((0, 0), (0, 0), (border, border), (border, border)), constant_values=-1.5)


def test_crops_padded_back_are_located_by_what_the_border_surrounds() -> None:
    how = map_of(facts(framed(normalised(tensors(range(N)))[:, :, 2:30, 2:30])))
    assert (how.size, how.offset, how.flipped) == ((32, 32), (2, 2), False)
    assert how.frame is not None
    assert (how.frame.top, how.frame.size) == (2, (28, 28))
    assert how.mean == pytest.approx(MEAN.tolist(), abs=1e-3)


def test_random_crops_padded_back_show_where_each_lay() -> None:
    windows, drawn = cut(tensors(range(40)), 28, 0, seed=3)
    entering = facts(framed(windows)).entering
    assert entering is not None
    assert (entering.padded, entering.size) == (True, (32, 32))
    assert [(w.down + 2, w.right + 2, w.flipped) for w in entering.windows] == drawn


def test_a_border_of_the_courses_own_images_is_no_frame() -> None:
    digits = smooth(20)
    digits[:, :2] = digits[:, -2:] = digits[:, :, :2] = digits[:, :, -2:] = 0
    gallery = {"train": Gallery(digits, np.zeros(20, dtype=int))}
    images = np.stack([gallery["train"].pixels(i) for i in range(N)])
    how = map_of(identify(images, None, None, None, gallery))
    assert (how.frame, how.offset) == (None, (0, 0))


def cut(
    images: np.ndarray, size: int, padding: int, seed: int
) -> tuple[np.ndarray, list[tuple[int, int, bool]]]:
    """Windows of (n, 3, 32, 32) at places drawn at random, half of them mirrored; where each lies in its image."""
    chance = np.random.default_rng(seed)
    padded = np.pad(images, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    windows, drawn = [], []
    for image in padded:
        top, left = (int(v) for v in chance.integers(0, 32 + 2 * padding - size + 1, 2))
        flipped = bool(chance.random() < 0.5)
        window = image[:, top : top + size, left : left + size]
        windows.append(window[..., ::-1] if flipped else window)
        drawn.append((top - padding, left - padding, flipped))
    return np.stack(windows), drawn


@pytest.mark.parametrize(("size", "padding"), [(28, 0), (32, 4), (24, 0), (27, 0), (20, 0)])
@pytest.mark.parametrize("split", ["train", "test"])
def test_windows_are_found_without_any_word_of_the_probe(size: int, padding: int, split: str) -> None:
    windows, drawn = cut(tensors(range(40), split), size, padding, seed=size)
    found = facts(normalised(windows))
    assert (found.identified, found.split) == (40, split)
    assert found.entering is not None
    seen = [(w.down + 16 - size / 2, w.right + 16 - size / 2, w.flipped) for w in found.entering.windows]
    assert seen == drawn


def scaled_by_image(images: np.ndarray) -> np.ndarray:
    return np.asarray(images / images.std((1, 2, 3), keepdims=True))


def jittered(images: np.ndarray) -> np.ndarray:
    return np.clip(images * 1.15 - 0.05, 0, 1) ** 1.2


@pytest.mark.parametrize("change", [scaled_by_image, jittered])
def test_what_is_no_common_map_is_none_although_the_images_are_known(
    change: Callable[[np.ndarray], np.ndarray],
) -> None:
    found = facts(change(tensors(range(N))))
    assert (found.identified, found.split, found.preprocessing) == (N, "train", None)


@pytest.mark.parametrize(
    "images",
    [
        RANDOM.normal(size=(N, 3, 32, 32)),
        np.zeros((N, 3, 32, 32)),
        np.full((N, 3, 32, 32), np.nan),
        np.full((N, 3, 32, 32), np.inf),
        np.ones((N, 1, 32, 32)),
        np.ones((N, 3, 5, 5)),
        np.ones((N, 3, 64, 64)),
        np.ones((N, 3, 0, 0)),
    ],
)
@pytest.mark.parametrize("indices", [None, list(range(N))])
def test_what_is_no_image_of_the_course_is_not_identified(
    images: np.ndarray, indices: list[int] | None
) -> None:
    found = facts(images, indices, "train")
    assert (found.identified, found.split, found.preprocessing) == (0, None, None)


def test_one_image_is_no_proof_of_a_map() -> None:
    assert facts(tensors([5])).preprocessing is None


def test_whitened_images_are_told_from_others() -> None:
    """ZCA: x -> (x - mean) V (L + 0.001)^-1/2 V', V and L of the covariance of the images' pixels, here of a model."""
    place = np.arange(32)
    rows = np.exp(-np.abs(place[:, None] - place[None, :]) / 5)  # correlation falls with distance
    root = np.linalg.cholesky(rows + 1e-6 * np.eye(32))
    images = 0.5 + 0.1 * np.einsum("ij,ncjk,lk->ncil", root, RANDOM.normal(size=(400, 3, 32, 32)), root)
    galleries = {
        "train": Gallery((images.clip(0, 1) * 255).astype(np.uint8).transpose(0, 2, 3, 1), np.zeros(400))
    }
    values, vectors = np.linalg.eigh(rows)
    whiten = vectors @ np.diag(1 / np.sqrt(values + 1e-3)) @ vectors.T
    white = np.einsum("ij,ncjk,lk->ncil", whiten, images[:16] - 0.5, whiten)
    assert identify(white, None, None, None, galleries).whitened
    assert not identify(images[:16], None, None, None, galleries).whitened
    assert not identify(
        images[:16, :, ::2, ::2].repeat(2, 2).repeat(2, 3), None, None, None, galleries
    ).whitened


def test_a_window_drawn_for_a_whole_batch_counts_once() -> None:
    steps = np.repeat(np.arange(10), 4)
    windows, drawn = cut(tensors(range(40)), 28, 0, seed=1)
    each = of_steps(windows, None, steps, GALLERIES)
    assert each is not None
    assert [(w.down + 2, w.right + 2, w.flipped) for w in each.windows] == drawn
    images = tensors(range(40))
    batch = np.stack(
        [
            image[:, top : top + 28, left : left + 28][..., :: -1 if flipped else 1]
            for image, step in zip(images, steps, strict=True)
            for top, left, flipped in (drawn[step],)
        ]
    )
    once = of_steps(batch, None, steps, GALLERIES)
    assert once is not None
    assert [(w.down + 2, w.right + 2, w.flipped) for w in once.windows] == drawn[:10][::-1]


def test_noise_is_not_searched_for_as_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(
        Gallery, "search_windows", lambda self, images: asked.append(len(images)) or [[]] * len(images)
    )
    noise = np.random.default_rng(0).random((16, 3, 32, 32), np.float32)
    assert identify(noise, None, None, "train", GALLERIES).identified == 0
    assert asked == []


@pytest.mark.parametrize(("size", "pad"), [((9, 9), 3), ((6, 7), 0)])
def test_correlations_of_all_places_are_those_of_the_parts_that_overlap(
    size: tuple[int, int], pad: int
) -> None:
    random = np.random.default_rng(5)
    received, source = random.random((3, *size), np.float32), random.random((3, 9, 9), np.float32)
    found = correlations(received, source, pad)
    for down, right in np.ndindex(found.shape):
        a, b = overlap(received, source, down - pad, right - pad)
        assert found[down, right] == pytest.approx((standardise(a) * standardise(b)).sum() / 3, abs=1e-5)


def test_a_gallery_keeps_what_is_searched_and_computes_what_is_damaged(tmp_path: Path) -> None:
    images = np.random.default_rng(8).integers(0, 256, (40, 32, 32, 3), np.uint8)
    kept = tmp_path / "derived" / "descriptors.npy"
    wanted = images[[7, 31]].transpose(0, 3, 1, 2) / np.float32(255)
    for damage in (None, None, b"", b"no array"):
        if damage is not None:
            kept.write_bytes(damage)
        found = Gallery(images, np.zeros(40, np.int64), kept).search(wanted)
        assert [places[0] for places in found] == [7, 31]
        assert np.load(kept).shape == (40, 192)
    assert not list(tmp_path.rglob("*.part"))
