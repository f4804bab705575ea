"""Run in a process of its own: trainings that go on after their budget, on a machine where every network is expensive.

The network crops its images itself. It is trained from a loader, then from tensors; argument: the evidence folder.
"""

import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from grader.probe import spent
from tests.unit.probe.apart import watching
from tests.unit.probe.watched_training import BATCH, STEPS, data

EPOCHS = 4


class Crops(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 4, 3, padding=1), nn.Linear(36, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.fc(F.max_pool2d(self.conv(x[..., 1:7, 1:7]), 2).flatten(1))
        return scores


def train(source: str, drawn: bool = False) -> Crops:
    net = Crops()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    loader, images, labels = DataLoader(data("train"), BATCH), *data("train").tensors
    for epoch in range(EPOCHS):
        if drawn:
            images = images.roll(epoch, 0)
        net.train()
        for x, y in (
            loader if source == "loader" else zip(images.split(BATCH), labels.split(BATCH), strict=True)
        ):
            optimizer.zero_grad()
            F.cross_entropy(net(x), y).backward()
            optimizer.step()
        net.eval()
        with torch.no_grad():
            for x in (
                [x for x, _ in DataLoader(data("test"), BATCH)] if source == "loader" else images.split(BATCH)
            ):
                net(x)
    return net


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    watcher = watching(folder, train_steps=STEPS, eval_samples=2 * BATCH, tiny_batch=2)
    spent.EXPENSIVE = -1.0
    networks = [train("loader"), train("tensors"), train("tensors", drawn=True)]
    watcher.cell_ended()
    del networks  # alive until here, as in a notebook


if __name__ == "__main__":
    main(Path(sys.argv[1]))
