"""What a loader does is read back exactly from three images, whatever its code looks like."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.transforms import v2

from grader.evaluation.pipelines import read_pipeline
from grader.probe.pipelines import coded, compact, draws
from grader.probe.sources import Holding, Origin, holdings, register
from grader.schema.evaluation import Treatment

MEAN, STD = (0.491, 0.482, 0.447), (0.202, 0.199, 0.201)
NORMALIZE = transforms.Normalize(MEAN, STD)


class Pictures(torch.utils.data.Dataset):  # type: ignore[type-arg]
    """As torchvision's CIFAR10: `data` (n, 32, 32, 3) uint8, `targets`, a transform of PIL images."""

    def __init__(self, transform: Callable[..., object]) -> None:
        self.data = np.zeros((500, 32, 32, 3), np.uint8)
        self.targets = [0] * 500
        self.transform = transform

    def __getitem__(self, index: int) -> tuple[object, int]:
        return self.transform(transforms.functional.to_pil_image(self.data[index])), self.targets[index]

    def __len__(self) -> int:
        return len(self.data)


def held_by(pictures: Pictures) -> list[Holding]:
    return [Holding(pictures, "data", Origin("CIFAR10", "train"))]


def read(*steps: Callable[..., object], count: int = 120) -> Treatment:
    torch.manual_seed(0)
    pictures = Pictures(transforms.Compose(list(steps)))
    loader = DataLoader(pictures, batch_size=64)
    images = [np.zeros((32, 32, 3), np.uint8), np.full((32, 32, 3), 255, np.uint8), coded(32, 32)]
    parts = [
        draws(loader, held_by(pictures), image, n) for image, n in zip(images, (8, 8, count), strict=True)
    ]
    black, white, seen = (part.numpy() for part in parts if part is not None)
    found = read_pipeline(black, white, compact(torch.from_numpy(seen)).float().numpy())
    assert found is not None
    return found


@pytest.mark.parametrize("constants", [(MEAN, STD), ((125.3, 123.0, 113.9), (51.5, 50.8, 51.2))])
def test_windows_are_read_whatever_is_subtracted(constants: tuple[tuple[float, ...], ...]) -> None:
    found = read(transforms.RandomCrop(28), transforms.ToTensor(), transforms.Normalize(*constants))
    assert places(found) == ({-2.0, -1.0, 0.0, 1.0, 2.0}, {-2.0, -1.0, 0.0, 1.0, 2.0})
    assert not found.others


def places(found: Treatment) -> tuple[set[float], set[float]]:
    return {w.down for w in found.windows}, {w.right for w in found.windows}


@pytest.mark.parametrize(
    "steps",
    [
        (transforms.ToTensor(), NORMALIZE),
        (v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)),
        (transforms.ToTensor(), transforms.Normalize(MEAN, STD, inplace=True)),
        (
            lambda image: (np.asarray(image) / 255 - np.array(MEAN)) / np.array(STD),
            lambda array: torch.tensor(array.transpose(2, 0, 1), dtype=torch.float32),
        ),
    ],
)
def test_mean_and_std_are_exact_in_every_style(steps: tuple[Callable[..., object], ...]) -> None:
    found = read(*steps, count=10)
    assert found.mean == pytest.approx(MEAN, abs=1e-5)
    assert found.std == pytest.approx(STD, abs=1e-5)


def test_a_random_crop_shows_all_its_places() -> None:
    found = read(transforms.RandomCrop(28), transforms.ToTensor())
    assert found.size == (28, 28)
    assert places(found) == ({-2.0, -1.0, 0.0, 1.0, 2.0}, {-2.0, -1.0, 0.0, 1.0, 2.0})
    assert not found.padded
    assert not found.others


def test_padded_crops_keep_their_size_and_show_the_outside() -> None:
    found = read(transforms.RandomCrop(32, padding=4), transforms.ToTensor(), count=300)
    assert found.size == (32, 32)
    assert found.padded
    assert len(places(found)[0]) == 9


