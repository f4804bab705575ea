"""Run in a process of its own: loops that go through a loader or leave it; argument: the evidence folder.

Each trains a network of its own, in a cell that ends without an error but for the last one.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset, IterableDataset, Sampler, TensorDataset

from tests.unit.probe.apart import watching

Pairs = Iterable[tuple[torch.Tensor, torch.Tensor]]
LENGTH, BATCH = 6, 4
DATA = TensorDataset(torch.rand(LENGTH * BATCH, 3, 4, 4), torch.arange(LENGTH * BATCH) % 10)


class Endless(IterableDataset[tuple[torch.Tensor, torch.Tensor]]):
    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        return iter(DATA)


class Ordered(Sampler[int]):
    """Without a length."""

    def __iter__(self) -> Iterator[int]:
        return iter(range(LENGTH * BATCH))


def loader(
    data: Dataset[tuple[torch.Tensor, torch.Tensor]] = DATA,
) -> DataLoader[tuple[torch.Tensor, torch.Tensor]]:
    return DataLoader(data, BATCH)


def zipped() -> Pairs:
    return (first for first, _ in zip(loader(), DataLoader(DATA, 2 * BATCH), strict=False))


LOOPS: dict[str, Callable[[], Pairs]] = {
    "whole": loader,
    "break": lambda: islice(loader(), 2),
    "all but asked": lambda: islice(loader(), LENGTH),
    "iterable": lambda: islice(loader(Endless()), 2),
    "sampler": lambda: islice(DataLoader(DATA, BATCH, sampler=Ordered()), 2),
    "zipped": zipped,
    "interrupted": lambda: islice(loader(), 2),
}


def train(batches: Pairs) -> nn.Module:
    net = nn.Sequential(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(8, 10))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for images, labels in batches:
        optimizer.zero_grad()
        F.cross_entropy(net(images), labels).backward()
        optimizer.step()
    return net


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    watcher = watching(folder)
    networks = []  # alive until the end, as in a notebook
    for name, batches in LOOPS.items():
        networks.append(train(batches()))
        watcher.cell_ended(without_error=name != "interrupted")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
