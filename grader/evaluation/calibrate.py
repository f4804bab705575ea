"""Trains the reference under a profile, several times with each setting: the work of `grade calibrate`.

What it finds, calibration.json, is what accuracy bands follow from. Training is that of the labs: images scaled to [0, 1],
shuffled each epoch, cross-entropy, the reference's own initialisation; accuracy on the judge's held-out images.
"""

import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean, stdev

import numpy as np
import torch
from torch import nn

from grader.datasets.store import ImageSet
from grader.schema.calibration import ApproachRun, Calibration, CalibrationRun
from grader.schema.profile import Profile

# optimizer, rate, momentum, batch size: those of labs.md's classes and the usual ones beside them
SETTINGS = (
    ("SGD", 0.1, 0.0, 128),
    ("SGD", 0.05, 0.0, 128),
    ("SGD", 0.01, 0.0, 128),
    ("SGD", 0.05, 0.0, 64),
    ("SGD", 0.01, 0.9, 128),
    ("Adam", 0.001, 0.0, 128),
)


def optimizer_for(network: nn.Module, kind: str, rate: float, momentum: float) -> torch.optim.Optimizer:
    if kind == "SGD":
        return torch.optim.SGD(network.parameters(), lr=rate, momentum=momentum)
    return torch.optim.Adam(network.parameters(), lr=rate)


def scaled(images: np.ndarray) -> torch.Tensor:
    """(n, rows, columns, channels) uint8 -> (n, channels, rows, columns) float32 in [0, 1]."""
    return torch.from_numpy(np.array(images)).permute(0, 3, 1, 2).contiguous().to(torch.float32) / 255


def cropped_and_flipped(images: torch.Tensor) -> torch.Tensor:
    """(n, channels, 32, 32) -> (n, channels, 28, 28): each image cropped at random, half of them flipped."""
    tops, lefts = torch.randint(0, 5, (2, len(images))).tolist()
    crops = [one[:, y : y + 28, x : x + 28] for one, y, x in zip(images, tops, lefts, strict=True)]
    flips = torch.rand(len(images)) < 0.5
    return torch.stack([crop.flip(2) if flip else crop for crop, flip in zip(crops, flips, strict=True)])


def accuracy_of(
    reference: str,
    images: ImageSet,
    profile: Profile,
    setting: tuple[str, float, float, int],
    seed: int,
    augmented: bool,
    steps: int,
    device: str,
) -> float:
    """One run: train for so many steps, return the share of held-out images that are classified rightly."""
    kind, rate, momentum, size = setting
    torch.manual_seed(seed)
    module, _, name = reference.partition(":")
    kind_of_network = getattr(importlib.import_module(module), name)
    network = (kind_of_network(dropout=0.5) if augmented else kind_of_network()).to(device)
    optimizer, loss = optimizer_for(network, kind, rate, momentum), nn.CrossEntropyLoss()
    pixels = np.load(images.visible / "train_images.npy", mmap_mode="r")
    labels = torch.from_numpy(np.load(images.visible / "train_labels.npy"))
    order, at = torch.randperm(len(labels)), 0
    network.train()
    for _ in range(steps):
        if at + size > len(order):
            order, at = torch.randperm(len(labels)), 0
        batch = order[at : at + size]
        at += size
        batch = batch.sort().values
        given = scaled(pixels[batch.numpy()]).to(device)
        optimizer.zero_grad()
        loss(network(cropped_and_flipped(given) if augmented else given), labels[batch].to(device)).backward()
        optimizer.step()
    network.eval()
    held_out = np.load(images.held_out / "images.npy", mmap_mode="r")[: profile.held_out]
    truth = torch.from_numpy(np.load(images.held_out / "labels.npy")[: profile.held_out])
    with torch.no_grad():
        parts = [scaled(held_out[i : i + 250]) for i in range(0, len(truth), 250)]
        parts = [part[:, :, 2:30, 2:30] for part in parts] if augmented else parts
        predicted = torch.cat([network(part.to(device)).argmax(1).cpu() for part in parts])
    return float((predicted == truth).float().mean())


def calibrate(
    reference: str, images: ImageSet, profile: Profile, steps: int, runs: int, device: str
) -> Iterator[CalibrationRun]:
    """All settings of the plain network, then the first one with crops, flips and dropout; each as it is done."""
    plain = [(setting, False) for setting in SETTINGS]
    for setting, augmented in [*plain, (SETTINGS[0], True)]:
        kind, rate, momentum, size = setting
        accuracies = tuple(
            round(accuracy_of(reference, images, profile, setting, seed, augmented, steps, device), 4)
            for seed in range(runs)
        )
        yield CalibrationRun(
            profile=profile.name,
            data=images.source,
            optimizer=kind,
            rate=rate,
            momentum=momentum,
            batch_size=size,
            steps=steps,
            augmented=augmented,
            accuracies=accuracies,
            mean=round(mean(accuracies), 4),
            spread=round(stdev(accuracies), 4),
            device=device_words(device),
            versions={"torch": torch.__version__, "numpy": np.__version__},
        )


def device_words(device: str) -> str:
    if device.startswith("cuda"):
        return torch.cuda.get_device_name(device)
    return f"cpu, {torch.get_num_threads()} threads"


def bring_up_to_date(
    path: Path, new: Sequence[CalibrationRun] = (), approaches: Sequence[ApproachRun] = ()
) -> None:
    """Rows of the same profile and data, and of the same approach, are replaced, the others kept."""
    stored = Calibration.model_validate_json(path.read_bytes()) if path.exists() else Calibration()
    replaced = {(run.profile, run.data) for run in new}
    kept = [run for run in stored.runs if (run.profile, run.data) not in replaced]
    again = {(run.mode, run.network) for run in approaches}
    others = [run for run in stored.approaches if (run.mode, run.network) not in again]
    held = Calibration(runs=(*kept, *new), approaches=(*others, *approaches))
    path.write_text(held.model_dump_json(indent=1) + "\n", encoding="utf-8")
