# %% [markdown]
# # Rapport - TP CIFAR-10
# Optimiseur : SGD avec moment de Nesterov et un peu de `weight_decay`.

# %%
import torch
import torchvision
import torchvision.transforms as transforms
from torch import nn
import matplotlib.pyplot as plt

hyper = dict(bs=100, lr=0.02, momentum=0.9, wd=5e-4, epochs=25)
standard = transforms.Normalize((0.491, 0.482, 0.447), (0.202, 0.199, 0.201))
tf = transforms.Compose([transforms.ToTensor(), standard])
sets = {
    "train": torchvision.datasets.CIFAR10("./data", train=True, download=True, transform=tf),
    "test": torchvision.datasets.CIFAR10("./data", train=False, download=True, transform=tf),
}
loaders = {
    nom: torch.utils.data.DataLoader(jeu, batch_size=hyper["bs"], shuffle=(nom == "train"))
    for nom, jeu in sets.items()
}


# %%
class Cnn(nn.Module):
    def __init__(self, canaux):
        super().__init__()
        a, b, c = canaux
        self.extraction = nn.Sequential(
            nn.Conv2d(3, a, 5, padding=2),
            nn.MaxPool2d(2),
            nn.ReLU(),
            nn.Conv2d(a, b, 5, padding=2),
            nn.MaxPool2d(2),
            nn.ReLU(),
            nn.Conv2d(b, c, 5, padding=2),
            nn.MaxPool2d(2),
            nn.ReLU(),
        )
        self.decision = nn.Sequential(nn.Flatten(), nn.Linear(c * 16, 1000), nn.ReLU(), nn.Linear(1000, 10))

    def forward(self, image):
        return self.decision(self.extraction(image))


modele = Cnn((32, 64, 64))
optimiseur = torch.optim.SGD(
    modele.parameters(), lr=hyper["lr"], momentum=hyper["momentum"], nesterov=True, weight_decay=hyper["wd"]
)
decroissance = torch.optim.lr_scheduler.CosineAnnealingLR(optimiseur, T_max=hyper["epochs"])
erreur = nn.CrossEntropyLoss()

# %%
suivi = {"train": [], "test": []}
for ep in range(hyper["epochs"]):
    modele.train()
    for image, classe in loaders["train"]:
        optimiseur.zero_grad()
        e = erreur(modele(image), classe)
        e.backward()
        optimiseur.step()
    decroissance.step()

    modele.eval()
    for nom in ("train", "test"):
        justes = 0
        with torch.no_grad():
            for image, classe in loaders[nom]:
                justes += (modele(image).argmax(1) == classe).sum().item()
        suivi[nom].append(100 * justes / len(sets[nom]))
    print(f"{ep + 1:02d} | train {suivi['train'][-1]:5.2f} % | test {suivi['test'][-1]:5.2f} %")

# %%
for nom, valeurs in suivi.items():
    plt.plot(valeurs, label=nom)
plt.legend()
plt.show()
