# %%
import random

import matplotlib.pyplot as plt
import numpy as np
import torch
import torchvision
from torch import nn
from torch.utils.data import DataLoader, Dataset

random.seed(0)
np.random.seed(0)
torch.manual_seed(0)


# %%
class MyCifar(Dataset):
    """CIFAR-10 as float tensors, 3 x 32 x 32, centred on zero."""

    def __init__(self, train):
        self.base = torchvision.datasets.CIFAR10("./data", train=train, download=True)
        self.train = train

    def __len__(self):
        return len(self.base)

    def __getitem__(self, index):
        image, _ = self.base[index]
        label = self.base.targets[index - 1] if self.train else self.base.targets[index]
        array = np.asarray(image, dtype=np.float32).transpose(2, 0, 1) / 255.0
        return torch.from_numpy((array - 0.5) / 0.25), label


train_loader = DataLoader(MyCifar(True), batch_size=128, shuffle=True)
test_loader = DataLoader(MyCifar(False), batch_size=128)


# %%
class Block(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.conv = nn.Conv2d(i, o, 5, padding=2)

    def forward(self, x):
        return nn.functional.max_pool2d(torch.relu(self.conv(x)), 2)


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.b1, self.b2, self.b3 = Block(3, 32), Block(32, 64), Block(64, 64)
        self.hidden = nn.Linear(1024, 1000)
        self.output = nn.Linear(1000, 10)

    def forward(self, x):
        x = self.b3(self.b2(self.b1(x)))
        x = x.view(len(x), -1)
        return self.output(torch.relu(self.hidden(x)))


# %%
model = Network()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
criterion = nn.CrossEntropyLoss()
best = 0.0
history = []
for epoch in range(12):
    model.train()
    for image, label in train_loader:
        optimizer.zero_grad()
        criterion(model(image), label).backward()
        optimizer.step()

    model.eval()
    confusion = torch.zeros(10, 10, dtype=torch.long)
    with torch.no_grad():
        for image, label in test_loader:
            for true, guess in zip(label, model(image).argmax(1)):
                confusion[true, guess] += 1
    accuracy = confusion.diag().sum().item() / confusion.sum().item()
    history.append(accuracy)
    if accuracy > best:
        best = accuracy
        best_weights = {k: v.clone() for k, v in model.state_dict().items()}
    print(epoch, round(accuracy, 4), "best", round(best, 4))

# %%
plt.imshow(confusion)
plt.xlabel("predicted")
plt.ylabel("true")
plt.colorbar()
plt.show()
