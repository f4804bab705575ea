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
train_dl = DataLoader(CIFAR10("data", True, T.ToTensor(), download=True), 128, shuffle=True)
test_dl = DataLoader(CIFAR10("data", False, T.ToTensor(), download=True), 500)

# %%
net = Net().to(device)
opt = torch.optim.SGD(net.parameters(), lr=0.1)
sched = torch.optim.lr_scheduler.StepLR(opt, step_size=len(train_dl), gamma=0.95)
for ep in range(8):
    net.train()
    for x, y in train_dl:
        x, y = x.to(device), y.to(device)
        opt.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
        sched.step()
    pass
    net.eval()
    ok = tot = 0
    with torch.no_grad():
        for x, y in test_dl:
            x, y = x.to(device), y.to(device)
            ok += (net(x).argmax(1) == y).sum().item()
            tot += len(y)
    print(ep, ok / tot)
