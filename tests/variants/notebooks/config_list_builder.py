# %% [markdown]
# ## Building the network from a configuration (as in VGG)

# %%
import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from torch.utils.data import DataLoader
from torchvision import datasets
from torchvision import transforms as T
import matplotlib.pyplot as plt

# %%
CFG = [
    ("conv", 32),
    ("pool",),
    ("conv", 64),
    ("pool",),
    ("conv", 64),
    ("pool",),
    ("flat",),
    ("fc", 1000),
    ("out", 10),
]


def make_layers(cfg, in_channels=3, size=32):
    layers = []
    for kind, *arg in cfg:
        if kind == "conv":
            layers += [nn.Conv2d(in_channels, arg[0], 5, padding=5 // 2), nn.ReLU()]
            in_channels = arg[0]
        elif kind == "pool":
            layers.append(nn.MaxPool2d(2, 2))
            size //= 2
        elif kind == "flat":
            layers.append(nn.Flatten())
            in_channels = in_channels * size * size
        elif kind == "fc":
            layers += [nn.Linear(in_channels, arg[0]), nn.ReLU()]
            in_channels = arg[0]
        elif kind == "out":
            layers.append(nn.Linear(in_channels, arg[0]))
        else:
            raise ValueError(kind)
    return layers


class CNN(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.net = nn.Sequential(*make_layers(cfg))

    def forward(self, x):
        return self.net(x)


# %%
def accuracy(model, loader):
    was_training = model.training
    model.eval()
    good = seen = 0
    with torch.inference_mode():
        for x, y in loader:
            good += int((model(x).argmax(1) == y).sum())
            seen += y.numel()
    model.train(was_training)
    return good / seen


# %%
train_loader = DataLoader(
    datasets.CIFAR10("data", True, T.ToTensor(), download=True), batch_size=128, shuffle=True
)
test_loader = DataLoader(datasets.CIFAR10("data", False, T.ToTensor(), download=True), batch_size=256)

model = CNN(CFG)
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)

curve = []
for epoch in range(12):
    batch_losses = []
    for x, y in train_loader:
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        batch_losses.append(loss.item())
    curve.append((np.mean(batch_losses), accuracy(model, test_loader)))
    print("epoch", epoch, "loss", round(curve[-1][0], 3), "test", round(curve[-1][1], 4))

# %%
curve = np.array(curve)
plt.plot(curve[:, 0], label="train loss")
plt.plot(curve[:, 1], label="test accuracy")
plt.legend()
plt.show()
