# %% [markdown]
# # Lab 2 - own Dataset over the raw arrays

# %%
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms as T
from torchvision.datasets import CIFAR10

raw_train = CIFAR10(".", train=True, download=True)
raw_test = CIFAR10(".", train=False, download=True)


class Images(Dataset):
    def __init__(self, arrays, targets, pipeline):
        self.arrays, self.targets, self.pipeline = arrays, targets, pipeline

    def __len__(self):
        return len(self.targets)

    def __getitem__(self, i):
        return self.pipeline(self.arrays[i]), self.targets[i]


norm = T.Normalize((0.491, 0.482, 0.447), (0.202, 0.199, 0.201))
train_tf = T.Compose([T.ToPILImage(), T.RandomCrop(28), T.RandomHorizontalFlip(), T.ToTensor(), norm])
test_tf = T.Compose([T.ToPILImage(), T.CenterCrop(28), T.ToTensor(), norm])
n_train = 45000
train_dl = DataLoader(
    Images(raw_train.data[:n_train], raw_train.targets[:n_train], train_tf), 128, shuffle=True
)
val_dl = DataLoader(Images(raw_train.data[n_train:], raw_train.targets[n_train:], test_tf), 256)
test_dl = DataLoader(Images(raw_test.data, raw_test.targets, test_tf), 256)


# %%
def conv(i, o, **pool):
    return [nn.Conv2d(i, o, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2, **pool)]


net = nn.Sequential(
    *conv(3, 32), *conv(32, 64), *conv(64, 64, ceil_mode=True),
    nn.Flatten(), nn.Linear(1024, 1000), nn.ReLU(), nn.Linear(1000, 10),
)  # fmt: skip
opt = torch.optim.SGD(net.parameters(), lr=0.1)
lossf = nn.CrossEntropyLoss()


def accuracy(dl):
    net.eval()
    hits = total = 0
    with torch.inference_mode():
        for x, y in dl:
            hits += (net(x).argmax(1) == y).sum().item()
            total += len(y)
    return hits / total


# %%
for epoch in range(6):
    net.train()
    for x, y in train_dl:
        opt.zero_grad()
        lossf(net(x), y).backward()
        opt.step()
    print(epoch, "val", accuracy(val_dl))
print("test", accuracy(test_dl))
