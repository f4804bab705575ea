# %%
# original (non inverted) dropout, and batch norm, written by ourselves
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torchvision.datasets import CIFAR10
from torchvision import transforms as T
from torch.utils.data import DataLoader


class MyDropout(nn.Module):
    """Srivastava et al. 2014: masks when training, multiplies by the keep probability when testing"""

    def __init__(self, p=0.4):
        super().__init__()
        self.keep = 1 - p

    def forward(self, x):
        if self.training:
            return x * torch.bernoulli(torch.full_like(x, self.keep))
        return x * self.keep


class MyBatchNorm2d(nn.Module):
    def __init__(self, c, eps=1e-5, momentum=0.9):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(1, c, 1, 1))
        self.beta = nn.Parameter(torch.zeros(1, c, 1, 1))
        self.mu = torch.zeros(1, c, 1, 1)
        self.var = torch.ones(1, c, 1, 1)
        self.eps, self.momentum = eps, momentum

    def forward(self, x):
        if self.training:
            mu = x.mean(dim=(0, 2, 3), keepdim=True)
            var = ((x - mu) ** 2).mean(dim=(0, 2, 3), keepdim=True)
            self.mu = self.momentum * self.mu + (1 - self.momentum) * mu.detach()
            self.var = self.momentum * self.var + (1 - self.momentum) * var.detach()
        else:
            mu, var = self.mu, self.var
        return self.gamma * (x - mu) / torch.sqrt(var + self.eps) + self.beta


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.c2, self.c3 = (
            nn.Conv2d(3, 32, 5, padding=2),
            nn.Conv2d(32, 64, 5, padding=2),
            nn.Conv2d(64, 64, 5, padding=2),
        )
        self.n1, self.n2, self.n3 = MyBatchNorm2d(32), MyBatchNorm2d(64), MyBatchNorm2d(64)
        self.fc4, self.fc5 = nn.Linear(1024, 1000), nn.Linear(1000, 10)
        self.do = MyDropout(0.4)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.n1(self.c1(x))), 2)
        x = F.max_pool2d(F.relu(self.n2(self.c2(x))), 2)
        x = F.max_pool2d(F.relu(self.n3(self.c3(x))), 2, ceil_mode=True)
        return self.fc5(self.do(F.relu(self.fc4(torch.flatten(x, 1)))))


# %%
class PerImageCrop:
    def __call__(self, img):
        a = np.asarray(img)
        y, x = np.random.randint(0, 5, size=2)
        a = a[y : y + 28, x : x + 28]
        if np.random.rand() > 0.5:
            a = np.fliplr(a)
        return a.copy()


class Std:
    def __init__(self, m, s):
        self.m, self.s = np.array(m), np.array(s)

    def __call__(self, a):
        return torch.from_numpy(((a / 255.0 - self.m) / self.s).transpose(2, 0, 1)).float()


std = Std([0.491, 0.482, 0.447], [0.202, 0.199, 0.201])
train = DataLoader(
    CIFAR10(".", True, T.Compose([PerImageCrop(), std]), download=True), 64, shuffle=True, drop_last=True
)
test = DataLoader(CIFAR10(".", False, T.Compose([lambda im: np.asarray(im)[2:-2, 2:-2], std])), 64)


def make_sched(opt, lr0, k):
    def at(epoch):
        for g in opt.param_groups:
            g["lr"] = lr0 * k**epoch
        return lr0 * k**epoch

    return at


model = ConvNet()
opt = torch.optim.SGD(model.parameters(), lr=0.1)
lr_at = make_sched(opt, 0.1, 0.95)
for e in range(20):
    print("lr", lr_at(e))
    model.train()
    for x, y in train:
        loss = F.cross_entropy(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        print(e, np.mean([(model(x).argmax(1) == y).float().mean().item() for x, y in test]))
