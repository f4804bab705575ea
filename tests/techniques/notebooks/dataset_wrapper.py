# %% [markdown]
# # Standardisation + dropout

# %%
import torch
import torch.nn as nn
import torch.optim as optim
import torchvision.transforms.functional as TF
from torch.utils.data import DataLoader, Dataset
from torchvision import datasets
import matplotlib.pyplot as plt


# %%
class StandardisedDataset(Dataset):
    """Wraps a dataset of PIL images; gives standardised tensors."""

    MEAN = (0.491, 0.482, 0.447)
    STD = (0.202, 0.199, 0.201)

    def __init__(self, wrapped):
        self.wrapped = wrapped
        self.mean = torch.tensor(self.MEAN).view(3, 1, 1)
        self.std = torch.tensor(self.STD).view(3, 1, 1)

    def __len__(self):
        return len(self.wrapped)

    def __getitem__(self, i):
        picture, label = self.wrapped[i]
        pixels = TF.to_tensor(picture)
        return pixels.sub(self.mean).div(self.std), label


raw_train = datasets.CIFAR10("data", train=True, download=True)
raw_test = datasets.CIFAR10("data", train=False, download=True)
train_loader = DataLoader(StandardisedDataset(raw_train), batch_size=64, shuffle=True)
test_loader = DataLoader(StandardisedDataset(raw_test), batch_size=256)


# %%
def build_model(dropout):
    return nn.Sequential(
        nn.Conv2d(3, 32, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(64, 64, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(1024, 1000),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(1000, 10),
    )


def train(model, loader, optimizer, criterion):
    model.train()
    total = 0.0
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item() * y.size(0)
    return total / len(loader.dataset)


def test(model, loader, criterion):
    model.eval()
    total, correct = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            scores = model(x)
            total += criterion(scores, y).item() * y.size(0)
            correct += (scores.argmax(1) == y).sum().item()
    return total / len(loader.dataset), correct / len(loader.dataset)


# %%
model = build_model(dropout=0.3)
optimizer = optim.SGD(model.parameters(), lr=0.05)
criterion = nn.CrossEntropyLoss()
results = []
for epoch in range(1, 16):
    train_loss = train(model, train_loader, optimizer, criterion)
    test_loss, test_acc = test(model, test_loader, criterion)
    results.append((train_loss, test_loss, test_acc))
    print(f"Epoch {epoch:2d}: train {train_loss:.3f}, test {test_loss:.3f}, accuracy {100 * test_acc:.1f} %")

# %%
plt.plot([r[0] for r in results], label="train loss")
plt.plot([r[1] for r in results], label="test loss")
plt.legend()
plt.show()
