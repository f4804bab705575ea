# %%
import math
from dataclasses import dataclass, field

import torch
from torch import nn
from torch.optim import SGD, lr_scheduler
from torch.utils.data import DataLoader
from torchvision.datasets import CIFAR10
from torchvision.transforms import ToTensor


@dataclass
class Config:
    widths: list[int] = field(default_factory=lambda: [32, 64, 64])
    hidden: int = 1000
    lr: float = 0.1
    gamma: float = 0.95
    epochs: int = 30
    batch_size: int = 128


cfg = Config()


# %%
class BNConvNet(nn.Module):
    """conv -> batch norm -> ReLU -> pool, three times, then two dense layers."""

    def __init__(self, cfg):
        super().__init__()
        self.convs, self.norms = nn.ModuleList(), nn.ModuleList()
        previous = 3
        for width in cfg.widths:
            self.convs.append(nn.Conv2d(previous, width, 5, padding=2))
            self.norms.append(nn.BatchNorm2d(width))
            previous = width
        side = 32 // 2 ** len(cfg.widths)
        self.fc4 = nn.Linear(previous * side**2, cfg.hidden)
        self.fc5 = nn.Linear(cfg.hidden, 10)

    def forward(self, x):
        for conv, norm in zip(self.convs, self.norms):
            x = conv(x)
            x = norm(x)
            x = nn.functional.relu(x)
            x = nn.functional.max_pool2d(x, 2)
        x = nn.functional.relu(self.fc4(x.flatten(1)))
        return self.fc5(x)


# %%
class Trainer:
    def __init__(self, model, cfg):
        self.model, self.cfg = model, cfg
        self.optimizer = SGD(model.parameters(), lr=cfg.lr)
        self.scheduler = lr_scheduler.ExponentialLR(self.optimizer, gamma=cfg.gamma)
        self.train_loader = self.loader(train=True)
        self.test_loader = self.loader(train=False)
        self.best = -math.inf

    def loader(self, train):
        dataset = CIFAR10("./data", train=train, transform=ToTensor(), download=True)
        return DataLoader(dataset, batch_size=self.cfg.batch_size, shuffle=train)

    def run(self):
        for epoch in range(self.cfg.epochs):
            loss = self.train_epoch()
            accuracy = self.evaluate()
            self.best = max(self.best, accuracy)
            print(f"{epoch:3d}  lr {self.scheduler.get_last_lr()[0]:.5f}  {loss:.4f}  {accuracy:.4f}")
            self.scheduler.step()
        return self.best

    def train_epoch(self):
        self.model.train()
        total = 0.0
        for images, labels in self.train_loader:
            loss = nn.functional.cross_entropy(self.model(images), labels)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            total += loss.item()
        return total / len(self.train_loader)

    @torch.no_grad()
    def evaluate(self):
        self.model.eval()
        correct = 0
        for images, labels in self.test_loader:
            correct += int((self.model(images).argmax(1) == labels).sum())
        return correct / len(self.test_loader.dataset)


# %%
model = BNConvNet(cfg)
print(sum(p.numel() for p in model.parameters()))  # 1,191,490
print("best test accuracy", Trainer(model, cfg).run())
