# %% [markdown]
# # TP 2 : réseau convolutif
# Binôme : A. Martin et C. Petit
#
# Remarque : on met la ReLU après le max-pooling, cela revient au même (la ReLU est croissante) et il y a
# quatre fois moins de valeurs à calculer.

# %%
import torch
from torch import nn, optim
from torch.utils.data import DataLoader
import torchvision.datasets as jeux
import torchvision.transforms as tr
import matplotlib.pyplot as plt

appareil = torch.device("cuda:0") if torch.cuda.is_available() else torch.device("cpu")

# %%
apprentissage = jeux.CIFAR10(root="donnees", train=True, download=True, transform=tr.ToTensor())
evaluation = jeux.CIFAR10(root="donnees", train=False, download=True, transform=tr.ToTensor())
lots_app = DataLoader(apprentissage, batch_size=128, shuffle=True)
lots_eval = DataLoader(evaluation, batch_size=128, shuffle=False)


# %%
class ReseauConv(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 32, (5, 5), stride=1, padding=2),
            nn.MaxPool2d(2, stride=2),
            nn.ReLU(),
            nn.Conv2d(32, 64, (5, 5), stride=1, padding=2),
            nn.MaxPool2d(2, stride=2),
            nn.ReLU(),
            nn.Conv2d(64, 64, (5, 5), stride=1, padding=2),
            nn.MaxPool2d(2, stride=2),
            nn.ReLU(),
        )
        self.classifier = nn.Sequential(nn.Linear(1024, 1000), nn.ReLU(), nn.Linear(1000, 10))

    def forward(self, entree):
        taille_lot = entree.size(0)
        sortie = self.features(entree)
        sortie = sortie.view(taille_lot, -1)
        return self.classifier(sortie)


reseau = ReseauConv().to(appareil)
print("Nombre de poids :", sum(p.numel() for p in reseau.parameters() if p.requires_grad))

# %%
critere = nn.CrossEntropyLoss().to(appareil)
optimiseur = optim.SGD(reseau.parameters(), lr=0.1)
nb_epoques = 30
justesse_app, justesse_eval = [], []

for epoque in range(nb_epoques):
    for phase, lots in [("app", lots_app), ("eval", lots_eval)]:
        reseau.train(phase == "app")
        justes, vus = 0, 0
        with torch.set_grad_enabled(phase == "app"):
            for x, y in lots:
                x, y = x.to(appareil), y.to(appareil)
                s = reseau(x)
                if phase == "app":
                    optimiseur.zero_grad()
                    critere(s, y).backward()
                    optimiseur.step()
                justes += (s.argmax(1) == y).sum().item()
                vus += len(y)
        (justesse_app if phase == "app" else justesse_eval).append(justes / vus)
    print(f"époque {epoque + 1}/{nb_epoques}  app {justesse_app[-1]:.3f}  test {justesse_eval[-1]:.3f}")

# %%
plt.plot(justesse_app, label="apprentissage")
plt.plot(justesse_eval, label="test")
plt.xlabel("époques")
plt.ylabel("taux de bonne classification")
plt.legend()
plt.show()
