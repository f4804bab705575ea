# %%
import numpy as np
import torch
from torch import nn, optim
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader
from torchvision.datasets import CIFAR10
import matplotlib.pyplot as plt

CHANNEL_MEAN = torch.tensor([0.491, 0.482, 0.447]).reshape(1, 3, 1, 1)
CHANNEL_STD = torch.tensor([0.202, 0.199, 0.201]).reshape(1, 3, 1, 1)


# %%
def collate(samples):
    """PIL images -> one normalised batch. Faster than doing it image by image."""
    images, labels = zip(*samples)
    batch = torch.from_numpy(np.stack([np.asarray(image) for image in images]))  # (B, 32, 32, 3) uint8
    batch = batch.permute(0, 3, 1, 2).float().div(255)
    batch = (batch - CHANNEL_MEAN) / CHANNEL_STD
    return batch, torch.tensor(labels)


trainset = CIFAR10("~/datasets", train=True, download=True)
testset = CIFAR10("~/datasets", train=False, download=True)
train_loader = DataLoader(trainset, batch_size=128, shuffle=True, collate_fn=collate)
test_loader = DataLoader(testset, batch_size=128, shuffle=False, collate_fn=collate)


# %%
class LeNetColour(nn.Module):
    def __init__(self):
        super().__init__()
        widths = [3, 32, 64, 64]
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 5, padding=2) for a, b in zip(widths[:-1], widths[1:]))
        self.fcs = nn.ModuleList([nn.Linear(1024, 1000), nn.Linear(1000, 10)])

    def forward(self, x):
        for conv in self.convs:
            x = nn.functional.max_pool2d(torch.relu(conv(x)), 2)
        x = torch.relu(self.fcs[0](x.flatten(1)))
        return self.fcs[1](x)


model = LeNetColour()
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(model.parameters(), lr=0.1)
scheduler = StepLR(optimizer, step_size=1, gamma=0.95)

# %%
history = {"loss": [], "accuracy": [], "lr": []}
for epoch in range(20):
    model.train()
    epoch_losses = []
    for inputs, targets in train_loader:
        loss = criterion(model(inputs), targets)
        model.zero_grad()
        loss.backward()
        optimizer.step()
        epoch_losses.append(loss.item())
    history["lr"].append(optimizer.param_groups[0]["lr"])
    scheduler.step()

    model.eval()
    hits = 0
    with torch.no_grad():
        for inputs, targets in test_loader:
            hits += model(inputs).max(1)[1].eq(targets).sum().item()
    history["loss"].append(np.mean(epoch_losses))
    history["accuracy"].append(hits / len(testset))
    print(epoch, *(f"{name}={values[-1]:.4f}" for name, values in history.items()))

# %%
fig, axes = plt.subplots(3, 1, sharex=True)
for ax, (name, values) in zip(axes, history.items()):
    ax.plot(values)
    ax.set_ylabel(name)
plt.show()
