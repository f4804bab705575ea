# %%
from functools import partial

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

import matplotlib.pyplot as plt

conv5x5 = partial(nn.Conv2d, kernel_size=5, padding=2, padding_mode="zeros")


def conv_stage(n_in, n_out):
    return nn.Sequential(conv5x5(n_in, n_out), nn.ReLU(), nn.MaxPool2d(kernel_size=2))


def build_network(widths=(32, 64, 64), n_hidden=1000, n_classes=10):
    """Three convolutional stages and two fully-connected layers."""
    n_features = widths[-1] * (32 // 2 ** len(widths)) ** 2
    stages = [conv_stage(a, b) for a, b in zip((3, *widths), widths)]
    head = [nn.Flatten(), nn.Linear(n_features, n_hidden), nn.ReLU(), nn.Linear(n_hidden, n_classes)]
    return nn.Sequential(*stages, *head)


def build_loaders(batch_size=128):
    t = transforms.Compose([transforms.PILToTensor(), transforms.ConvertImageDtype(torch.float32)])
    train = datasets.CIFAR10("~/data", train=False, transform=t, download=True)
    test = datasets.CIFAR10("~/data", train=False, transform=t, download=True)
    return DataLoader(train, batch_size, shuffle=True), DataLoader(test, 2 * batch_size)


# %%
def run(network, loader, optimizer=None):
    """One pass; learns if there is an optimizer. Returns loss and accuracy."""
    network.train(optimizer is not None)
    total_loss, total_right, n = 0.0, 0, 0
    for x, y in loader:
        if optimizer:
            scores = network(x)
            loss = nn.functional.cross_entropy(scores, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        else:
            with torch.no_grad():
                scores = network(x)
                loss = nn.functional.cross_entropy(scores, y)
        total_loss += loss.item() * len(x)
        total_right += (scores.argmax(1) == y).sum().item()
        n += len(x)
    return total_loss / n, total_right / n


# %%
network = build_network()
train_loader, test_loader = build_loaders()
optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
rows = []
for epoch in range(8):
    rows.append((*run(network, train_loader, optimizer), *run(network, test_loader)))
    print("epoch {}: train {:.3f} / {:.1%}, test {:.3f} / {:.1%}".format(epoch + 1, *rows[-1]))

# %%
train_loss, train_acc, test_loss, test_acc = zip(*rows)
plt.plot(train_loss, "b-", test_loss, "b--")
plt.twinx().plot(train_acc, "r-")
plt.plot(test_acc, "r--")
plt.show()
