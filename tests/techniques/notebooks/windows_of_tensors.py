# %% [markdown]
# ## Partie 3.2 : augmentation, tout en mémoire

# %%
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torchvision.datasets import CIFAR10


def en_tenseurs(train):
    jeu = CIFAR10("donnees", train=train, download=True)
    x = torch.tensor(jeu.data.transpose(0, 3, 1, 2), dtype=torch.float32) / 255
    return x, torch.tensor(jeu.targets)


xa, ya = en_tenseurs(True)
xt, yt = en_tenseurs(False)
rng = np.random.default_rng()


def fenetres(lot):
    """Une fenêtre 28 x 28 par image, retournée une fois sur deux."""
    sortie = torch.empty(len(lot), 3, 28, 28)
    for k, image in enumerate(lot):
        h, g = rng.integers(0, 5, size=2)
        fenetre = image[:, h : h + 28, g : g + 28]
        sortie[k] = fenetre.flip(-1) if rng.random() < 0.5 else fenetre
    return sortie


# %%
class Reseau(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.ModuleList(
            [nn.Conv2d(3, 32, 5, padding=2), nn.Conv2d(32, 64, 5, padding=2), nn.Conv2d(64, 64, 5, padding=2)]
        )
        self.l1, self.l2 = nn.Linear(64 * 4 * 4, 1000), nn.Linear(1000, 10)

    def forward(self, x):
        for conv in self.c:
            x = F.max_pool2d(F.relu(conv(x)), 2, ceil_mode=True)
        return self.l2(F.relu(self.l1(torch.flatten(x, 1))))


reseau = Reseau()
optimiseur = torch.optim.SGD(reseau.parameters(), lr=0.1)
decroissance = torch.optim.lr_scheduler.ExponentialLR(optimiseur, 0.95)
TAILLE = 128

# %%
for epoque in range(10):
    reseau.train()
    melange = torch.randperm(len(xa))
    for debut in range(0, len(xa), TAILLE):
        choisis = melange[debut : debut + TAILLE]
        perte = F.cross_entropy(reseau(fenetres(xa[choisis])), ya[choisis])
        optimiseur.zero_grad()
        perte.backward()
        optimiseur.step()
    decroissance.step()
    reseau.eval()
    justes = 0
    with torch.no_grad():
        for debut in range(0, len(xt), 500):
            sortie = reseau(xt[debut : debut + 500, :, 2:30, 2:30])
            justes += int((sortie.argmax(1) == yt[debut : debut + 500]).sum())
    print(f"époque {epoque + 1} : {justes / len(xt):.3f}")
