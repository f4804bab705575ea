# %% [markdown]
# # TP transfert, binôme 12
# L'agrandissement des images (32 vers 96) est la première couche du réseau.

# %%
import time
import torch
import torch.nn as nn
import torchvision
from torchvision import models, transforms

if torch.cuda.is_available():
    ou = torch.device("cuda")
else:
    ou = torch.device("cpu")
print("calculs sur", ou)


# %% [output]
# calculs sur cuda
# %%
class AvecAgrandissement(nn.Module):
    """Un réseau pré-entraîné précédé d'un agrandissement."""

    def __init__(self, reseau, taille=96):
        super().__init__()
        self.agrandit = nn.Upsample(size=(taille, taille), mode="bilinear", align_corners=False)
        self.reseau = reseau

    def forward(self, x):
        return self.reseau(self.agrandit(x))


def gele(reseau):
    for p in reseau.parameters():
        p.requires_grad = False


def resnet(extraction):
    r = models.resnet18(weights=models.ResNet18_Weights.IMAGENET1K_V1)
    if extraction:
        gele(r)
    r.fc = nn.Linear(512, 10)
    return AvecAgrandissement(r)


def vgg(extraction):
    v = models.vgg16_bn(weights=models.VGG16_BN_Weights.IMAGENET1K_V1)
    if extraction:
        gele(v)
    v.avgpool = nn.AdaptiveAvgPool2d((1, 1))
    v.classifier = nn.Linear(512, 10)
    return AvecAgrandissement(v)


def reseau_du_tp1():
    return nn.Sequential(
        nn.Conv2d(3, 32, 5, padding="same"),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 5, padding="same"),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(64, 64, 5, padding="same"),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(1024, 1000),
        nn.ReLU(),
        nn.Linear(1000, 10),
    )


# %%
class Experience:
    epoques = 20

    def __init__(self, titre, modele, pas):
        self.titre = titre
        self.modele = modele.to(ou)
        self.params = [p for p in modele.parameters() if p.requires_grad]
        self.opt = torch.optim.SGD(self.params, lr=pas, momentum=0.9, weight_decay=1e-4)
        self.plan = torch.optim.lr_scheduler.StepLR(self.opt, step_size=8, gamma=0.1)

    def lance(self, appr, test):
        critere = nn.CrossEntropyLoss()
        depart = time.perf_counter()
        for e in range(self.epoques):
            self.modele.train()
            for x, y in appr:
                self.opt.zero_grad()
                critere(self.modele(x.to(ou)), y.to(ou)).backward()
                self.opt.step()
            self.plan.step()
        self.temps = (time.perf_counter() - depart) / self.epoques
        self.modele.eval()
        self.bons, self.total = 0, 0
        with torch.no_grad():
            for x, y in test:
                self.bons += (self.modele(x.to(ou)).argmax(1).cpu() == y).sum().item()
                self.total += len(y)
        print(self.titre, "terminé")

    def ligne(self):
        n = sum(p.numel() for p in self.params)
        return [self.titre, n, round(100 * self.bons / self.total, 1), round(self.temps, 1)]


# %%
normalise = transforms.Compose(
    [transforms.ToTensor(), transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]
)
appr = torchvision.datasets.CIFAR10(".", train=True, transform=normalise, download=True)
test = torchvision.datasets.CIFAR10(".", train=False, transform=normalise, download=True)
appr = torch.utils.data.DataLoader(appr, 128, True, num_workers=4)
test = torch.utils.data.DataLoader(test, 256, False, num_workers=4)

experiences = [
    Experience("Depuis zéro", reseau_du_tp1(), 0.05),
    Experience("ResNet18 (extraction)", resnet(True), 0.01),
    Experience("ResNet18 (finetuning)", resnet(False), 0.005),
    Experience("VGG16 (extraction)", vgg(True), 0.01),
    Experience("VGG16 (finetuning)", vgg(False), 0.005),
]
for experience in experiences:
    experience.lance(appr, test)

# %% [output]
# Depuis zéro terminé
# ResNet18 (extraction) terminé
# ResNet18 (finetuning) terminé
# VGG16 (extraction) terminé
# VGG16 (finetuning) terminé
# %%
entete = ["Modèle", "Nb param. entraînables", "Précision test (%)", "Temps / époque (s)"]
try:
    from tabulate import tabulate

    print(tabulate([e.ligne() for e in experiences], headers=entete, tablefmt="github"))
except ImportError:
    print("| " + " | ".join(entete) + " |")
    print("|---|---|---|---|")
    for e in experiences:
        print("| " + " | ".join(str(valeur) for valeur in e.ligne()) + " |")

# %% [output]
# | Modèle | Nb param. entraînables | Précision test (%) | Temps / époque (s) |
# |---|---|---|---|
# | Depuis zéro | 1191170 | 74.8 | 4.9 |
# | ResNet18 (extraction) | 5130 | 71.7 | 9.3 |
# | ResNet18 (finetuning) | 11181642 | 94.1 | 20.4 |
# | VGG16 (extraction) | 5130 | 76.2 | 22.8 |
# | VGG16 (finetuning) | 14728266 | 93.5 | 61.7 |
