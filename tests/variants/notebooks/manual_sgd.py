# %% [markdown]
# # CIFAR-10 without torch.optim
# Gradient descent is one line, so I wrote it: `w = w - lr * grad`.

# %%
import torch
import torch.nn as nn
import torchvision
import matplotlib.pyplot as plt
from torchvision.transforms import ToTensor

train_loader = torch.utils.data.DataLoader(
    torchvision.datasets.CIFAR10("./data", train=True, download=True, transform=ToTensor()),
    batch_size=128,
    shuffle=True,
)
test_loader = torch.utils.data.DataLoader(
    torchvision.datasets.CIFAR10("./data", train=False, download=True, transform=ToTensor()), batch_size=128
)

# %%
model = nn.Sequential(
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
    nn.Linear(1000, 10),
)
criterion = nn.CrossEntropyLoss()
lr = 0.1


def sgd_step():
    with torch.no_grad():
        for p in model.parameters():
            p -= lr * p.grad
            p.grad = None


# %%
losses = []
accuracy = []
for epoch in range(4):
    model.train()
    for x, y in train_loader:
        loss = criterion(model(x), y)
        loss.backward()
        sgd_step()
        losses.append(loss.item())

    model.eval()
    right = 0
    with torch.no_grad():
        for x, y in test_loader:
            right += (model(x).argmax(1) == y).sum().item()
    accuracy.append(right / len(test_loader.dataset))
    print("epoch", epoch, "loss", losses[-1], "test accuracy", accuracy[-1])

# %%
plt.plot(losses, alpha=0.5)
plt.show()
