# %%
from __future__ import annotations

import matplotlib.pyplot as plt
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torchvision.datasets import CIFAR10
from torchvision.transforms import v2

MEAN, STD = [0.491, 0.482, 0.447], [0.202, 0.199, 0.201]
to_normalised = [
    v2.ToImage(),
    v2.ToDtype(torch.float32, scale=True),
    v2.Normalize(mean=MEAN, std=STD),
]
train_transform = v2.Compose([v2.RandomCrop(size=28), v2.RandomHorizontalFlip(p=0.5), *to_normalised])
test_transform = v2.Compose([v2.CenterCrop(size=28), *to_normalised])


def loader(train: bool, transform: v2.Transform, batch_size: int = 128) -> DataLoader[tuple[Tensor, Tensor]]:
    dataset = CIFAR10("./data", train=train, download=True, transform=transform)
    return DataLoader(dataset, batch_size=batch_size, shuffle=train)


# %%
class Stage(nn.Module):
    def __init__(self, c_in: int, c_out: int, *, ceil_mode: bool = False) -> None:
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, kernel_size=5, padding=2)
        self.pool = nn.MaxPool2d(kernel_size=2, ceil_mode=ceil_mode)

    def forward(self, x: Tensor) -> Tensor:
        return self.pool(self.conv(x).relu())


class CifarNet(nn.Module):
    def __init__(self, hidden: int = 1000, classes: int = 10) -> None:
        super().__init__()
        self.stages = nn.Sequential(Stage(3, 32), Stage(32, 64), Stage(64, 64, ceil_mode=True))
        self.fc4 = nn.Linear(1024, hidden)
        self.fc5 = nn.Linear(hidden, classes)

    def forward(self, images: Tensor) -> Tensor:
        # (batch, 3, 28, 28) -> 14 -> 7 -> 4, rounded up by the last pooling
        return self.fc5(self.fc4(self.stages(images).flatten(1)).relu())


# %%
def train_epoch(model: nn.Module, data: DataLoader, optimizer: torch.optim.Optimizer) -> float:
    model.train()
    losses: list[float] = []
    for images, labels in data:
        loss = nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return sum(losses) / len(losses)


@torch.inference_mode()
def accuracy(model: nn.Module, data: DataLoader) -> float:
    model.eval()
    hits = [(model(images).argmax(1) == labels).float() for images, labels in data]
    return torch.cat(hits).mean().item()


# %%
model = CifarNet()
train_data, test_data = loader(True, train_transform), loader(False, test_transform, 500)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
curve: list[tuple[float, float]] = []
for epoch in range(1, 26):
    curve.append((train_epoch(model, train_data, optimizer), accuracy(model, test_data)))
    print(f"{epoch=} loss={curve[-1][0]:.3f} test={curve[-1][1]:.1%}")

# %%
fig, ax = plt.subplots()
ax.plot([test for _, test in curve])
ax.set(xlabel="epoch", ylabel="test accuracy")
plt.show()