def test_reflected_padding_shows_the_same_places() -> None:
    found = read(
        transforms.RandomCrop(32, padding=4, padding_mode="reflect"), transforms.ToTensor(), count=300
    )
    assert len(places(found)[0]) == len(places(found)[1]) == 9


@pytest.mark.parametrize("p", [0.0, 0.5, 1.0])
def test_flips_are_counted(p: float) -> None:
    found = read(transforms.RandomHorizontalFlip(p), transforms.ToTensor(), NORMALIZE, count=200)
    share = sum(w.flipped for w in found.windows) / len(found.windows)
    assert len(found.windows) == 200
    assert share == pytest.approx(p, abs=0.12 if p == 0.5 else 0)  # 3.3 standard deviations of 200 tosses
    assert not any(w.upside_down for w in found.windows)


def test_upside_down_is_not_left_to_right() -> None:
    found = read(transforms.RandomVerticalFlip(1.0), transforms.ToTensor(), count=10)
    assert all(w.upside_down and not w.flipped for w in found.windows)


def test_the_centre_crop_lies_in_the_middle_and_never_moves() -> None:
    found = read(transforms.CenterCrop(28), transforms.ToTensor(), count=20)
    assert places(found) == ({0.0}, {0.0})


def test_a_rotation_is_named_and_crops_and_flips_are_still_seen() -> None:
    found = read(
        transforms.RandomRotation(15),
        transforms.RandomCrop(28),
        transforms.RandomHorizontalFlip(),
        transforms.ToTensor(),
        count=200,
    )
    assert "rotated or sheared" in found.others
    assert 0.38 < sum(w.flipped for w in found.windows) / len(found.windows) < 0.62
    assert min(map(len, places(found))) >= 5


def test_colours_that_change_are_named_and_do_not_hide_flips_or_the_normalisation() -> None:
    found = read(
        transforms.RandomHorizontalFlip(1.0),
        transforms.ColorJitter(0.2),
        transforms.ToTensor(),
        NORMALIZE,
        count=60,
    )
    assert "colours changed at random" in found.others
    assert all(w.flipped for w in found.windows)
    assert found.mean == pytest.approx(MEAN, abs=1e-5)
    assert found.std == pytest.approx(STD, abs=1e-5)


def test_windows_of_varying_size_are_named() -> None:
    found = read(transforms.RandomResizedCrop(28, scale=(0.3, 0.8)), transforms.ToTensor(), count=40)
    assert "scaled" in found.others


def test_windows_of_one_size_tell_their_scale() -> None:
    found = read(transforms.RandomCrop(28), transforms.Resize(32), transforms.ToTensor(), count=60)
    assert "scaled" in found.others
    assert [w.scale for w in found.windows] == pytest.approx([28 / 32] * 60, abs=0.01)


def test_statistics_of_each_image_are_told_from_constants() -> None:
    found = read(transforms.ToTensor(), lambda x: (x - x.mean()) / (x.std() + 1e-6), count=10)
    assert found.per_image
    assert found.mean is None


def test_images_computed_before_do_not_answer() -> None:
    constant = np.ones((8, 3, 32, 32), np.float32)
    assert read_pipeline(constant, constant, constant) is None


def test_damaged_numbers_end_in_no_window_and_no_error() -> None:
    rng = np.random.default_rng(0)
    black, white = np.zeros((8, 3, 28, 28), np.float32), np.ones((8, 3, 28, 28), np.float32)
    for seen in (
        rng.normal(size=(20, 3, 28, 28)),
        np.full((20, 3, 28, 28), np.nan),
        np.full((20, 3, 28, 28), 1e30),
    ):
        found = read_pipeline(black, white, seen.astype(np.float32))
        assert found is not None
        assert found.mean == (0, 0, 0)


