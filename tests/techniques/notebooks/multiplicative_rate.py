# %% [markdown]
# # 3.3 Pas d'apprentissage décroissant
# À la fin de chaque époque, le pas est multiplié par 0,95.

# %%
import torch
import torchvision.transforms as T
from torch import nn
from torch.optim.lr_scheduler import MultiplicativeLR
from torch.utils.data import DataLoader
from torchvision.datasets import CIFAR10
import matplotlib.pyplot as plt


def charger(train):
    return DataLoader(CIFAR10("data", train, T.ToTensor(), download=True), batch_size=128, shuffle=train)


train_loader, test_loader = charger(True), charger(False)


# %%
class Bloc(nn.Sequential):
    def __init__(self, entree, sortie):
        super().__init__(nn.Conv2d(entree, sortie, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2))


class CNN(nn.Sequential):
    def __init__(self):
        super().__init__(
            Bloc(3, 32),
            Bloc(32, 64),
            Bloc(64, 64),
            nn.Flatten(),
            nn.Linear(1024, 1000),
            nn.ReLU(),
            nn.Linear(1000, 10),
        )


# %%
def entrainement(modele, pas=0.1, epoques=20):
    optimiseur = torch.optim.SGD(modele.parameters(), lr=pas)
    planning = MultiplicativeLR(optimiseur, lr_lambda=lambda epoque: 0.95)
    perte_fn = nn.CrossEntropyLoss()
    suivi = {"pas": [], "perte": [], "test": []}
    for epoque in range(epoques):
        modele.train()
        somme = 0
        for images, classes in train_loader:
            perte = perte_fn(modele(images), classes)
            optimiseur.zero_grad()
            perte.backward()
            optimiseur.step()
            somme += perte.item()
        suivi["pas"].append(planning.get_last_lr()[0])
        suivi["perte"].append(somme / len(train_loader))
        suivi["test"].append(evaluation(modele))
        planning.step()
        print(f"Époque {epoque + 1}/{epoques}", {k: round(v[-1], 4) for k, v in suivi.items()})
    return suivi


def evaluation(modele):
    modele.eval()
    bonnes = 0
    with torch.no_grad():
        for images, classes in test_loader:
            bonnes += (modele(images).argmax(1) == classes).sum().item()
    return bonnes / len(test_loader.dataset)


suivi = entrainement(CNN())

# %%
figure, axes = plt.subplots(1, 3, figsize=(12, 3))
for axe, (nom, valeurs) in zip(axes, suivi.items()):
    axe.plot(valeurs)
    axe.set_title(nom)
plt.show()
