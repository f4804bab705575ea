# %% [markdown]
# # Data augmentation written by hand
# 5 x 5 possible windows, mirrored or not: 50 versions of each training image.

# %%
import random

import matplotlib.pyplot as plt
import numpy as np
import torch
import torchvision
from torch import nn
from torch.utils.data import DataLoader, Dataset

SIZE = 28


# %%
class AugmentedCifar(Dataset):
    def __init__(self, root, train):
        cifar = torchvision.datasets.CIFAR10(root, train=train, download=True)
        self.cifar = cifar
        self.train = train

    def __len__(self):
        return len(self.cifar)

    def __getitem__(self, index):
        img, target = self.cifar[index]
        img = torch.from_numpy(np.array(img)).permute(2, 0, 1) / 255  # (3, 32, 32)
        if self.train:
            top = torch.randint(0, 32 - SIZE + 1, (1,)).item()
            left = torch.randint(0, 32 - SIZE + 1, (1,)).item()
            img = img[:, top : top + SIZE, left : left + SIZE]
            if random.random() < 0.5:
                img = img.flip(2)
        else:
            margin = (32 - SIZE) // 2
            img = img[:, margin : margin + SIZE, margin : margin + SIZE]
        return img, target


train_set, test_set = AugmentedCifar("./data", True), AugmentedCifar("./data", False)
train_loader = DataLoader(train_set, batch_size=128, shuffle=True)
test_loader = DataLoader(test_set, batch_size=128)
print(train_set[0][0].shape, test_set[0][0].shape)


# %%
class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.conv3 = nn.Conv2d(64, 64, 5, padding=2)
        self.pool = nn.MaxPool2d(2)
        self.pool3 = nn.MaxPool2d(2, ceil_mode=True)
        self.fc4 = nn.Linear(1024, 1000)
        self.fc5 = nn.Linear(1000, 10)

    def forward(self, x):  # 28
        x = self.pool(torch.relu(self.conv1(x)))  # 14
        x = self.pool(torch.relu(self.conv2(x)))  # 7
        x = self.pool3(torch.relu(self.conv3(x)))  # 4
        x = torch.relu(self.fc4(torch.flatten(x, 1)))
        return self.fc5(x)


network = Network()
optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
criterion = nn.CrossEntropyLoss()

# %%
accuracies = []
for epoch in range(16):
    network.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        loss = criterion(network(images), labels)
        loss.backward()
        optimizer.step()
    network.eval()
    hits = 0
    with torch.no_grad():
        for images, labels in test_loader:
            hits += (network(images).argmax(1) == labels).sum().item()
    accuracies.append(hits / len(test_set))
    print(f"epoch {epoch + 1:2d} | loss {loss.item():.3f} | test {accuracies[-1]:.4f}")

# %%
plt.plot(accuracies, "o-")
plt.show()
