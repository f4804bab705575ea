# %% [markdown]
# # TP CIFAR-10 — réseau convolutif
# %%
import torch, torchvision, random, copy, math, time
import torch.nn as nn, torch.nn.functional as F
from torchvision import transforms as T
from torchvision.datasets import CIFAR10
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset, random_split

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
M, S = (0.491, 0.482, 0.447), (0.202, 0.199, 0.201)


# %%
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.conv3 = nn.Conv2d(64, 64, 5, padding=2)
        self.pool = nn.MaxPool2d(2, 2, ceil_mode=True)
        self.fc4 = nn.Linear(1024, 1000)
        self.fc5 = nn.Linear(1000, 10)

    def forward(self, x):
        for c in (self.conv1, self.conv2, self.conv3):
            x = self.pool(F.relu(c(x)))
        return self.fc5(F.relu(self.fc4(x.flatten(1))))


# %%
tr_tf = T.Compose([T.ToTensor(), T.Normalize(M, S)])
te_tf = T.Compose([T.ToTensor(), T.Normalize(M, S)])
train_dl = DataLoader(CIFAR10("data", True, tr_tf, download=True), 128, shuffle=True)
test_dl = DataLoader(CIFAR10("data", False, te_tf, download=True), 256)

# %%
from itertools import islice


def forever(dl):
    while True:
        yield from dl


STEPS_PER_EPOCH, N_EPOCHS = 391, 6
net = Net()
opt = torch.optim.SGD(net.parameters(), 0.1)
sch = torch.optim.lr_scheduler.ExponentialLR(opt, 0.95)
for it, (x, y) in enumerate(islice(forever(train_dl), STEPS_PER_EPOCH * N_EPOCHS), 1):
    net.train()
    opt.zero_grad()
    l = F.cross_entropy(net(x), y)
    l.backward()
    opt.step()
    if it % STEPS_PER_EPOCH == 0:
        sch.step()
        net.eval()
        with torch.no_grad():
            print(it, l.item(), sum((net(x).argmax(1) == y).sum().item() for x, y in test_dl) / 1e4)
