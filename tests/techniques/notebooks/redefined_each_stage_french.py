# %% [markdown]
# # Compte rendu : amélioration d'un réseau convolutif
# La classe `Net` est réécrite à chaque étape.

# %%
import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision
import torchvision.transforms as transforms

tr = transforms.ToTensor()
trainset = torchvision.datasets.CIFAR10("./data", train=True, download=True, transform=tr)
testset = torchvision.datasets.CIFAR10("./data", train=False, download=True, transform=tr)
trainloader = torch.utils.data.DataLoader(trainset, batch_size=128, shuffle=True)
testloader = torch.utils.data.DataLoader(testset, batch_size=128, shuffle=False)
critere = nn.CrossEntropyLoss()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.conv3 = nn.Conv2d(64, 64, 5, padding=2)
        self.fc4 = nn.Linear(1024, 1000)
        self.fc5 = nn.Linear(1000, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.max_pool2d(F.relu(self.conv3(x)), 2, ceil_mode=True)
        x = F.relu(self.fc4(x.view(-1, 1024)))
        return self.fc5(x)


def une_epoque(net, opt):
    net.train()
    for x, y in trainloader:
        opt.zero_grad()
        loss = critere(net(x), y)
        loss.backward()
        opt.step()


def tester(net):
    net.eval()
    ok = 0
    with torch.no_grad():
        for x, y in testloader:
            ok += (net(x).argmax(1) == y).sum().item()
    print("précision en test : %.2f %%" % (100 * ok / len(testset)))


net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.1)
for i in range(10):
    une_epoque(net, opt)
    tester(net)

# %% [markdown]
# ## Standardisation des images

# %%
norm = transforms.Normalize((0.491, 0.482, 0.447), (0.202, 0.199, 0.201))
trainset.transform = transforms.Compose([transforms.ToTensor(), norm])
testset.transform = transforms.Compose([transforms.ToTensor(), norm])
net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.1)
for i in range(10):
    une_epoque(net, opt)
    tester(net)

# %% [markdown]
# ## Augmentation

# %%
trainset.transform = transforms.Compose(
    [transforms.RandomCrop(28), transforms.RandomHorizontalFlip(), transforms.ToTensor(), norm]
)
testset.transform = transforms.Compose([transforms.CenterCrop(28), transforms.ToTensor(), norm])
net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.1)
for i in range(20):
    une_epoque(net, opt)
    tester(net)

# %% [markdown]
# ## Décroissance du pas d'apprentissage

# %%
net = Net()
pas = 0.1
opt = torch.optim.SGD(net.parameters(), lr=pas)
for i in range(20):
    une_epoque(net, opt)
    tester(net)
    pas = pas * 0.95
    for g in opt.param_groups:
        g["lr"] = pas

# %% [markdown]
# ## Dropout


# %%
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.conv3 = nn.Conv2d(64, 64, 5, padding=2)
        self.fc4 = nn.Linear(1024, 1000)
        self.drop = nn.Dropout(0.5)
        self.fc5 = nn.Linear(1000, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.max_pool2d(F.relu(self.conv3(x)), 2, ceil_mode=True)
        x = self.drop(F.relu(self.fc4(x.view(-1, 1024))))
        return self.fc5(x)


net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.1)
sched = torch.optim.lr_scheduler.StepLR(opt, 1, gamma=0.95)
for i in range(20):
    une_epoque(net, opt)
    sched.step()
    tester(net)

# %% [markdown]
# ## Batch normalisation


# %%
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.conv3 = nn.Conv2d(64, 64, 5, padding=2)
        self.bn1, self.bn2, self.bn3 = nn.BatchNorm2d(32), nn.BatchNorm2d(64), nn.BatchNorm2d(64)
        self.fc4 = nn.Linear(1024, 1000)
        self.drop = nn.Dropout(0.5)
        self.fc5 = nn.Linear(1000, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)
        x = F.max_pool2d(F.relu(self.bn3(self.conv3(x))), 2, ceil_mode=True)
        x = self.drop(F.relu(self.fc4(x.view(-1, 1024))))
        return self.fc5(x)


net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.1)
sched = torch.optim.lr_scheduler.StepLR(opt, 1, gamma=0.95)
for i in range(20):
    une_epoque(net, opt)
    sched.step()
    tester(net)
