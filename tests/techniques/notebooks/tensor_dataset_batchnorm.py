# %%
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset
from torchvision.datasets import CIFAR10

# %%
MU = np.array([0.491, 0.482, 0.447], dtype="float32")
SIGMA = np.array([0.202, 0.199, 0.201], dtype="float32")


def as_dataset(cifar):
    X = cifar.data.astype("float32") / 255
    X -= MU
    X /= SIGMA
    return TensorDataset(torch.tensor(np.moveaxis(X, 3, 1).copy()), torch.tensor(cifar.targets))


train_ds = as_dataset(CIFAR10("cifar", train=True, download=True))
test_ds = as_dataset(CIFAR10("cifar", train=False, download=True))
dl = {
    "train": DataLoader(train_ds, batch_size=256, shuffle=True),
    "test": DataLoader(test_ds, batch_size=256),
}


# %%
def block(cin, cout):
    return nn.Sequential(
        nn.Conv2d(cin, cout, 5, padding=2), nn.BatchNorm2d(cout), nn.ReLU(inplace=True), nn.MaxPool2d(2)
    )


net = nn.Sequential(
    block(3, 32),
    block(32, 64),
    block(64, 64),
    nn.Sequential(nn.Flatten(), nn.Linear(1024, 1000), nn.ReLU(inplace=True), nn.Linear(1000, 10)),
)
print(f"{sum(p.numel() for p in net.parameters()):,} parameters")

# %%
sgd = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
objective = nn.CrossEntropyLoss()
for epoch in range(12):
    stats = {}
    for phase in ("train", "test"):
        net.train() if phase == "train" else net.eval()
        loss_sum = hits = n = 0
        for x, y in dl[phase]:
            with torch.set_grad_enabled(phase == "train"):
                out = net(x)
                loss = objective(out, y)
            if phase == "train":
                sgd.zero_grad()
                loss.backward()
                sgd.step()
            loss_sum += loss.item() * len(x)
            hits += (out.argmax(1) == y).sum().item()
            n += len(x)
        stats[phase] = (loss_sum / n, hits / n)
    print(epoch, {k: tuple(round(v, 4) for v in s) for k, s in stats.items()})
