# %%
from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torchvision.datasets import CIFAR10
from torchvision.transforms import v2

ROOT = Path("./data")
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")

# %%
preprocess = v2.Compose(
    [
        v2.ToImage(),
        v2.ToDtype(torch.float32, scale=True),
        v2.Normalize(mean=[0.491, 0.482, 0.447], std=[0.202, 0.199, 0.201]),
    ]
)
train_loader: DataLoader[tuple[Tensor, Tensor]] = DataLoader(
    CIFAR10(ROOT, train=True, download=True, transform=preprocess), batch_size=128, shuffle=True
)
test_loader: DataLoader[tuple[Tensor, Tensor]] = DataLoader(
    CIFAR10(ROOT, train=False, download=True, transform=preprocess), batch_size=512
)


# %%
class ConvStage(nn.Sequential):
    """5x5 convolution, ReLU, 2x2 max-pooling: halves height and width."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(nn.Conv2d(channels_in, channels_out, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2))


class CifarNet(nn.Module):
    def __init__(
        self, channels: Iterable[int] = (3, 32, 64, 64), *, hidden: int = 500, classes: int = 10
    ) -> None:
        super().__init__()
        widths = list(channels)
        self.stages = nn.Sequential(*(ConvStage(i, o) for i, o in zip(widths, widths[1:], strict=False)))
        self.head = nn.Sequential(
            nn.Linear(widths[-1] * 4 * 4, hidden), nn.ReLU(), nn.Linear(hidden, classes)
        )

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.stages(images).flatten(start_dim=1))


class Metrics(NamedTuple):
    loss: float
    accuracy: float


# %%
def train_epoch(model: nn.Module, optimizer: torch.optim.Optimizer) -> float:
    model.train()
    total = torch.zeros((), device=DEVICE)
    for images, labels in train_loader:
        logits = model(images.to(DEVICE))
        loss = nn.functional.cross_entropy(logits, labels.to(DEVICE))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.detach()
    return float(total) / len(train_loader)


@torch.inference_mode()
def evaluate(model: nn.Module, loader: DataLoader[tuple[Tensor, Tensor]]) -> Metrics:
    model.eval()
    loss, hits, seen = 0.0, 0, 0
    for images, labels in loader:
        logits = model(images.to(DEVICE)).cpu()
        loss += nn.functional.cross_entropy(logits, labels, reduction="sum").item()
        hits += int((logits.argmax(dim=1) == labels).sum())
        seen += len(labels)
    return Metrics(loss / seen, hits / seen)


# %%
model = CifarNet().to(DEVICE)
print(sum(p.numel() for p in model.parameters()), "parameters")
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
history: list[Metrics] = []
for epoch in range(1, 11):
    train_loss = train_epoch(model, optimizer)
    history.append(evaluate(model, test_loader))
    print(f"{epoch=} {train_loss=:.3f} test={history[-1]}")

# %%
fig, ax = plt.subplots()
ax.plot([m.accuracy for m in history], label="test accuracy")
ax.legend()
plt.show()
