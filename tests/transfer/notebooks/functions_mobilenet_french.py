# %% [markdown]
# # Compte rendu du TP 3
#
# **Réseaux** : CNN1 = VGG11, CNN2 = ResNet18 (et MobileNetV2 en plus, pour comparer).
# **Protocole** : 9 époques pour tous, images de 64 x 64, Adam.

# %%
import torch
import torch.nn as nn
import torchvision.models as tvm
import torchvision
import torchvision.transforms as tt
import time

EPOQUES = 9
APPAREIL = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def donnees(train):
    suite = [
        tt.ToTensor(),
        tt.Resize([64, 64], antialias=True),
        tt.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ]
    if train:
        suite.append(tt.RandomHorizontalFlip())
    base = torchvision.datasets.CIFAR10("data", train=train, download=True, transform=tt.Compose(suite))
    return torch.utils.data.DataLoader(base, batch_size=200, shuffle=train, num_workers=6)


train_dl, test_dl = donnees(True), donnees(False)


# %%
def une_epoque(modele, optimiseur):
    modele.train()
    perte_moyenne = 0
    for k, (x, y) in enumerate(train_dl, start=1):
        sortie = modele(x.to(APPAREIL))
        perte = nn.functional.nll_loss(sortie.log_softmax(1), y.to(APPAREIL))
        optimiseur.zero_grad()
        perte.backward()
        optimiseur.step()
        perte_moyenne += (perte.item() - perte_moyenne) / k
    return perte_moyenne


def taux_de_reussite(modele):
    modele.eval()
    matrice = torch.zeros(10, 10, dtype=torch.long)
    with torch.no_grad():
        for x, y in test_dl:
            prediction = modele(x.to(APPAREIL)).argmax(1).cpu()
            for vrai, predit in zip(y, prediction):
                matrice[vrai, predit] += 1
    return (matrice.diag().sum() / matrice.sum()).item()


def campagne(modele, pas):
    modele = modele.to(APPAREIL)
    appris = [p for p in modele.parameters() if p.requires_grad]
    optimiseur = torch.optim.Adam(appris, lr=pas)
    chrono = []
    for e in range(EPOQUES):
        t0 = time.perf_counter()
        perte = une_epoque(modele, optimiseur)
        chrono.append(time.perf_counter() - t0)
    reussite = taux_de_reussite(modele)
    print(
        f"  perte finale {perte:.4f}  réussite {reussite:.2%}  {sum(chrono) / EPOQUES:.1f} s/époque  {sum(map(torch.numel, appris)):,} paramètres"
    )
    return reussite


# %% [markdown]
# ## Fabrique des réseaux
# %%
TETES = {
    "vgg11": lambda net: net.classifier.__setitem__(6, nn.Linear(4096, 10)),
    "resnet18": lambda net: setattr(net, "fc", nn.Linear(512, 10)),
    "mobilenet_v2": lambda net: net.classifier.__setitem__(1, nn.Linear(1280, 10)),
}


def fabrique(nom, approche):
    poids = tvm.get_model_weights(nom).IMAGENET1K_V1
    reseau = tvm.__dict__[nom](weights=poids)
    if approche == "extraction":
        for parametre in reseau.parameters():
            parametre.requires_grad = False
    TETES[nom](reseau)
    return reseau


# %%
print("depuis zéro")
zero = nn.Sequential(
    nn.Conv2d(3, 32, 5, 2, 2),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(32, 64, 5, 1, 2),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(64, 64, 5, 1, 2),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(1024, 1000),
    nn.ReLU(),
    nn.Linear(1000, 10),
)
reussite_zero = campagne(zero, 1e-3)

# %% [output]
# depuis zéro
#   perte finale 0.2213  réussite 70.16%  7.6 s/époque  1,191,170 paramètres
# %%
for nom in ("vgg11", "resnet18", "mobilenet_v2"):
    for approche, pas in (("extraction", 1e-3), ("finetuning", 5e-5)):
        print(nom, approche)
        campagne(fabrique(nom, approche), pas)

# %% [output]
# vgg11 extraction
#   perte finale 0.7412  réussite 72.45%  9.9 s/époque  40,970 paramètres
# vgg11 finetuning
#   perte finale 0.0231  réussite 88.91%  24.8 s/époque  128,807,306 paramètres
# resnet18 extraction
#   perte finale 1.0312  réussite 62.30%  8.4 s/époque  5,130 paramètres
# resnet18 finetuning
#   perte finale 0.0287  réussite 89.64%  12.7 s/époque  11,181,642 paramètres
# mobilenet_v2 extraction
#   perte finale 0.9887  réussite 64.18%  8.8 s/époque  12,810 paramètres
# mobilenet_v2 finetuning
#   perte finale 0.1105  réussite 88.52%  15.0 s/époque  2,236,682 paramètres
# %% [markdown]
# ## Résultats
#
# | Modèle | Nombre de paramètres à entraîner | Précision sur l'ensemble de test | Temps d'entraînement par époque |
# |:---|:---:|:---:|:---:|
# | **Depuis zéro** | 1.191.170 | 70,2 % | 7,6 s |
# | **VGG11** (feat_extract) | 40.970 | 72,5 % | 9,9 s |
# | **VGG11** (finetuning) | 128.807.306 | 88,9 % | 24,8 s |
# | **ResNet18** (feat_extract) | 5.130 | 62,3 % | 8,4 s |
# | **ResNet18** (finetuning) | 11.181.642 | 89,6 % | 12,7 s |
#
# MobileNetV2 (hors tableau) : 12.810 paramètres et 64,2 % en extraction, 2.236.682 et 88,5 % en finetuning.
