# %%
import os
import pickle
import tarfile
import urllib.request

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

# %%
if not os.path.isdir("cifar-10-batches-py"):
    urllib.request.urlretrieve("https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz", "cifar.tar.gz")
    with tarfile.open("cifar.tar.gz") as archive:
        archive.extractall(filter="data")


def unpickle(file):
    with open(file, "rb") as fo:
        return pickle.load(fo, encoding="bytes")


def load(names):
    batches = [unpickle(f"cifar-10-batches-py/{name}") for name in names]
    images = np.concatenate([batch[b"data"] for batch in batches]).reshape(-1, 3, 32, 32)
    labels = np.concatenate([batch[b"labels"] for batch in batches])
    return TensorDataset(torch.tensor(images).float() / 255, torch.tensor(labels))


train = DataLoader(load([f"data_batch_{i}" for i in range(1, 6)]), batch_size=128, shuffle=True)
test = DataLoader(load(["test_batch"]), batch_size=500)
names = [name.decode() for name in unpickle("cifar-10-batches-py/batches.meta")[b"label_names"]]
print(names)

# %%
model = nn.Sequential()
for i, (inputs, outputs) in enumerate([(3, 32), (32, 64), (64, 64)], start=1):
    model.add_module(f"conv{i}", nn.Conv2d(inputs, outputs, 5, padding=2))
    model.add_module(f"relu{i}", nn.ReLU())
    model.add_module(f"pool{i}", nn.MaxPool2d(2))
model.add_module("flatten", nn.Flatten())
model.add_module("fc4", nn.Linear(1024, 1000))
model.add_module("relu4", nn.ReLU())
model.add_module("fc5", nn.Linear(1000, 10))

# %%
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
criterion = nn.CrossEntropyLoss()
for epoch in range(4):
    model.train()
    for images, labels in train:
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
    model.eval()
    right = 0
    with torch.no_grad():
        for images, labels in test:
            right += (model(images).argmax(1) == labels).sum().item()
    print(epoch, loss.item(), right / len(test.dataset))
