# %% [markdown]
# ## Part 3, dropout (base.py with one more line)

# %%
import time

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 32, kernel_size=5, stride=1, padding=2),  # (batch, 32, 32, 32)
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=2, stride=2),  # (batch, 32, 16, 16)
            nn.Conv2d(32, 64, kernel_size=5, stride=1, padding=2),  # (batch, 64, 16, 16)
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=2, stride=2),  # (batch, 64, 8, 8)
            nn.Conv2d(64, 64, kernel_size=5, stride=1, padding=2),  # (batch, 64, 8, 8)
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=2, stride=2),  # (batch, 64, 4, 4)
        )
        self.classifier = nn.Sequential(
            nn.Linear(64 * 4 * 4, 1000),
            nn.ReLU(),
            nn.Dropout(0.7),
            nn.Linear(1000, 10),
        )

    def forward(self, images):
        maps = self.features(images)
        return self.classifier(maps.flatten(1))


def get_dataset(batch_size, path):
    to_tensor = transforms.ToTensor()
    train = datasets.CIFAR10(path, train=True, download=True, transform=to_tensor)
    test = datasets.CIFAR10(path, train=False, download=True, transform=to_tensor)
    return (
        DataLoader(train, batch_size=batch_size, shuffle=True),
        DataLoader(test, batch_size=batch_size, shuffle=False),
    )


# %%
def epoch(data, model, criterion, optimizer=None):
    """One pass over `data`: trains with an optimizer, else evaluates. Returns top-1, top-5 (%), loss."""
    model.train(optimizer is not None)
    top1 = top5 = total_loss = seen = 0
    with torch.set_grad_enabled(optimizer is not None):
        for images, labels in data:
            scores = model(images)
            loss = criterion(scores, labels)
            if optimizer is not None:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            best = scores.topk(5, dim=1).indices == labels[:, None]
            top1 += best[:, 0].sum().item()
            top5 += best.sum().item()
            total_loss += loss.item() * len(labels)
            seen += len(labels)
    return 100 * top1 / seen, 100 * top5 / seen, total_loss / seen


def main(batch_size=128, lr=0.1, epochs=5, path="./data"):
    model = ConvNet()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    train, test = get_dataset(batch_size, path)
    for number in range(1, epochs + 1):
        start = time.time()
        top1, top5, loss = epoch(train, model, criterion, optimizer)
        print(f"epoch {number}  train  top-1 {top1:5.2f} %  top-5 {top5:5.2f} %  loss {loss:.4f}", end="  ")
        print(f"{time.time() - start:.0f} s")
        top1, top5, loss = epoch(test, model, criterion)
        print(f"epoch {number}  test   top-1 {top1:5.2f} %  top-5 {top5:5.2f} %  loss {loss:.4f}")
    return model


# %%
model = main(epochs=40)
