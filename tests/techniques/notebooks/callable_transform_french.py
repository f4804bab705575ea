# %% [markdown]
# ## 3.2 Augmentation (classes `Apprentissage` et `Evaluation`) et 3.5 batch normalisation

# %%
import numpy as np
import torch
import torch.nn as nn
import torchvision.transforms.functional as TF
from torchvision.datasets import CIFAR10
import matplotlib.pyplot as plt

rng = np.random.default_rng(12)


class Apprentissage:
    """Recadrage aléatoire puis, avec probabilité 1/2, image en miroir."""

    def __init__(self, taille=28):
        self.taille = taille

    def __call__(self, img):
        largeur, hauteur = img.size
        x0 = int(rng.integers(0, largeur - self.taille + 1))
        y0 = int(rng.integers(0, hauteur - self.taille + 1))
        img = img.crop((x0, y0, x0 + self.taille, y0 + self.taille))
        if rng.random() < 0.5:
            img = TF.hflip(img)
        return TF.to_tensor(img)


class Evaluation:
    def __init__(self, taille=28):
        self.taille = taille

    def __call__(self, img):
        return TF.to_tensor(TF.center_crop(img, self.taille))


donnees_train = CIFAR10("./data", train=True, download=True, transform=Apprentissage())
donnees_test = CIFAR10("./data", train=False, download=True, transform=Evaluation())
train_loader = torch.utils.data.DataLoader(donnees_train, batch_size=128, shuffle=True)
test_loader = torch.utils.data.DataLoader(donnees_test, batch_size=128, shuffle=False)


# %%
def etage(entree, sortie, arrondi=False):
    return nn.Sequential(
        nn.Conv2d(entree, sortie, 5, stride=1, padding=2),
        nn.BatchNorm2d(sortie),
        nn.ReLU(),
        nn.MaxPool2d(2, stride=2, ceil_mode=arrondi),
    )


class Reseau(nn.Module):
    def __init__(self):
        super().__init__()
        self.etages = nn.Sequential(etage(3, 32), etage(32, 64), etage(64, 64, arrondi=True))
        self.fc4 = nn.Linear(4 * 4 * 64, 1000)
        self.fc5 = nn.Linear(1000, 10)

    def forward(self, x):
        x = self.etages(x)
        x = x.view(x.shape[0], -1)
        x = torch.relu(self.fc4(x))
        return self.fc5(x)


# %%
modele = Reseau()
optimiseur = torch.optim.SGD(modele.parameters(), lr=0.05, momentum=0.9)
cout = nn.CrossEntropyLoss()


def entrainer():
    modele.train()
    pertes = []
    for x, y in train_loader:
        perte = cout(modele(x), y)
        optimiseur.zero_grad()
        perte.backward()
        optimiseur.step()
        pertes.append(perte.item())
    return np.mean(pertes)


def evaluer():
    modele.eval()
    with torch.no_grad():
        justes = [(modele(x).argmax(1) == y).numpy() for x, y in test_loader]
    return np.concatenate(justes).mean()


suivi = []
for e in range(12):
    suivi.append([entrainer(), evaluer()])
    print("époque", e + 1, "perte %.3f, précision %.3f" % tuple(suivi[-1]))

# %%
suivi = np.array(suivi)
plt.plot(suivi[:, 1])
plt.title("précision en test")
plt.show()
