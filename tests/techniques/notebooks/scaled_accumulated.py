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
        self.bn = nn.ModuleList([nn.BatchNorm2d(k) for k in (32, 64, 64)])
        self.pool = nn.MaxPool2d(2, 2, ceil_mode=True)
        self.fc4 = nn.Linear(1024, 1000)
        self.fc5 = nn.Linear(1000, 10)

    def forward(self, x):
        for c, b in zip((self.conv1, self.conv2, self.conv3), self.bn):
            x = self.pool(F.relu(b(c(x))))
        return self.fc5(F.relu(self.fc4(x.flatten(1))))


# %%
train_dl = DataLoader(CIFAR10("data", True, T.ToTensor(), download=True), 128, shuffle=True)
test_dl = DataLoader(CIFAR10("data", False, T.ToTensor(), download=True), 500)

# %%
net = Net().to(device)
ACC = 2
opt = torch.optim.SGD(net.parameters(), lr=0.1)
scaler = torch.amp.GradScaler(device.type, enabled=device.type == "cuda")
sched = torch.optim.lr_scheduler.ExponentialLR(opt, 0.95)
for ep in range(10):
    net.train()
    opt.zero_grad()
    for i, (x, y) in enumerate(train_dl):
        with torch.autocast(device.type, dtype=torch.bfloat16):
            loss = F.cross_entropy(net(x.to(device)), y.to(device)) / ACC
        scaler.scale(loss).backward()
        if (i + 1) % ACC == 0 or i + 1 == len(train_dl):
            scaler.unscale_(opt)
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            scaler.step(opt)
            scaler.update()
            opt.zero_grad()
    sched.step()
    net.eval()
    with torch.no_grad(), torch.autocast(device.type, dtype=torch.bfloat16):
        print(sum((net(x.to(device)).argmax(1).cpu() == y).sum().item() for x, y in test_dl) / 1e4)
