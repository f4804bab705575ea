# %% [markdown]
# CIFAR-10 is small (180 MB): everything is normalised once and kept in memory. The rate is lowered by hand.

# %%
import time

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
import torchvision
from torch import nn

mean = torch.tensor([0.491, 0.482, 0.447])
std = torch.tensor([0.202, 0.199, 0.201])


def load(train):
    ds = torchvision.datasets.CIFAR10("./data", train=train, download=True)
    x = torch.from_numpy(ds.data).float() / 255.0  # (N, 32, 32, 3)
    x = (x - mean) / std
    return x.permute(0, 3, 1, 2).contiguous(), torch.tensor(ds.targets)


X_train, y_train = load(True)
X_test, y_test = load(False)
print(X_train.shape, X_test.shape, X_train.mean().item(), X_train.std().item())


# %%
class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, 1, 2)
        self.conv2 = nn.Conv2d(32, 64, 5, 1, 2)
        self.conv3 = nn.Conv2d(64, 64, 5, 1, 2)
        self.fc4 = nn.Linear(1024, 1000)
        self.fc5 = nn.Linear(1000, 10)

    def forward(self, x):
        x = F.max_pool2d(self.conv1(x).relu(), 2)
        x = F.max_pool2d(self.conv2(x).relu(), 2)
        x = F.max_pool2d(self.conv3(x).relu(), 2)
        return self.fc5(self.fc4(x.flatten(1)).relu())


def batches(X, y, size, shuffle):
    order = torch.randperm(len(X)) if shuffle else torch.arange(len(X))
    for part in order.split(size):
        yield X[part], y[part]


# %%
model = ConvNet()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
losses, accs = [], []
for epoch in range(8):
    start = time.time()
    model.train()
    total = 0.0
    for xb, yb in batches(X_train, y_train, 128, shuffle=True):
        loss = F.cross_entropy(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(yb)
    losses.append(total / len(y_train))

    model.eval()
    good = 0
    with torch.no_grad():
        for xb, yb in batches(X_test, y_test, 500, shuffle=False):
            good += (model(xb).argmax(1) == yb).sum().item()
    accs.append(good / len(y_test))

    for group in optimizer.param_groups:
        group["lr"] *= 0.95
    print(f"epoch {epoch + 1} ({time.time() - start:.0f} s): loss {losses[-1]:.3f}, test {accs[-1]:.3f}")

# %%
plt.plot(losses)
plt.plot(accs)
plt.show()
