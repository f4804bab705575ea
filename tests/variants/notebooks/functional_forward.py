# %% [markdown]
# TP CNN - Partie 2
#
# On reprend le script de base et on l'adapte à CIFAR-10.

# %%
import torch
import torch.nn as nn
import torch.nn.functional as F
from torchvision import datasets, transforms
import matplotlib.pyplot as plt

# %%
BATCH_SIZE = 64
EPOCHS = 15
LR = 0.05

tf = transforms.Compose([transforms.ToTensor()])
train_data = datasets.CIFAR10(".", train=True, download=True, transform=tf)
test_data = datasets.CIFAR10(".", train=False, download=True, transform=tf)
train_loader = torch.utils.data.DataLoader(train_data, batch_size=BATCH_SIZE, shuffle=True)
test_loader = torch.utils.data.DataLoader(test_data, batch_size=1000)


# %%
class Reseau(nn.Module):
    def __init__(self):
        super(Reseau, self).__init__()
        self.c1 = nn.Conv2d(3, 32, 5, padding=2)
        self.c2 = nn.Conv2d(32, 64, 5, padding=2)
        self.c3 = nn.Conv2d(64, 64, 5, padding=2)
        self.f4 = nn.Linear(4 * 4 * 64, 1000)
        self.f5 = nn.Linear(1000, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.c1(x)), 2)
        x = F.max_pool2d(F.relu(self.c2(x)), 2)
        x = F.max_pool2d(F.relu(self.c3(x)), 2)
        x = torch.flatten(x, 1)
        x = F.relu(self.f4(x))
        x = self.f5(x)
        return x


# %%
def entrainer(modele, optimiseur):
    modele.train()
    total = 0
    for images, cibles in train_loader:
        sorties = modele(images)
        perte = F.cross_entropy(sorties, cibles)
        optimiseur.zero_grad()
        perte.backward()
        optimiseur.step()
        total += perte.item() * len(images)
    return total / len(train_loader.dataset)


@torch.no_grad()
def tester(modele):
    modele.eval()
    bons = 0
    for images, cibles in test_loader:
        bons += modele(images).argmax(dim=1).eq(cibles).sum().item()
    return 100.0 * bons / len(test_loader.dataset)


# %%
modele = Reseau()
optimiseur = torch.optim.SGD(modele.parameters(), lr=LR)
pertes, precisions = [], []
for ep in range(EPOCHS):
    pertes.append(entrainer(modele, optimiseur))
    precisions.append(tester(modele))
    print("Époque %d : perte = %.4f, précision en test = %.2f %%" % (ep + 1, pertes[-1], precisions[-1]))

# %%
plt.plot(range(1, EPOCHS + 1), pertes, label="perte")
plt.xlabel("époque")
plt.legend()
plt.show()
plt.plot(range(1, EPOCHS + 1), precisions, "r", label="précision (test)")
plt.legend()
plt.show()
