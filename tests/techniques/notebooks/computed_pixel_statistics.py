# %% [markdown]
# # Normalising with the statistics of the training set
# We measure the mean and the standard deviation of each channel ourselves, on the training images only, and use
# them for both sets.

# %%
import torch
import torchvision
import torchvision.transforms as transforms
from torch import nn
import matplotlib.pyplot as plt

raw = torchvision.datasets.CIFAR10("./data", train=True, download=True)
pixels = torch.tensor(raw.data).double().div(255).reshape(-1, 3)  # (images * 32 * 32, 3)
mean, std = pixels.mean(dim=0).tolist(), pixels.std(dim=0).tolist()
print("mean", [round(m, 3) for m in mean], "std", [round(s, 3) for s in std])
del raw, pixels

# %%
transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize(mean, std)])
train_set = torchvision.datasets.CIFAR10("./data", train=True, transform=transform)
test_set = torchvision.datasets.CIFAR10("./data", train=False, transform=transform)
train_loader = torch.utils.data.DataLoader(train_set, batch_size=128, shuffle=True)
test_loader = torch.utils.data.DataLoader(test_set, batch_size=128)


# %%
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        relu, pool = nn.ReLU(), nn.MaxPool2d(2)
        self.layers = nn.Sequential(
            nn.Conv2d(3, 32, 5, padding=2), relu, pool,
            nn.Conv2d(32, 64, 5, padding=2), relu, pool,
            nn.Conv2d(64, 64, 5, padding=2), relu, pool,
            nn.Flatten(),
            nn.Linear(1024, 1000), relu,
            nn.Linear(1000, 10),
        )  # fmt: skip

    def forward(self, x):
        return self.layers(x)


def accuracy(model, loader):
    model.eval()
    good = total = 0
    with torch.no_grad():
        for x, y in loader:
            good += (model(x).argmax(1) == y).sum().item()
            total += len(y)
    return good / total


# %%
model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
criterion = nn.CrossEntropyLoss()
test_acc = []
for epoch in range(20):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()
    test_acc.append(accuracy(model, test_loader))
    print("epoch", epoch + 1, "test accuracy", test_acc[-1])

# %%
plt.plot(range(1, 21), test_acc)
plt.xlabel("epoch")
plt.show()
