"""Run in a process of its own: trains the same network without and with the probe; argument: the evidence folder.

Writes the weights beside the evidence: plain.safetensors and watched.safetensors, and the same of a training on crops.
"""

import sys
import warnings
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset, TensorDataset
from torchvision import transforms

from grader.probe.sources import Origin, register
from tests.unit.probe.apart import watching

STEPS, BATCH = 10, 8


class Net(nn.Module):
    """Draws random numbers in every training step."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.drop, self.fc = nn.Dropout(0.5), nn.Linear(64, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.max_pool2d(F.relu(self.norm(self.conv(x))), 2)
        scores: torch.Tensor = self.fc(self.drop(x.flatten(1)))
        return scores


class Pictures(Dataset[tuple[torch.Tensor, int]]):
    """Like torchvision's CIFAR10, with a transform that draws random numbers."""

    def __init__(self, split: str) -> None:
        generator = torch.Generator().manual_seed(3)
        shape = (STEPS * BATCH, 32, 32, 3)
        self.data = torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8).numpy()
        self.targets = [i % 10 for i in range(len(self.data))]
        steps = [transforms.RandomCrop(8), transforms.RandomHorizontalFlip(), transforms.ToTensor()]
        self.transform = transforms.Compose(steps)
        self.transforms = None
        register(self, Origin("CIFAR10", split))

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return self.transform(Image.fromarray(self.data[index])), self.targets[index]


def data(split: str) -> TensorDataset:
    generator = torch.Generator().manual_seed(3)
    images = torch.rand(STEPS * BATCH, 3, 8, 8, generator=generator)
    dataset = TensorDataset(images, torch.arange(STEPS * BATCH) % 10)
    register(dataset, Origin("CIFAR10", split))
    return dataset


def train(zero: bool = True) -> Net:
    """Two epochs and an evaluation."""
    torch.manual_seed(0)
    net = Net()
    with warnings.catch_warnings():  # as TensorBoard's add_graph does; tracing is deprecated
        warnings.simplefilter("ignore")
        torch.jit.trace(net.eval(), torch.zeros(2, 3, 8, 8), check_trace=False)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.5)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    for _ in range(2):
        net.train()
        for images, labels in DataLoader(data("train"), BATCH, shuffle=True):
            if zero:
                optimizer.zero_grad()
            F.cross_entropy(net(images), labels).backward()
            optimizer.step()
        scheduler.step()
    net.eval()
    with torch.no_grad():
        for images, _ in DataLoader(data("test"), 16):
            net(images)
    return net


def train_on_crops() -> Net:
    """One epoch of images that the loader crops and flips, and one that the loop flips."""
    torch.manual_seed(0)
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for turned in (False, True):
        for images, labels in DataLoader(Pictures("train"), BATCH, shuffle=True):
            given = images.flip(3) if turned else images
            optimizer.zero_grad()
            F.cross_entropy(net(given), labels).backward()
            optimizer.step()
    return net


def train_by_hand() -> Net:
    """Plain tensors, no loader, no optimizer, and a layer left out."""
    torch.manual_seed(0)
    net = Net()
    whole = data("train").tensors
    for start in range(0, STEPS * BATCH, BATCH):
        loss = nn.NLLLoss()(
            F.softmax(net(whole[0][start : start + BATCH]), 1), whole[1][start : start + BATCH]
        )
        net.zero_grad()
        loss.backward()
        with torch.no_grad():
            for parameter in net.fc.parameters():
                assert parameter.grad is not None
                parameter -= 0.1 * parameter.grad
    return net


def train_frozen() -> Net:
    """Nothing can be learned, and the loop goes through all the same."""
    torch.manual_seed(0)
    net = Net().requires_grad_(False)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for images, labels in DataLoader(data("train"), BATCH):
        F.cross_entropy(net(images), labels).requires_grad_().backward()
        optimizer.step()
    return net


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    plain, plain_crops = train(), train_on_crops()
    watcher = watching(folder)
    watched = train()
    others = train(zero=False), train_by_hand()
    crops = train_on_crops()
    frozen = train_frozen()
    watcher.cell_ended()
    networks = {"plain": plain, "watched": watched, "plain_crops": plain_crops, "watched_crops": crops}
    for name, network in networks.items():
        save_file(network.state_dict(), folder / f"{name}.safetensors")
    del others, frozen  # alive until here, as in a notebook


if __name__ == "__main__":
    main(Path(sys.argv[1]))
