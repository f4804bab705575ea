# %% [markdown]
# # Lab 3 (transfer)
# One configuration for each row of the table. Each pretrained network gets the preprocessing it was published with.

# %%
from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Callable

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torchvision import models
from torchvision.datasets import CIFAR10
from torchvision.transforms import v2

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


@dataclass
class Experiment:
    label: str
    build: Callable[[], nn.Module]
    transform: Callable
    lr: float
    epochs: int = 6
    accuracy: float = 0.0
    seconds: list[float] = field(default_factory=list)
    n_trainable: int = 0


# %%
def pretrained(name: str, *, frozen: bool, classes: int = 10) -> nn.Module:
    weights = models.get_model_weights(name).IMAGENET1K_V1
    net = models.get_model(name, weights=weights)
    if frozen:
        net.requires_grad_(False)
    match name:
        case "alexnet":
            net.classifier[-1] = nn.Linear(net.classifier[-1].in_features, classes)
        case "squeezenet1_1":
            net.classifier[1] = nn.Conv2d(net.classifier[1].in_channels, classes, kernel_size=1)
            net.num_classes = classes
    return net


def scratch() -> nn.Module:
    def block(i: int, o: int) -> nn.Sequential:
        return nn.Sequential(
            nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU(), nn.MaxPool2d(2)
        )

    return nn.Sequential(block(3, 32), block(32, 64), block(64, 128), nn.Flatten(), nn.Linear(2048, 10))


def preset(name: str) -> Callable:
    return models.get_model_weights(name).IMAGENET1K_V1.transforms()


plain = v2.Compose(
    [
        v2.ToImage(),
        v2.ToDtype(torch.float32, scale=True),
        v2.Normalize((0.491, 0.482, 0.447), (0.202, 0.199, 0.201)),
    ]
)
experiments = [
    Experiment("From scratch", scratch, plain, lr=1e-3),
    Experiment(
        "AlexNet (feat_extract)", lambda: pretrained("alexnet", frozen=True), preset("alexnet"), lr=1e-3
    ),
    Experiment(
        "AlexNet (finetuning)", lambda: pretrained("alexnet", frozen=False), preset("alexnet"), lr=1e-4
    ),
    Experiment(
        "SqueezeNet (feat_extract)",
        lambda: pretrained("squeezenet1_1", frozen=True),
        preset("squeezenet1_1"),
        lr=1e-3,
    ),
    Experiment(
        "SqueezeNet (finetuning)",
        lambda: pretrained("squeezenet1_1", frozen=False),
        preset("squeezenet1_1"),
        lr=1e-4,
    ),
]


# %%
def train_one_epoch(net: nn.Module, loader: DataLoader, optimizer: torch.optim.Optimizer) -> None:
    net.train()
    for images, labels in loader:
        images, labels = images.to(device, non_blocking=True), labels.to(device, non_blocking=True)
        loss: Tensor = nn.functional.cross_entropy(net(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@torch.inference_mode()
def accuracy(net: nn.Module, loader: DataLoader) -> float:
    net.eval()
    hits = torch.zeros((), device=device)
    seen = 0
    for images, labels in loader:
        hits += (net(images.to(device)).argmax(dim=1) == labels.to(device)).sum()
        seen += len(labels)
    return (hits / seen).item()


def carry_out(experiment: Experiment) -> None:
    torch.manual_seed(42)
    train_set = CIFAR10("data", train=True, transform=experiment.transform, download=True)
    test_set = CIFAR10("data", train=False, transform=experiment.transform, download=True)
    train_loader = DataLoader(train_set, batch_size=128, shuffle=True, num_workers=12, pin_memory=True)
    test_loader = DataLoader(test_set, batch_size=256, num_workers=12, pin_memory=True)
    net = experiment.build().to(device)
    trained = [p for p in net.parameters() if p.requires_grad]
    experiment.n_trainable = sum(p.numel() for p in trained)
    optimizer = torch.optim.AdamW(trained, lr=experiment.lr)
    for _ in range(experiment.epochs):
        start = time.perf_counter()
        train_one_epoch(net, train_loader, optimizer)
        experiment.seconds.append(time.perf_counter() - start)
    experiment.accuracy = accuracy(net, test_loader)


# %%
for experiment in experiments:
    carry_out(experiment)

# %%
print(f"{'Model':<26} {'# trainable params':>18} {'Test accuracy':>14} {'Training time per epoch':>24}")
for e in experiments:
    mean = sum(e.seconds) / len(e.seconds)
    print(f"{e.label:<26} {e.n_trainable:>18,d} {e.accuracy:>14.1%} {mean:>22.1f} s")

# %% [output]
# Model                      # trainable params  Test accuracy  Training time per epoch
# From scratch                          113,962          75.1%                    5.6 s
# AlexNet (feat_extract)                 40,970          82.3%                   41.2 s
# AlexNet (finetuning)               57,044,810          89.7%                   52.9 s
# SqueezeNet (feat_extract)               5,130          82.0%                   43.5 s
# SqueezeNet (finetuning)               727,626          91.2%                   58.1 s
