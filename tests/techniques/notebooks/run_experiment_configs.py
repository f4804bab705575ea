# %% [markdown]
# # Part 3 as a list of configurations
# Each configuration adds one idea to the previous one; `run_experiment` does the rest.

# %%
import matplotlib.pyplot as plt
import pandas as pd
import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision.transforms as T
from torch.utils.data import DataLoader
from torchvision.datasets import CIFAR10


# %%
class CifarNet(nn.Module):
    def __init__(self, p=0.0, use_bn=False):
        super().__init__()
        self.p = p
        self.use_bn = use_bn
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.conv3 = nn.Conv2d(64, 64, 5, padding=2)
        if use_bn:
            self.bn1 = nn.BatchNorm2d(32)
            self.bn2 = nn.BatchNorm2d(64)
            self.bn3 = nn.BatchNorm2d(64)
        self.fc4 = nn.Linear(1024, 1000)
        self.fc5 = nn.Linear(1000, 10)

    def forward(self, x):
        for i in (1, 2, 3):
            x = getattr(self, f"conv{i}")(x)
            if self.use_bn:
                x = getattr(self, f"bn{i}")(x)
            x = F.max_pool2d(F.relu(x), 2)
        x = F.relu(self.fc4(x.flatten(1)))
        if self.p > 0:
            x = F.dropout(x, self.p, self.training)
        return self.fc5(x)


def make_data(normalize, augment, batch_size):
    tail = [T.ToTensor()]
    if normalize:
        tail += [T.Normalize((0.491, 0.482, 0.447), (0.202, 0.199, 0.201))]
    # zero padding, so that every image keeps its size and the network does not change
    head = [T.RandomCrop(32, padding=4), T.RandomHorizontalFlip()] if augment else []
    train = CIFAR10("data", train=True, download=True, transform=T.Compose(head + tail))
    test = CIFAR10("data", train=False, download=True, transform=T.Compose(tail))
    return DataLoader(train, batch_size, shuffle=True), DataLoader(test, 2 * batch_size)


# %%
def run_experiment(name, normalize=False, augment=False, gamma=None, p=0.0, use_bn=False, lr=0.1, epochs=15):
    torch.manual_seed(0)
    train_loader, test_loader = make_data(normalize, augment, batch_size=128)
    model = CifarNet(p, use_bn)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    scheduler = None
    if gamma is not None:
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: gamma**epoch)
    rows = []
    for epoch in range(epochs):
        model.train()
        loss_sum = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            loss_sum += loss.item()
        model.eval()
        right = 0
        with torch.no_grad():
            for x, y in test_loader:
                right += (model(x).argmax(1) == y).sum().item()
        rows.append(
            {
                "name": name,
                "epoch": epoch + 1,
                "lr": optimizer.param_groups[0]["lr"],
                "loss": loss_sum / len(train_loader),
                "accuracy": right / len(test_loader.dataset),
            }
        )
        if scheduler is not None:
            scheduler.step()
    print(rows[-1])
    return rows


# %%
changes = [
    {"name": "base"},
    {"name": "+ normalisation", "normalize": True},
    {"name": "+ augmentation", "augment": True},
    {"name": "+ decay", "gamma": 0.95},
    {"name": "+ dropout", "p": 0.5},
    {"name": "+ batch norm", "use_bn": True},
]
config, records = {}, []
for change in changes:
    config = {**config, **change}
    records += run_experiment(**config)

# %%
df = pd.DataFrame(records)
print(df.groupby("name", sort=False)["accuracy"].max())
for name, group in df.groupby("name", sort=False):
    plt.plot(group["epoch"], group["accuracy"], label=name)
plt.legend()
plt.show()
