# %%
import torch, torchvision, numpy as np
from torch import nn

# everything preloaded in one big tensor
tr = torchvision.datasets.CIFAR10("./data", train=True, download=True)
te = torchvision.datasets.CIFAR10("./data", train=False, download=True)
Xtr = torch.tensor(tr.data).permute(0, 3, 1, 2).float().div(255)
ytr = torch.tensor(tr.targets)
Xte = torch.tensor(te.data).permute(0, 3, 1, 2).float().div(255)
yte = torch.tensor(te.targets)
print(Xtr.shape, Xtr.mean((0, 2, 3)), Xtr.std((0, 2, 3)))


class Standardize(nn.Module):
    def __init__(self, mean, std):
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1))

    def forward(self, x):
        return (x - self.mean) / self.std


def make(drop=True, bn=True):
    L = [Standardize([0.491, 0.482, 0.447], [0.202, 0.199, 0.201])]
    cin = 3
    for c in (32, 64, 64):
        L.append(nn.Conv2d(cin, c, 5, padding=2))
        if bn:
            L.append(nn.BatchNorm2d(c))
        L += [nn.ReLU(), nn.MaxPool2d(2, 2)]
        cin = c
    L += [nn.Flatten(), nn.Linear(1024, 1000), nn.ReLU()]
    if drop:
        L.append(nn.Dropout())
    L.append(nn.Linear(1000, 10))
    return nn.Sequential(*L)


def augment(x):
    # per image random flip + crop of 28 padded back to 32
    n = len(x)
    flip = torch.rand(n) < 0.5
    x = torch.where(flip[:, None, None, None], x.flip(-1), x)
    out = torch.zeros_like(x)
    for i in range(n):
        a, b = torch.randint(0, 5, (2,)).tolist()
        out[i, :, 2:30, 2:30] = x[i, :, a : a + 28, b : b + 28]
    return out


def centre(x):
    out = torch.zeros_like(x)
    out[:, :, 2:30, 2:30] = x[:, :, 2:30, 2:30]
    return out


# %%
net = make()
lr = 0.1
opt = torch.optim.SGD(net.parameters(), lr=lr)
for ep in range(5):
    net.train()
    perm = torch.randperm(len(Xtr))
    for i in range(0, len(Xtr), 128):
        idx = perm[i : i + 128]
        loss = nn.functional.cross_entropy(net(augment(Xtr[idx])), ytr[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
    for g in opt.param_groups:
        g["lr"] = lr * 0.95 ** (ep + 1)
    net.eval()
    with torch.no_grad():
        acc = (
            torch.cat(
                [net(centre(Xte[i : i + 500])).argmax(1) == yte[i : i + 500] for i in range(0, len(Xte), 500)]
            )
            .float()
            .mean()
        )
    print(ep, loss.item(), acc.item())
