# %% [markdown]
# # TP CIFAR-10 : les cinq améliorations, puis un entraînement plus long
#
# La même fonction est appelée deux fois sur le même réseau, pour voir si l'on gagne encore.

# %%
import torch
from torch import nn
from torchvision import datasets, transforms

stat = dict(mean=(0.491, 0.482, 0.447), std=(0.202, 0.199, 0.201))
t_app = transforms.Compose(
    [
        transforms.RandomHorizontalFlip(),
        transforms.RandomCrop(28),
        transforms.ToTensor(),
        transforms.Normalize(**stat),
    ]
)
t_test = transforms.Compose([transforms.CenterCrop(28), transforms.ToTensor(), transforms.Normalize(**stat)])
app = torch.utils.data.DataLoader(datasets.CIFAR10("donnees", True, t_app, download=True), 128, shuffle=True)
test = torch.utils.data.DataLoader(datasets.CIFAR10("donnees", False, t_test, download=True), 500)


# %%
def etage(entree, sortie):
    return [
        nn.Conv2d(entree, sortie, 5, padding=2),
        nn.BatchNorm2d(sortie),
        nn.ReLU(),
        nn.MaxPool2d(2, ceil_mode=True),
    ]


reseau = nn.Sequential(
    *etage(3, 32), *etage(32, 64), *etage(64, 64), nn.Flatten(),
    nn.Linear(1024, 1000), nn.ReLU(), nn.Dropout(0.5), nn.Linear(1000, 10),
)  # fmt: skip


def entraine(nb_epoques, pas=0.1):
    optimiseur = torch.optim.SGD(reseau.parameters(), lr=pas)
    decroissance = torch.optim.lr_scheduler.ExponentialLR(optimiseur, 0.95)
    for epoque in range(nb_epoques):
        reseau.train()
        for x, y in app:
            optimiseur.zero_grad()
            perte = nn.functional.cross_entropy(reseau(x), y)
            perte.backward()
            optimiseur.step()
        decroissance.step()
        reseau.eval()
        with torch.no_grad():
            justes = sum((reseau(x).argmax(1) == y).sum().item() for x, y in test)
        print(f"époque {epoque + 1} : perte {perte.item():.3f}, {justes} images reconnues".replace(".", ","))


# %%
entraine(4)

# %% [markdown]
# ### Question 18 : plus longtemps

# %%
entraine(6)
