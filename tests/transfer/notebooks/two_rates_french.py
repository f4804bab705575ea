# %% [markdown]
# # Apprentissage par transfert (CIFAR-10)
# - CNN1 : ResNet34
# - CNN2 : SqueezeNet 1.0
#
# Pour le finetuning, le corps du réseau apprend dix fois moins vite que la tête.

# %%
import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision.transforms as T
import torchvision.models as M
from torchvision.datasets import CIFAR10
from torch.utils.data import DataLoader
from collections import OrderedDict
from time import perf_counter
import matplotlib.pyplot as plt

dev = torch.device("cuda" if torch.cuda.is_available() else "cpu")
EPOQUES = 7
norm = T.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
tf_train = T.Compose([T.RandomHorizontalFlip(), T.Resize(96), T.ToTensor(), norm])
tf_test = T.Compose([T.Resize(96), T.ToTensor(), norm])
train_loader = DataLoader(CIFAR10("./cifar", True, tf_train, download=True), 128, shuffle=True, num_workers=8)
test_loader = DataLoader(CIFAR10("./cifar", False, tf_test, download=True), 128, num_workers=8)

courbes = {}


def entraine(nom, modele, groupes):
    """`groupes` : groupes de paramètres de l'optimiseur, chacun avec son pas."""
    modele.to(dev)
    optimiseur = torch.optim.SGD(groupes, lr=1e-2, momentum=0.9)
    courbes[nom], durees = [], []
    for epoque in range(EPOQUES):
        t0 = perf_counter()
        modele.train()
        for x, y in train_loader:
            x, y = x.to(dev), y.to(dev)
            optimiseur.zero_grad()
            F.cross_entropy(modele(x), y).backward()
            optimiseur.step()
        durees.append(perf_counter() - t0)
        modele.eval()
        with torch.no_grad():
            justes = sum((modele(x.to(dev)).argmax(1) == y.to(dev)).sum().item() for x, y in test_loader)
        courbes[nom].append(justes / len(test_loader.dataset))
    n = sum(p.numel() for g in optimiseur.param_groups for p in g["params"])
    print(
        f"{nom:<24} : {n} paramètres, précision {courbes[nom][-1]:.4f}, {sum(durees) / EPOQUES:.1f} s par époque"
    )


# %%
zero = nn.Sequential(
    OrderedDict(
        conv1=nn.Conv2d(3, 64, 3, padding=1),
        r1=nn.ReLU(),
        p1=nn.MaxPool2d(4),
        conv2=nn.Conv2d(64, 128, 3, padding=1),
        r2=nn.ReLU(),
        p2=nn.MaxPool2d(4),
        conv3=nn.Conv2d(128, 128, 3, padding=1),
        r3=nn.ReLU(),
        p3=nn.MaxPool2d(2),
        plat=nn.Flatten(),
        fc1=nn.Linear(1152, 256),
        r4=nn.ReLU(),
        fc2=nn.Linear(256, 10),
    )
)
entraine("Depuis zéro", zero, [{"params": zero.parameters()}])

# %% [output]
# Depuis zéro              : 520970 paramètres, précision 0.7018, 19.7 s par époque
# %%
for nom in ("feat_extract", "finetuning"):
    resnet = M.resnet34(weights=M.ResNet34_Weights.DEFAULT)
    if nom == "feat_extract":
        for p in resnet.parameters():
            p.requires_grad_(False)
    resnet.fc = nn.Linear(resnet.fc.in_features, 10)
    tete = {"params": list(resnet.fc.parameters())}
    corps = {"params": [p for k, p in resnet.named_parameters() if not k.startswith("fc.")], "lr": 1e-3}
    entraine(f"ResNet34 ({nom})", resnet, [tete] if nom == "feat_extract" else [corps, tete])

# %% [output]
# ResNet34 (feat_extract)  : 5130 paramètres, précision 0.7143, 21.9 s par époque
# ResNet34 (finetuning)    : 21289802 paramètres, précision 0.9437, 38.4 s par époque
# %%
for nom in ("feat_extract", "finetuning"):
    squeeze = M.squeezenet1_0(weights=M.SqueezeNet1_0_Weights.DEFAULT)
    if nom == "feat_extract":
        for p in squeeze.parameters():
            p.requires_grad_(False)
    squeeze.classifier[1] = nn.Conv2d(512, 10, 1)
    squeeze.num_classes = 10
    nn.init.normal_(squeeze.classifier[1].weight, std=0.01)
    nn.init.zeros_(squeeze.classifier[1].bias)
    tete = {"params": list(squeeze.classifier.parameters())}
    corps = {"params": list(squeeze.features.parameters()), "lr": 1e-3}
    entraine(f"SqueezeNet ({nom})", squeeze, [tete] if nom == "feat_extract" else [corps, tete])

# %% [output]
# SqueezeNet (feat_extract) : 5130 paramètres, précision 0.6487, 20.5 s par époque
# SqueezeNet (finetuning)  : 740554 paramètres, précision 0.8652, 24.1 s par époque
# %%
for nom, courbe in courbes.items():
    plt.plot(range(1, EPOQUES + 1), courbe, label=nom)
plt.legend()
plt.xlabel("époque")
plt.savefig("courbes.png")
plt.close()

# %% [markdown]
# <table>
# <tr><th>Modèle</th><th>Nombre de paramètres entraînables</th><th>Précision sur le test</th><th>Temps d'entraînement par époque</th></tr>
# <tr><td>Depuis zéro</td><td>520 970</td><td>70,2 %</td><td>19,7 s</td></tr>
# <tr><td>ResNet34 (feat_extract)</td><td>5 130</td><td>71,4 %</td><td>21,9 s</td></tr>
# <tr><td>ResNet34 (finetuning)</td><td>21 289 802</td><td>94,4 %</td><td>38,4 s</td></tr>
# <tr><td>SqueezeNet (feat_extract)</td><td>5 130</td><td>64,9 %</td><td>20,5 s</td></tr>
# <tr><td>SqueezeNet (finetuning)</td><td>740 554</td><td>86,5 %</td><td>24,1 s</td></tr>
# </table>
