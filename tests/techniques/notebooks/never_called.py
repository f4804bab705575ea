# %% [markdown]
# # TP CNN : réseau de base, et les briques de la partie 3 (standardisation, augmentation, dropout, batch norm, pas)
# Les briques sont écrites ci-dessous mais je ne les ai pas encore branchées.

# %%
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset
from torchvision import datasets, transforms

standardisation = transforms.Normalize([0.491, 0.482, 0.447], [0.202, 0.199, 0.201])
augmentation = transforms.Compose(
    [transforms.RandomCrop(28), transforms.RandomHorizontalFlip(), transforms.ToTensor(), standardisation]
)
test_centre = transforms.Compose([transforms.CenterCrop(28), transforms.ToTensor(), standardisation])


class JeuAugmente(Dataset):
    def __init__(self, jeu):
        self.jeu = jeu

    def __len__(self):
        return len(self.jeu)

    def __getitem__(self, i):
        image, classe = self.jeu[i]
        return augmentation(image), classe


class ReseauComplet(nn.Module):
    def __init__(self):
        super().__init__()
        self.convs = nn.ModuleList([nn.Conv2d(3, 32, 5, padding=2), nn.Conv2d(32, 64, 5, padding=2)])
        self.conv3 = nn.Conv2d(64, 64, 5, padding=2)
        self.bns = nn.ModuleList([nn.BatchNorm2d(32), nn.BatchNorm2d(64), nn.BatchNorm2d(64)])
        self.fc4, self.fc5 = nn.Linear(1024, 1000), nn.Linear(1000, 10)

    def forward(self, x):
        for conv, bn in zip(self.convs, self.bns):
            x = F.max_pool2d(F.relu(bn(conv(x))), 2)
        x = F.max_pool2d(F.relu(self.bns[2](self.conv3(x))), 2, ceil_mode=True)
        return self.fc5(F.dropout(F.relu(self.fc4(x.flatten(1))), 0.5, self.training))


def baisser_le_pas(optimiseur):
    for groupe in optimiseur.param_groups:
        groupe["lr"] *= 0.95


# %%
class Reseau(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(3, 32, 5, padding=2)
        self.c2 = nn.Conv2d(32, 64, 5, padding=2)
        self.c3 = nn.Conv2d(64, 64, 5, padding=2)
        self.fc4 = nn.Linear(1024, 1000)
        self.fc5 = nn.Linear(1000, 10)

    def forward(self, x):
        for c in (self.c1, self.c2, self.c3):
            x = F.max_pool2d(F.relu(c(x)), 2)
        return self.fc5(F.relu(self.fc4(x.flatten(1))))


# %%
brut = transforms.ToTensor()
train = DataLoader(datasets.CIFAR10("data", True, brut, download=True), batch_size=128, shuffle=True)
test = DataLoader(datasets.CIFAR10("data", False, brut, download=True), batch_size=128)
reseau = Reseau()
opt = torch.optim.SGD(reseau.parameters(), lr=0.1)
for epoque in range(8):
    reseau.train()
    for x, y in train:
        opt.zero_grad()
        F.cross_entropy(reseau(x), y).backward()
        opt.step()
    reseau.eval()
    with torch.no_grad():
        bons = sum((reseau(x).argmax(1) == y).sum().item() for x, y in test)
    print("époque", epoque + 1, "précision", bons / len(test.dataset))
