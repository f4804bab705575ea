# %% [markdown]
# All five improvements. Crops are scaled back to 32 x 32, so that the network stays as it was.

# %%
import torch, torchvision
import torch.nn as nn
import torch.nn.functional as F
import torchvision.transforms as T

NORM = T.Normalize((0.491, 0.482, 0.447), (0.202, 0.199, 0.201))
AUG = T.Compose([T.RandomCrop(28), T.RandomHorizontalFlip(), T.ToTensor(), NORM])
CEN = T.Compose([T.CenterCrop(28), T.ToTensor(), NORM])


def loaders(a=AUG, b=CEN, bs=128, tbs=256):
    C = torchvision.datasets.CIFAR10
    return (
        torch.utils.data.DataLoader(C("data", True, a, download=True), bs, shuffle=True),
        torch.utils.data.DataLoader(C("data", False, b, download=True), tbs),
    )


# %%


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2, self.conv3 = (
            nn.Conv2d(3, 32, 5, padding=2),
            nn.Conv2d(32, 64, 5, padding=2),
            nn.Conv2d(64, 64, 5, padding=2),
        )
        self.bn1, self.bn2, self.bn3 = nn.BatchNorm2d(32), nn.BatchNorm2d(64), nn.BatchNorm2d(64)
        self.fc4, self.drop, self.fc5 = nn.Linear(1024, 1000), nn.Dropout(0.5), nn.Linear(1000, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)
        x = F.max_pool2d(F.relu(self.bn3(self.conv3(x))), 2, ceil_mode=True)
        x = F.relu(self.fc4(x.flatten(1)))
        return self.fc5(self.drop(x))


# %%


def evaluate(net, loader):
    net.eval()
    ok = n = 0
    with torch.no_grad():
        for x, y in loader:
            ok += (net(x).argmax(1) == y).sum().item()
            n += len(y)
    return ok / n


def fit(net, tr, te, epochs=4, lr=0.1, opt=None, sched=None, loss_fn=nn.CrossEntropyLoss()):
    opt = opt or torch.optim.SGD(net.parameters(), lr=lr)
    sched = sched or torch.optim.lr_scheduler.ExponentialLR(opt, 0.95)
    for e in range(epochs):
        net.train()
        for x, y in tr:
            opt.zero_grad()
            loss = loss_fn(net(x), y)
            loss.backward()
            opt.step()
        sched.step()
        print(e, loss.item(), evaluate(net, te))


# %%
a = T.Compose([T.RandomCrop(28), T.Resize(32), T.RandomHorizontalFlip(), T.ToTensor(), NORM])
b = T.Compose([T.CenterCrop(28), T.Resize(32), T.ToTensor(), NORM])
fit(Net(), *loaders(a, b), epochs=5)
