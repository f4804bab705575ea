# %% [markdown]
# # TP3 : le même ResNet18, avec et sans poids d'ImageNet
# Modèle de départ : ResNet18 aux poids aléatoires. CNN1 = AlexNet, CNN2 = ResNet18.

# %%
import torch
import torchvision
from torch import nn
from torchvision.transforms import Compose, ToTensor, Normalize, Resize
import time

machine = torch.device("cuda" if torch.cuda.is_available() else "cpu")
nb_classes, nb_epoques, taille_lot = 10, 10, 100
prepa = Compose([Resize(96), ToTensor(), Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
base_appr = torchvision.datasets.CIFAR10("/tmp/cifar10", train=True, transform=prepa, download=True)
base_test = torchvision.datasets.CIFAR10("/tmp/cifar10", train=False, transform=prepa, download=True)
appr = torch.utils.data.DataLoader(base_appr, taille_lot, shuffle=True, num_workers=4)
test = torch.utils.data.DataLoader(base_test, taille_lot, num_workers=4)

# %%
reseaux = {}

zero = torchvision.models.resnet18(weights=None)
zero.fc = nn.Linear(zero.fc.in_features, nb_classes)
reseaux["from scratch"] = zero

alex = torchvision.models.alexnet(True)
for couche in (alex.features, alex.classifier):
    for p in couche.parameters():
        p.requires_grad = False
alex.classifier[-1] = nn.Linear(4096, nb_classes)
reseaux["AlexNet extraction"] = alex

alex = torchvision.models.alexnet(True)
alex.classifier[-1] = nn.Linear(4096, nb_classes)
reseaux["AlexNet finetuning"] = alex

res = torchvision.models.resnet18(True)
for p in res.parameters():
    p.requires_grad = False
res.fc = nn.Linear(res.fc.in_features, nb_classes)
reseaux["ResNet18 extraction"] = res

res = torchvision.models.resnet18(True)
res.fc = nn.Linear(res.fc.in_features, nb_classes)
reseaux["ResNet18 finetuning"] = res

# %% [output stderr]
# /usr/lib/python3/dist-packages/torchvision/models/_utils.py:223: UserWarning: Arguments other than a weight enum or `None`
# for 'weights' are deprecated since 0.13 and may be removed in the future. The current behavior is equivalent to passing
# `weights=AlexNet_Weights.IMAGENET1K_V1`.
#   warnings.warn(msg)
# %%
fonction_perte = nn.CrossEntropyLoss()
vitesses = {
    "from scratch": 0.05,
    "AlexNet extraction": 0.01,
    "AlexNet finetuning": 0.001,
    "ResNet18 extraction": 0.01,
    "ResNet18 finetuning": 0.001,
}
durees, precisions, tailles = {}, {}, {}

for nom, reseau in reseaux.items():
    reseau.to(machine)
    optimiseur = torch.optim.SGD(
        (p for p in reseau.parameters() if p.requires_grad), lr=vitesses[nom], momentum=0.9
    )
    tailles[nom] = sum(p.numel() for p in reseau.parameters() if p.requires_grad)
    debut = time.time()
    for epoque in range(nb_epoques):
        reseau.train()
        for images, classes in appr:
            images, classes = images.to(machine), classes.to(machine)
            optimiseur.zero_grad()
            perte = fonction_perte(reseau(images), classes)
            perte.backward()
            optimiseur.step()
    durees[nom] = (time.time() - debut) / nb_epoques
    reseau.eval()
    erreurs = 0
    with torch.no_grad():
        for images, classes in test:
            erreurs += (reseau(images.to(machine)).argmax(1).cpu() != classes).sum().item()
    precisions[nom] = 1 - erreurs / len(base_test)
    print(nom, "fini")

# %% [output]
# from scratch fini
# AlexNet extraction fini
# AlexNet finetuning fini
# ResNet18 extraction fini
# ResNet18 finetuning fini
# %%
print("modèle".ljust(22), "paramètres".rjust(12), "précision".rjust(12), "s/époque".rjust(10))
for nom in reseaux:
    print(
        nom.ljust(22),
        str(tailles[nom]).rjust(12),
        f"{precisions[nom]:.3f}".rjust(12),
        f"{durees[nom]:.1f}".rjust(10),
    )

# %% [output]
# modèle                   paramètres    précision   s/époque
# from scratch               11181642        0.815       30.2
# AlexNet extraction            40970        0.725       18.9
# AlexNet finetuning         57044810        0.839       23.7
# ResNet18 extraction            5130        0.709       19.8
# ResNet18 finetuning        11181642        0.931       30.1
