# %%
"""Batch normalisation through F.batch_norm, with parameters and running averages of our own."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms


class ConvNorm(nn.Module):
    def __init__(self, c_in: int, c_out: int):
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, 5, padding=2)
        self.gamma = nn.Parameter(torch.ones(c_out))
        self.beta = nn.Parameter(torch.zeros(c_out))
        self.register_buffer("running_mean", torch.zeros(c_out))
        self.register_buffer("running_var", torch.ones(c_out))

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        x = F.batch_norm(
            x,
            self.running_mean,
            self.running_var,
            self.gamma,
            self.beta,
            training=self.training,
            momentum=0.1,
        )
        return F.max_pool2d(F.relu(x), 2)


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.c2, self.c3 = ConvNorm(3, 32), ConvNorm(32, 64), ConvNorm(64, 64)
        self.fc4, self.fc5 = nn.Linear(1024, 1000), nn.Linear(1000, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.c3(self.c2(self.c1(x)))
        return self.fc5(F.relu(self.fc4(x.flatten(1))))


# %%
def loaders(batch_size: int) -> tuple[DataLoader, DataLoader]:
    sets = [datasets.CIFAR10("data", t, transforms.ToTensor(), download=True) for t in (True, False)]
    return DataLoader(sets[0], batch_size, shuffle=True), DataLoader(sets[1], batch_size)


def train(model: nn.Module, data: DataLoader, optimizer: torch.optim.Optimizer) -> float:
    model.train()
    loss_sum = 0.0
    for x, y in data:
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss_sum += loss.item()
    return loss_sum / len(data)


def test(model: nn.Module, data: DataLoader) -> tuple[float, float]:
    model.eval()
    loss_sum, right, n = 0.0, 0, 0
    with torch.no_grad():
        for x, y in data:
            out = model(x)
            loss_sum += F.cross_entropy(out, y, reduction="sum").item()
            right += int((out.argmax(1) == y).sum())
            n += len(x)
    return loss_sum / n, right / n


# %%
torch.manual_seed(3)
train_data, test_data = loaders(128)
model = Classifier()
print(sum(p.numel() for p in model.parameters()), "parameters, 320 more than before")
sgd = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(1, 16):
    print(epoch, train(model, train_data, sgd), *test(model, test_data))
