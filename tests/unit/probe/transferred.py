"""Run in a process of its own: published weights without a network; then the head alone is trained, and after it everything.

Arguments: the evidence folder, and a folder with squeezenet1_0's file.
"""

import os
import sys
import time
from pathlib import Path

import torch
import torchvision
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from grader.probe import loaders, patches, published
from grader.probe.cells import Cells
from grader.probe.config import Config
from grader.probe.watcher import Watcher

SIDE, ROWS, STEPS = 64, 4, 4
FILE = "squeezenet1_0-b66bff10.pth"


def train(
    network: nn.Module, optimizer: torch.optim.Optimizer, loader: DataLoader[tuple[torch.Tensor, ...]]
) -> None:
    for images, labels in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(images), labels).backward()
        optimizer.step()


def main(evidence: Path, weights: Path) -> None:
    held = torchvision.models.squeezenet1_0().state_dict()
    torch.save(held, weights / FILE)
    own = weights / "own.pth"
    torch.save({"model": held}, own)
    os.utime(own, (time.time() - 3600,) * 2)
    config = Config(
        evidence=str(evidence), images={}, classes={}, cells=[], train_steps=100, train_samples=None, eval_samples=500,
        tiny_batch=2, seed=0, threads=1, batch_pixels=ROWS * SIDE * SIDE,
    )  # fmt: skip
    watcher = Watcher(config, Cells([]))
    loaders.install(watcher)
    patches.install(watcher)
    published.install(watcher, weights)

    models = torchvision.models
    torch.manual_seed(1)
    models.squeezenet1_1()
    drawn = torch.rand(3)
    torch.manual_seed(1)
    network = models.squeezenet1_1(weights="DEFAULT")
    assert torch.equal(torch.rand(3), drawn), "handing out weights drew random numbers"
    for other in (
        models.squeezenet1_1(pretrained=True),
        torch.hub.load("pytorch/vision", "squeezenet1_1", pretrained=True),
    ):
        assert all(torch.equal(a, b) for a, b in zip(network.parameters(), other.parameters(), strict=True))
    url = f"https://download.invalid/models/{FILE}"
    assert torch.equal(
        torch.hub.load_state_dict_from_url(url)["features.0.weight"], held["features.0.weight"]
    )
    torch.load(own)

    network.classifier[1] = nn.Conv2d(512, 10, 1)
    count = STEPS * ROWS
    images, labels = torch.rand(2 * count, 3, SIDE, SIDE), torch.arange(2 * count) % 10
    loader = DataLoader(TensorDataset(images, labels), batch_size=2 * ROWS)
    network.features.requires_grad_(False)
    train(network, torch.optim.SGD(network.classifier.parameters(), lr=0.01), loader)
    network.features.requires_grad_(True)
    train(network, torch.optim.SGD(network.parameters(), lr=0.01), loader)
    watcher.cell_ended()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
