# %% [markdown]
# The whole data set fits in memory, so no DataLoader: plain tensors and random indices are faster.

# %%
import torch
import torch.nn.functional as F
from torch import nn
from torchvision.datasets import CIFAR10
import matplotlib.pyplot as plt

trainset = CIFAR10("data", train=True, download=True)
testset = CIFAR10("data", train=False, download=True)

Xtr = torch.tensor(trainset.data).permute(0, 3, 1, 2).float() / 255
Ytr = torch.tensor(trainset.targets)
Xte = torch.tensor(testset.data).permute(0, 3, 1, 2).float() / 255
Yte = torch.tensor(testset.targets)

mu = Xtr.mean(dim=(0, 2, 3), keepdim=True)
sigma = Xtr.std(dim=(0, 2, 3), keepdim=True)
print(mu.flatten(), sigma.flatten())
Xtr = (Xtr - mu) / sigma
Xte = (Xte - mu) / sigma
print(Xtr.shape, Ytr.shape, Xte.shape, Yte.shape)


# %%
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(3, 32, 5, padding=2)
        self.c2 = nn.Conv2d(32, 64, 5, padding=2)
        self.c3 = nn.Conv2d(64, 64, 5, padding=2)
        self.l1 = nn.Linear(1024, 1000)
        self.l2 = nn.Linear(1000, 10)

    def forward(self, x):
        for c in (self.c1, self.c2, self.c3):
            x = F.max_pool2d(F.relu(c(x)), 2)
        return self.l2(F.relu(self.l1(x.flatten(1))))


# %%
torch.manual_seed(1)
net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.1)
B = 128
losses, accs = [], []

for epoch in range(3):
    net.train()
    perm = torch.randperm(len(Xtr))
    for i in range(0, len(Xtr) - B + 1, B):
        idx = perm[i : i + B]
        loss = F.cross_entropy(net(Xtr[idx]), Ytr[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())

    net.eval()
    with torch.no_grad():
        pred = torch.cat([net(chunk).argmax(1) for chunk in Xte.split(500)])
    accs.append((pred == Yte).float().mean().item())
    print(f"epoch {epoch}: loss {losses[-1]:.3f}, test accuracy {accs[-1]:.4f}")

# %%
plt.plot(losses)
plt.title(f"loss (final test accuracy {accs[-1]:.1%})")
plt.show()
