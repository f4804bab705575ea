# %% [markdown]
# # Partie 3.2 : augmentation de données
# Entraînement : recadrage aléatoire 28 x 28 et symétrie horizontale. Test : recadrage central.
# `pool3` arrondit vers le haut (`ceil_mode=True`) : 7 x 7 devient 4 x 4, fc4 garde 1024 entrées.

# %%
import torch
import torch.nn as nn
import torchvision.datasets as datasets
import torchvision.transforms as transforms
import matplotlib.pyplot as plt

normalisation = transforms.Normalize([0.491, 0.482, 0.447], [0.202, 0.199, 0.201])
transf_train = transforms.Compose(
    [transforms.RandomCrop(28), transforms.RandomHorizontalFlip(), transforms.ToTensor(), normalisation]
)
transf_test = transforms.Compose([transforms.CenterCrop(28), transforms.ToTensor(), normalisation])

train_loader = torch.utils.data.DataLoader(
    datasets.CIFAR10("./data", train=True, download=True, transform=transf_train),
    batch_size=128,
    shuffle=True,
)
test_loader = torch.utils.data.DataLoader(
    datasets.CIFAR10("./data", train=False, download=True, transform=transf_test), batch_size=128
)


# %%
class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 32, 5, stride=1, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2, stride=2),
            nn.Conv2d(32, 64, 5, stride=1, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2, stride=2),
            nn.Conv2d(64, 64, 5, stride=1, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2, stride=2, ceil_mode=True),
        )
        self.classifier = nn.Sequential(nn.Linear(1024, 1000), nn.ReLU(), nn.Linear(1000, 10))

    def forward(self, x):
        return self.classifier(self.features(x).view(x.size(0), -1))


# %%
modele = ConvNet()
critere = nn.CrossEntropyLoss()
optimiseur = torch.optim.SGD(modele.parameters(), lr=0.1)


def passe(chargeur, apprendre):
    modele.train() if apprendre else modele.eval()
    perte_totale, bons, n = 0.0, 0, 0
    for x, y in chargeur:
        with torch.set_grad_enabled(apprendre):
            sortie = modele(x)
            perte = critere(sortie, y)
        if apprendre:
            optimiseur.zero_grad()
            perte.backward()
            optimiseur.step()
        perte_totale += perte.item() * y.size(0)
        bons += sortie.argmax(1).eq(y).sum().item()
        n += y.size(0)
    return perte_totale / n, 100 * bons / n


resultats = []
for e in range(40):
    resultats.append(passe(train_loader, True) + passe(test_loader, False))
    print("époque %d : train %.3f (%.1f %%), test %.3f (%.1f %%)" % (e + 1, *resultats[-1]))

# %%
resultats = torch.tensor(resultats)
plt.plot(resultats[:, 1], label="train")
plt.plot(resultats[:, 3], label="test")
plt.legend()
plt.show()
