# %% [markdown]
# # Augmentation sur des lots entiers, et dropout
# Chaque image du lot a sa propre fenêtre (indices calculés avec `torch.randint`) et sa propre symétrie.

# %%
import matplotlib.pyplot as plt
import torch
import torch.nn as nn
import torchvision
from torch.utils.data import DataLoader

appareil = torch.device("cuda" if torch.cuda.is_available() else "cpu")
en_tenseur = torchvision.transforms.ToTensor()
jeu = {
    "train": torchvision.datasets.CIFAR10("~/cifar10", train=True, download=True, transform=en_tenseur),
    "test": torchvision.datasets.CIFAR10("~/cifar10", train=False, download=True, transform=en_tenseur),
}
chargeur = {nom: DataLoader(d, batch_size=128, shuffle=nom == "train") for nom, d in jeu.items()}


# %%
def fenetres(lot, cote=28):
    """Une fenêtre au hasard par image : (n, 3, 32, 32) -> (n, 3, 28, 28)."""
    n = lot.size(0)
    dy = torch.randint(0, 32 - cote + 1, (n, 1))
    dx = torch.randint(0, 32 - cote + 1, (n, 1))
    lignes = dy + torch.arange(cote)  # (n, 28)
    colonnes = dx + torch.arange(cote)  # (n, 28)
    image = torch.arange(n)[:, None, None]
    return lot.permute(0, 2, 3, 1)[image, lignes[:, :, None], colonnes[:, None, :]].permute(0, 3, 1, 2)


def symetries(lot):
    miroir = torch.rand(lot.size(0)) < 0.5
    return torch.where(miroir[:, None, None, None], lot.flip(-1), lot)


def centre(lot):
    return lot[:, :, 2:30, 2:30]


# %%
class ReseauConvolutif(nn.Module):
    def __init__(self, p=0.4):
        super().__init__()
        self.convolutions = nn.Sequential(
            nn.Conv2d(3, 32, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(64, 64, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2, ceil_mode=True),
            nn.Flatten(),
        )
        self.fc4 = nn.Linear(1024, 1000)
        self.oubli = nn.Dropout(p)
        self.fc5 = nn.Linear(1000, 10)

    def forward(self, x):
        h = torch.relu(self.fc4(self.convolutions(x)))
        return self.fc5(self.oubli(h))


# %%
reseau = ReseauConvolutif().to(appareil)
optimiseur = torch.optim.SGD(reseau.parameters(), lr=0.1)
perte = nn.CrossEntropyLoss()
courbe = []
for epoque in range(25):
    reseau.train()
    for x, y in chargeur["train"]:
        x = symetries(fenetres(x)).to(appareil)
        optimiseur.zero_grad()
        perte(reseau(x), y.to(appareil)).backward()
        optimiseur.step()
    reseau.eval()
    bons = 0
    with torch.no_grad():
        for x, y in chargeur["test"]:
            bons += (reseau(centre(x).to(appareil)).argmax(1).cpu() == y).sum().item()
    courbe.append(100 * bons / len(jeu["test"]))
    print(f"époque {epoque + 1} : {courbe[-1]:.2f} % en test")

# %%
plt.plot(courbe)
plt.show()
