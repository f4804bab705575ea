# %% [markdown]
# # Bonus : blanchiment ZCA au lieu de la standardisation

# %%
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchvision.datasets import CIFAR10


def matrice(train):
    d = CIFAR10("donnees", train=train, download=True)
    return d.data.reshape(len(d.data), -1).astype(np.float32)[:4000] / 255, np.array(d.targets)[:4000]


X, y = matrice(True)
Xt, yt = matrice(False)
moyenne = X.mean(0)
covariance = (X - moyenne).T @ (X - moyenne) / len(X)
valeurs, vecteurs = np.linalg.eigh(covariance)
W = (vecteurs / np.sqrt(np.maximum(valeurs, 0) + 1e-3)) @ vecteurs.T


def blanchi(x):
    return torch.from_numpy(((x - moyenne) @ W).reshape(-1, 32, 32, 3).transpose(0, 3, 1, 2).copy()).float()


entrainement = DataLoader(TensorDataset(blanchi(X), torch.from_numpy(y)), batch_size=64, shuffle=True)
essai = DataLoader(TensorDataset(blanchi(Xt), torch.from_numpy(yt)), batch_size=64)

# %%
couches = []
for entree, sortie in [(3, 32), (32, 64), (64, 64)]:
    couches += [nn.Conv2d(entree, sortie, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(2)]
modele = nn.Sequential(*couches, nn.Flatten(), nn.Linear(1024, 1000), nn.ReLU(), nn.Linear(1000, 10))
optimiseur = torch.optim.SGD(modele.parameters(), lr=0.05)
for epoque in range(4):
    modele.train()
    for x, cible in entrainement:
        optimiseur.zero_grad()
        nn.functional.cross_entropy(modele(x), cible).backward()
        optimiseur.step()
    modele.eval()
    with torch.no_grad():
        justes = sum((modele(x).argmax(1) == cible).sum().item() for x, cible in essai)
    print(epoque, justes / len(yt))
