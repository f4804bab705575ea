# %% [markdown]
# Training loop with everything decided inside of the batch loop.

# %%
import torch
from torch import nn, optim
from torch.utils.data import DataLoader
from torchvision.datasets import CIFAR10
from torchvision.transforms import ToTensor

train = DataLoader(CIFAR10("/tmp/c", True, ToTensor(), download=True), 128, True)
test = DataLoader(CIFAR10("/tmp/c", False, ToTensor(), download=True), 128)

model = nn.Sequential(
    nn.Conv2d(3, 32, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(32, 64, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(64, 64, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(1024, 1000), nn.ReLU(), nn.Linear(1000, 10),
)  # fmt: skip
optimizer = optim.SGD(model.parameters(), 0.1)
scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.95)
criterion = nn.CrossEntropyLoss()

# %%
for epoch in range(12):
    for i, (x, y) in enumerate(train):
        model.train()
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        if i == len(train) - 1:  # end of the epoch
            scheduler.step()
            model.eval()
            with torch.no_grad():
                right = sum((model(a).argmax(1) == b).sum().item() for a, b in test)
            print(f"epoch {epoch} batch {i}: loss {loss.item():.3f}, test {right / 10000:.3f}")
