"""Trains the reference under a profile, several times with each setting: `python -m grader.evaluation.calibrate -h`.

What it writes, calibration.json, is what accuracy bands follow from. Training is that of the labs: images scaled to [0, 1],
shuffled each epoch, cross-entropy, the reference's own initialisation; accuracy on the judge's held-out images.
"""

import argparse
import importlib
from pathlib import Path

import numpy as np
import torch
from torch import nn

from grader.datasets.store import ImageSet, default_cache, prepare
from grader.profiles import profile_for
from grader.schema.calibration import Calibration, CalibrationRun
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
    augmented: bool = False,
) -> float:
    """One run: train for the profile's steps, return the share of held-out images that are classified rightly."""
    kind, rate, momentum, size = setting
    torch.manual_seed(seed)
    module, _, name = reference.partition(":")
    kind_of_network = getattr(importlib.import_module(module), name)
    network = kind_of_network(dropout=0.5) if augmented else kind_of_network()
    optimizer, loss = optimizer_for(network, kind, rate, momentum), nn.CrossEntropyLoss()
    pixels = np.load(images.visible / "train_images.npy", mmap_mode="r")
    labels = torch.from_numpy(np.load(images.visible / "train_labels.npy"))
    order, at = torch.randperm(len(labels)), 0
    network.train()
    for _ in range(profile.train_steps or 0):
        if at + size > len(order):
            order, at = torch.randperm(len(labels)), 0
        batch = order[at : at + size]
        at += size
        batch = batch.sort().values
        given = scaled(pixels[batch.numpy()])
        optimizer.zero_grad()
        loss(network(cropped_and_flipped(given) if augmented else given), labels[batch]).backward()
        optimizer.step()
    network.eval()
    held_out = np.load(images.held_out / "images.npy", mmap_mode="r")[: profile.held_out]
    truth = torch.from_numpy(np.load(images.held_out / "labels.npy")[: profile.held_out])
    with torch.no_grad():
        parts = [scaled(held_out[i : i + 250]) for i in range(0, len(truth), 250)]
        parts = [part[:, :, 2:30, 2:30] for part in parts] if augmented else parts
        predicted = torch.cat([network(part).argmax(1) for part in parts])
    return float((predicted == truth).float().mean())


def calibrate(
    reference: str, images: ImageSet, profile: Profile, runs: int, device: str
) -> list[CalibrationRun]:
    """All settings; prints each as it comes."""
    found = []
    plain = [(setting, False) for setting in SETTINGS]
    for setting, augmented in [*plain, (SETTINGS[0], True)]:
        accuracies = tuple(
            round(accuracy_of(reference, images, profile, setting, seed, augmented), 4)
            for seed in range(runs)
        )
        kind, rate, momentum, size = setting
        print(f"{kind} rate {rate} momentum {momentum} batch {size} {augmented=}: {accuracies}", flush=True)
        found.append(
            CalibrationRun(
                profile=profile.name,
                data=images.source,
                optimizer=kind,
                rate=rate,
                momentum=momentum,
                batch_size=size,
                steps=profile.train_steps or 0,
                augmented=augmented,
                accuracies=accuracies,
                device=device,
                versions={"torch": torch.__version__, "numpy": np.__version__},
            )
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reference", help="module:class, e.g. reference.cifar_net:CifarNet")
    parser.add_argument("file", type=Path, help="the calibration.json to bring up to date")
    parser.add_argument("--data", type=Path, help="real images; without it, the stand-in")
    parser.add_argument("--runs", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    images = prepare("cifar10", arguments.data, default_cache())
    profile = profile_for("quick", images.source)
    new = calibrate(arguments.reference, images, profile, arguments.runs, f"cpu, {arguments.threads} threads")
    stored = (
        Calibration.model_validate_json(arguments.file.read_bytes())
        if arguments.file.exists()
        else Calibration()
    )
    kept = [run for run in stored.runs if (run.profile, run.data) != ("quick", images.source)]
    arguments.file.write_text(Calibration(runs=(*kept, *new)).model_dump_json(indent=1) + "\n")


if __name__ == "__main__":
    main()
