# %% [markdown]
# ## Normalisation avec nos propres statistiques
# Moyenne et écart-type de chaque image, puis moyenne sur toutes les images de la base d'apprentissage (c'est
# ainsi que l'on trouve 0.202, 0.199, 0.201 et non 0.247, 0.243, 0.262).

# %%
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

apprentissage = datasets.CIFAR10("donnees", train=True, download=True, transform=transforms.ToTensor())
somme_moy, somme_std, n = torch.zeros(3), torch.zeros(3), 0
for x, _ in DataLoader(apprentissage, batch_size=500):
    plat = x.flatten(2)  # (500, 3, 1024)
    somme_moy += plat.mean(2).sum(0)
    somme_std += plat.std(2).sum(0)
    n += len(x)
moy, std = somme_moy / n, somme_std / n
print("moyenne", moy, "écart-type", std)

# %%
pretraitement = transforms.Compose([transforms.ToTensor(), transforms.Normalize(moy, std)])
apprentissage.transform = pretraitement
test = datasets.CIFAR10("donnees", train=False, download=True, transform=pretraitement)
lots = DataLoader(apprentissage, batch_size=128, shuffle=True)
lots_test = DataLoader(test, batch_size=250)


# %%
class Reseau(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(3, 32, 5, padding=2)
        self.c2 = nn.Conv2d(32, 64, 5, padding=2)
        self.c3 = nn.Conv2d(64, 64, 5, padding=2)
        self.l1 = nn.Linear(1024, 1000)
        self.l2 = nn.Linear(1000, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.c1(x)), 2)
        x = F.max_pool2d(F.relu(self.c2(x)), 2)
        x = F.max_pool2d(F.relu(self.c3(x)), 2)
        x = F.relu(self.l1(torch.flatten(x, 1)))
        return self.l2(x)


r = Reseau()
opt = torch.optim.SGD(r.parameters(), lr=0.08)

# %%
for epoque in range(12):
    r.train()
    for x, y in lots:
        perte = F.cross_entropy(r(x), y)
        opt.zero_grad()
        perte.backward()
        opt.step()
    r.eval()
    with torch.no_grad():
        bons = sum((r(x).argmax(1) == y).sum().item() for x, y in lots_test)
    print(f"époque {epoque + 1:2d}  perte {perte.item():.3f}  test {100 * bons / len(test):.1f} %")
