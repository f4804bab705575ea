# %% [markdown]
# # TP CNN
# Tout est en double précision, comme en cours d'analyse numérique.

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

torch.set_default_dtype(torch.float64)


# %%
class EnDouble:
    def __call__(self, image):
        return torch.from_numpy(np.asarray(image, dtype=np.float64) / 255).permute(2, 0, 1)


class EnAvance:
    """Demande le lot suivant avant de donner le lot courant."""

    def __init__(self, chargeur):
        self.chargeur = chargeur

    def __iter__(self):
        flux = iter(self.chargeur)
        suivant = next(flux, None)
        while suivant is not None:
            courant, suivant = suivant, next(flux, None)
            yield courant


def chargeur(train):
    donnees = datasets.CIFAR10(
        "donnees", train=train, download=True, transform=transforms.Compose([EnDouble()])
    )
    return EnAvance(DataLoader(donnees, batch_size=128, shuffle=train))


# %%
class Dense(nn.Module):
    def __init__(self, entrees, sorties):
        super().__init__()
        borne = entrees**-0.5
        self.poids = nn.Parameter(torch.empty(sorties, entrees).uniform_(-borne, borne))
        self.biais = nn.Parameter(torch.empty(sorties).uniform_(-borne, borne))

    def forward(self, x):
        return torch.einsum("ni,si->ns", x, self.poids) + self.biais


def etage(entrees, sorties):
    return nn.Sequential(nn.Conv2d(entrees, sorties, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2))


reseau = nn.Sequential(
    etage(3, 32),
    etage(32, 64),
    etage(64, 64),
    nn.Flatten(),
    Dense(1024, 1000),
    nn.ReLU(),
    Dense(1000, 10),
    nn.LogSoftmax(1),
)
print(sum(p.numel() for p in reseau.parameters()), "paramètres")

# %%
apprentissage, test = chargeur(True), chargeur(False)
optimiseur = torch.optim.SGD(reseau.parameters(), lr=0.1)
pertes, precisions = [], []
for epoque in range(3):
    reseau.train()
    for images, cibles in apprentissage:
        optimiseur.zero_grad()
        perte = nn.functional.nll_loss(reseau(images), cibles)
        perte.backward()
        optimiseur.step()
        pertes.append(perte.item())
    reseau.eval()
    with torch.no_grad():
        justes = [reseau(images).argmax(1) == cibles for images, cibles in test]
    precisions.append(torch.cat(justes).double().mean().item())
    print(f"époque {epoque + 1} : {precisions[-1]:.1%}")

# %%
plt.plot(pertes)
plt.show()