def test_asking_leaves_the_data_set_and_every_random_generator_as_they_were() -> None:
    pictures = Pictures(transforms.Compose([transforms.RandomCrop(28), transforms.ToTensor()]))
    data = pictures.data
    loader = DataLoader(pictures, batch_size=8)
    from grader.probe.graphs import invisibly

    before = torch.get_rng_state()
    with invisibly():
        assert draws(loader, held_by(pictures), coded(32, 32), 30) is not None
    assert pictures.data is data
    assert torch.equal(torch.get_rng_state(), before)


def test_a_data_set_of_their_own_around_the_courses_array_is_asked() -> None:
    """Index 0 of the second half is reached too: draws come from all parts of a data set."""
    course = Pictures(transforms.ToTensor())
    register(course, Origin("CIFAR10", "train"))

    class Own(torch.utils.data.Dataset):  # type: ignore[type-arg]
        def __init__(self) -> None:
            self.x = course.data

        def __len__(self) -> int:
            return 2 * len(self.x)

        def __getitem__(self, index: int) -> torch.Tensor:
            image = torch.from_numpy(np.array(self.x[index % 500])).permute(2, 0, 1) / 255
            return image.flip(2) if index >= 500 else image

    own = Own()
    held = holdings(own)
    shown = [np.zeros((32, 32, 3), np.uint8), np.full((32, 32, 3), 255, np.uint8), coded(32, 32)]
    parts = [draws(DataLoader(own, 8), held, image, 100) for image in shown]
    black, white, seen = (part.numpy() for part in parts if part is not None)
    found = read_pipeline(black, white, seen)
    assert found is not None
    assert (found.mean, found.std) == ((0, 0, 0), (1, 1, 1))
    assert sum(window.flipped for window in found.windows) == 50
    assert own.x is course.data


class Caching(Pictures):
    """Keeps each image as it was made the first time."""

    def __init__(self, cache: object) -> None:
        super().__init__(transforms.ToTensor())
        self.cache: object = cache
        self.data = np.random.default_rng(0).integers(0, 256, (20_000, 32, 32, 3), dtype=np.uint8)
        self.targets = [0] * 20_000

    def __getitem__(self, index: int) -> tuple[object, int]:
        kept = self.cache[index]  # type: ignore[index]
        if kept is None or (isinstance(kept, np.ndarray) and not kept.any()):
            made = super().__getitem__(index)[0]
            self.cache[index] = made if not isinstance(kept, np.ndarray) else np.asarray(made)  # type: ignore[index]
        return self.cache[index], 0  # type: ignore[index]


def asked(pictures: Pictures) -> list[np.ndarray] | None:
    shown = [np.zeros((32, 32, 3), np.uint8), np.full((32, 32, 3), 255, np.uint8), coded(32, 32)]
    parts = [draws(DataLoader(pictures, 8), held_by(pictures), image, 8) for image in shown]
    return (
        None if any(part is None for part in parts) else [part.numpy() for part in parts if part is not None]
    )


@pytest.mark.parametrize("cache", [[None] * 20_000, dict.fromkeys(range(20_000))])
def test_a_data_set_that_keeps_its_images_is_asked_and_keeps_none_of_ours(cache: object) -> None:
    pictures = Caching(cache)
    answers = asked(pictures)
    assert answers is not None
    found = read_pipeline(*answers)
    assert found is not None
    assert (found.mean, found.std) == ((0, 0, 0), (1, 1, 1))
    assert set(cache if isinstance(cache, list) else cache.values()) == {None}  # type: ignore[attr-defined]


def test_a_large_array_that_keeps_images_is_not_written_to() -> None:
    cache = np.zeros((200, 3, 32, 32), np.float32)
    pictures = Caching(cache)
    pictures.data, pictures.targets = pictures.data[:200], pictures.targets[:200]
    assert asked(pictures) is None
    assert not cache.any()


def test_images_that_were_kept_before_are_no_answer() -> None:
    pictures = Caching([None] * 20_000)
    for index in range(20_000):
        pictures[index]
    answers = asked(pictures)
    assert answers is not None
    assert read_pipeline(*answers) is None
