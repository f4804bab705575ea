# %% [markdown]
# # Part 3: which improvement helps, taken alone?
# Every experiment below starts again from the base network and changes one thing.

# %%
import functools

import matplotlib.pyplot as plt
import torch
import torch.nn as nn
from torch.optim import SGD
from torch.optim.lr_scheduler import ExponentialLR
from torch.utils.data import DataLoader
from torchvision.datasets import CIFAR10
from torchvision.transforms import v2

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
as_tensor = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])


def network(dropout=nn.Identity, norm=nn.Identity, ceil=False):
    return nn.Sequential(
        nn.Conv2d(3, 32, 5, padding=2), norm(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 5, padding=2), norm(64), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(64, 64, 5, padding=2), norm(64), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=ceil),
        nn.Flatten(), nn.Linear(1024, 1000), nn.ReLU(), dropout(), nn.Linear(1000, 10),
    ).to(DEVICE)  # fmt: skip


def data(train_tf=as_tensor, test_tf=as_tensor):
    train = CIFAR10("./data", train=True, download=True, transform=train_tf)
    test = CIFAR10("./data", train=False, download=True, transform=test_tf)
    return DataLoader(train, batch_size=128, shuffle=True), DataLoader(test, batch_size=256)


def experiment(model, train, test, schedule=None, epochs=15):
    opt = SGD(model.parameters(), lr=0.1)
    sched = schedule(opt) if schedule is not None else None
    curve = []
    for epoch in range(epochs):
        model.train()
        for x, y in train:
            loss = nn.functional.cross_entropy(model(x.to(DEVICE)), y.to(DEVICE))
            opt.zero_grad()
            loss.backward()
            opt.step()
        if sched is not None:
            sched.step()
        model.eval()
        hits = n = 0
        with torch.inference_mode():
            for x, y in test:
                hits += (model(x.to(DEVICE)).argmax(1).cpu() == y).sum().item()
                n += len(y)
        curve.append(hits / n)
        print(f"epoch {epoch + 1:2d}: {curve[-1]:.4f}")
    return curve


curves = {}

# %% [markdown]
# ## 0. The base network
# %%
curves["base"] = experiment(network(), *data())

# %% [markdown]
# ## 1. Standardisation alone
# %%
normalised = v2.Compose([as_tensor, v2.Normalize((0.491, 0.482, 0.447), (0.202, 0.199, 0.201))])
curves["standardisation"] = experiment(network(), *data(normalised, normalised))

# %% [markdown]
# ## 2. Augmentation alone
# %%
crop_flip = v2.Compose([v2.RandomCrop(28), v2.RandomHorizontalFlip(), as_tensor])
centre_crop = v2.Compose([v2.CenterCrop(28), as_tensor])
curves["augmentation"] = experiment(network(ceil=True), *data(crop_flip, centre_crop))

# %% [markdown]
# ## 3. Exponential decay alone
# %%
curves["decay"] = experiment(network(), *data(), schedule=functools.partial(ExponentialLR, gamma=0.95))

# %% [markdown]
# ## 4. Dropout alone
# %%
curves["dropout"] = experiment(network(dropout=nn.Dropout), *data())

# %% [markdown]
# ## 5. Batch normalisation alone
# %%
curves["batch norm"] = experiment(network(norm=nn.BatchNorm2d), *data())

# %% [markdown]
# ## Comparison
# %%
for name, curve in curves.items():
    plt.plot(curve, label=f"{name} ({max(curve):.1%})")
plt.xlabel("epoch")
plt.ylabel("test accuracy")
plt.legend()
plt.show()
