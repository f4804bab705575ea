# %%
# TP CNN : recadrages de 28 x 28 (sans symétrie : un panneau retourné n'est plus le même panneau)
import torch
import torch.nn as nn
import torch.nn.functional as F
from torchvision import datasets
from torchvision.transforms import v2

entrainement = v2.Compose([v2.ToImage(), v2.RandomCrop(28), v2.ToDtype(torch.float32, scale=True)])
controle = v2.Compose([v2.ToImage(), v2.CenterCrop(28), v2.ToDtype(torch.float32, scale=True)])
d_train = datasets.CIFAR10("./cifar", train=True, download=True, transform=entrainement)
d_test = datasets.CIFAR10("./cifar", train=False, download=True, transform=controle)
l_train = torch.utils.data.DataLoader(d_train, 128, shuffle=True)
l_test = torch.utils.data.DataLoader(d_test, 128)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 32, 5, padding=2)
        self.b = nn.Conv2d(32, 64, 5, padding=2)
        self.c = nn.Conv2d(64, 64, 5, padding=2)
        self.d = nn.Linear(1024, 1000)
        self.e = nn.Linear(1000, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.a(x)), 2)
        x = F.max_pool2d(F.relu(self.b(x)), 2)
        x = F.max_pool2d(F.relu(self.c(x)), 2, ceil_mode=True)
        return self.e(F.relu(self.d(x.view(-1, 1024))))


# %%
net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.1)
for epoque in range(18):
    net.train()
    for x, y in l_train:
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        juste = sum(int((net(x).argmax(1) == y).sum()) for x, y in l_test)
    print(epoque, 100 * juste / len(d_test))
