# %%
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms
import matplotlib.pyplot as plt

train = DataLoader(
    datasets.CIFAR10("data", train=True, download=True, transform=transforms.ToTensor()), 128, shuffle=True
)
test = DataLoader(datasets.CIFAR10("data", train=False, download=True, transform=transforms.ToTensor()), 500)
m = nn.Sequential(
    nn.Conv2d(3, 32, 5, 1, 2),
    nn.ReLU(True),
    nn.MaxPool2d(2),
    nn.Conv2d(32, 64, 5, 1, 2),
    nn.ReLU(True),
    nn.MaxPool2d(2),
    nn.Conv2d(64, 64, 5, 1, 2),
    nn.ReLU(True),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(1024, 1000),
    nn.ReLU(True),
    nn.Linear(1000, 10),
)
o = torch.optim.SGD(m.parameters(), 0.1)
ce = nn.CrossEntropyLoss()
h = []
for e in range(5):
    m.train()
    for x, y in train:
        o.zero_grad()
        l = ce(m(x), y)
        l.backward()
        o.step()
        h.append(l.item())
    m.eval()
    with torch.no_grad():
        acc = sum((m(x).argmax(1) == y).sum().item() for x, y in test) / len(test.dataset)
    print(e, h[-1], acc)
plt.plot(h)
plt.show()
