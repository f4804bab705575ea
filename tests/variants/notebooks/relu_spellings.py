# %%
import torch, torchvision, torchvision.transforms as T
from torch import nn


class ReLU0(nn.Module):
    def forward(self, x):
        return 0.5 * (x + torch.abs(x))


class ReLU1(nn.Module):
    def forward(self, x):
        return x * (x > 0)


class ReLU2(nn.Module):
    def forward(self, x):
        return torch.maximum(x, torch.zeros_like(x))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(3, 32, 5, padding=2)
        self.c2 = nn.Conv2d(32, 64, 5, padding=2)
        self.c3 = nn.Conv2d(64, 64, 5, padding=2)
        self.l4 = nn.Linear(1024, 1000)
        self.l5 = nn.Linear(1000, 10)
        self.r0, self.r1, self.r2, self.r3 = ReLU0(), ReLU1(), ReLU2(), nn.Hardtanh(0, float("inf"))
        self.p = nn.MaxPool2d(2)

    def forward(self, x):
        x = self.p(self.r0(self.c1(x)))
        x = self.p(self.r1(self.c2(x)))
        x = self.p(self.r2(self.c3(x)))
        x = self.r3(self.l4(x.view(-1, 1024)))
        return self.l5(x)


tr = torch.utils.data.DataLoader(
    torchvision.datasets.CIFAR10("data", True, T.ToTensor(), download=True), 128, True
)
te = torch.utils.data.DataLoader(
    torchvision.datasets.CIFAR10("data", False, T.ToTensor(), download=True), 128
)
net = Net()
opt = torch.optim.SGD(net.parameters(), 0.1, momentum=0.0)
ce = nn.CrossEntropyLoss()
for e in range(4):
    for x, y in tr:
        opt.zero_grad()
        ce(net(x), y).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        print(e, sum((net(x).argmax(1) == y).sum() for x, y in te).item())
    net.train()
