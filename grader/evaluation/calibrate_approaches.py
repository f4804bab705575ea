"""Trains the reference's comparison of approaches several times: how far accuracies of two runs of the same code are apart.

With real images and published weights, as written: the work of `grade calibrate` for a lab that compares approaches.
"""

import importlib
from argparse import Namespace
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, stdev

import torch

from grader.evaluation.calibrate import device_words
from grader.schema.calibration import ApproachRun
from grader.schema.claims import Mode

SIZE, IMAGES, EPOCHS = 64, 4000, 2  # a minute for a network on 2 cores; longer trainings spread less
FILES = {
    "squeezenet1_1": "squeezenet1_1-*",
    "alexnet": "alexnet-*",
    "vgg11": "vgg11-*",
    "resnet18": "resnet18-*",
}
ENDINGS: dict[str, Mode] = {"(feat_extract)": "feature_extraction", "(finetuning)": "finetuning"}


def networks_in(weights: Path) -> list[str]:
    """Those of the lab whose published file is there."""
    return [name for name, pattern in FILES.items() if any(weights.glob(f"{pattern}.pth"))]


def approach_of(title: str) -> tuple[Mode, str]:
    """Mode and network of a row of the reference's table: `resnet18 (finetuning)`."""
    network, _, ending = title.rpartition(" ")
    return (ENDINGS[ending], network) if ending in ENDINGS else ("from_scratch", "")


def calibrate_approaches(
    module: str, data: Path, weights: Path, runs: int, device: str
) -> Iterator[ApproachRun]:
    """Every approach of `module`, once for each seed; yields them when all runs are done."""
    lab = importlib.import_module(module)
    accuracies, seconds = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    options = Namespace(
        data=data, weights=weights, networks=networks_in(weights), size=SIZE, images=IMAGES, synthetic=False
    )
    for seed in range(runs):
        torch.manual_seed(seed)
        for row in lab.compare(lab.approaches(options), EPOCHS, device):
            accuracies[row.model].append(round(row.accuracy / 100, 4))
            seconds[row.model].append(row.seconds)
    for title, found in accuracies.items():
        mode, network = approach_of(title)
        yield ApproachRun(
            data="real",
            mode=mode,
            network=network,
            size=SIZE if network else 32,
            images=IMAGES,
            epochs=EPOCHS,
            accuracies=tuple(found),
            mean=round(mean(found), 4),
            spread=round(stdev(found), 4),
            seconds=round(mean(seconds[title]), 2),
            device=device_words(device),
            versions={"torch": torch.__version__},
        )
