# %% [markdown]
# # CNN on CIFAR-10: base network and five improvements, one after the other

# %%
import matplotlib.pyplot as plt
import torch
import torch.nn as nn
from torch.utils.data import DataLoader
from torchvision import datasets
from torchvision import transforms as T

EPOCHS, LR, BATCH = 20, 0.1, 128
results = {}


def get_loaders(train_transform, test_transform):
    train = datasets.CIFAR10("./data", train=True, download=True, transform=train_transform)
    test = datasets.CIFAR10("./data", train=False, download=True, transform=test_transform)
    return DataLoader(train, BATCH, shuffle=True, num_workers=2), DataLoader(test, BATCH, num_workers=2)


def fit(name, net, loaders, decay=None):
    train_loader, test_loader = loaders
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=LR)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, decay) if decay else None
    results[name] = []
    for epoch in range(EPOCHS):
        net.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            criterion(net(x), y).backward()
            optimizer.step()
        if scheduler:
            scheduler.step()
        net.eval()
        with torch.no_grad():
            good = sum((net(x).argmax(1) == y).sum().item() for x, y in test_loader)
        results[name].append(good / len(test_loader.dataset))
        print(f"{name}: epoch {epoch + 1}, test accuracy {results[name][-1]:.3f}")


# %% [markdown]
# ## Base


# %%
class BaseNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(64, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        )  # fmt: skip
        self.classifier = nn.Sequential(nn.Linear(1024, 1000), nn.ReLU(), nn.Linear(1000, 10))

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


fit("base", BaseNet(), get_loaders(T.ToTensor(), T.ToTensor()))

# %% [markdown]
# ## + standardisation


# %%
class NormNet(BaseNet):
    """Same layers; its images are standardised."""


standardise = T.Compose([T.ToTensor(), T.Normalize([0.491, 0.482, 0.447], [0.202, 0.199, 0.201])])
fit("+ standardisation", NormNet(), get_loaders(standardise, standardise))

# %% [markdown]
# ## + data augmentation


# %%
class CropNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(64, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True),
        )  # fmt: skip
        self.classifier = nn.Sequential(nn.Linear(1024, 1000), nn.ReLU(), nn.Linear(1000, 10))

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


augment = T.Compose([T.RandomCrop(28), T.RandomHorizontalFlip(), standardise])
centre = T.Compose([T.CenterCrop(28), standardise])
fit("+ augmentation", CropNet(), get_loaders(augment, centre))

# %% [markdown]
# ## + exponential decay of the learning rate


# %%
class DecayNet(CropNet):
    """Same layers; trained with a decreasing learning rate."""


fit("+ decay", DecayNet(), get_loaders(augment, centre), decay=0.95)

# %% [markdown]
# ## + dropout


# %%
class DropNet(CropNet):
    def __init__(self):
        super().__init__()
        self.classifier = nn.Sequential(
            nn.Linear(1024, 1000), nn.ReLU(), nn.Dropout(0.5), nn.Linear(1000, 10)
        )


fit("+ dropout", DropNet(), get_loaders(augment, centre), decay=0.95)

# %% [markdown]
# ## + batch normalisation


# %%
class BatchNormNet(DropNet):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 32, 5, padding=2), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 5, padding=2), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(64, 64, 5, padding=2), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True),
        )  # fmt: skip


fit("+ batch norm", BatchNormNet(), get_loaders(augment, centre), decay=0.95)

# %%
for name, curve in results.items():
    plt.plot(curve, label=name)
plt.legend()
plt.show()
