# %% [markdown]
# # TP 3 : apprentissage par transfert
# Réseaux choisis : **SqueezeNet 1.0** (CNN1) et **VGG11** (CNN2). Les images sont agrandies à 64 x 64.

# %%
import time
import pandas as pd
import torch
from torch import nn
import torchvision
import torchvision.transforms as T

appareil = "cuda" if torch.cuda.is_available() else "cpu"
NB_EPOQUES = 10
TAILLE = 64

# %%
moyenne = (0.485, 0.456, 0.406)
ecart_type = (0.229, 0.224, 0.225)
transformation = T.Compose([T.Resize(TAILLE), T.ToTensor(), T.Normalize(moyenne, ecart_type)])
train = torchvision.datasets.CIFAR10(root="data", train=True, download=True, transform=transformation)
test = torchvision.datasets.CIFAR10(root="data", train=False, download=True, transform=transformation)
chargeur_train = torch.utils.data.DataLoader(train, batch_size=128, shuffle=True, num_workers=2)
chargeur_test = torch.utils.data.DataLoader(test, batch_size=256, shuffle=False, num_workers=2)

# %% [output]
# Files already downloaded and verified
# Files already downloaded and verified
# %%
resultats = []


def entrainer_une_epoque(reseau, optimiseur, critere):
    reseau.train()
    somme = 0
    for images, etiquettes in chargeur_train:
        images, etiquettes = images.to(appareil), etiquettes.to(appareil)
        optimiseur.zero_grad()
        perte = critere(reseau(images), etiquettes)
        perte.backward()
        optimiseur.step()
        somme += perte.item()
    return somme / len(chargeur_train)


@torch.no_grad()
def tester(reseau):
    reseau.eval()
    bons = 0
    for images, etiquettes in chargeur_test:
        predictions = reseau(images.to(appareil)).argmax(dim=1).cpu()
        bons += (predictions == etiquettes).sum().item()
    return 100 * bons / len(test)


def experience(nom, reseau, lr):
    reseau = reseau.to(appareil)
    a_entrainer = [p for p in reseau.parameters() if p.requires_grad]
    optimiseur = torch.optim.SGD(a_entrainer, lr=lr, momentum=0.9)
    critere = nn.CrossEntropyLoss()
    duree = 0
    for epoque in range(NB_EPOQUES):
        debut = time.time()
        perte = entrainer_une_epoque(reseau, optimiseur, critere)
        duree += time.time() - debut
        precision = tester(reseau)
        print(f"{nom} | époque {epoque + 1:2d}/{NB_EPOQUES} | perte {perte:.3f} | test {precision:.2f} %")
    resultats.append([nom, sum(p.numel() for p in a_entrainer), precision, duree / NB_EPOQUES])


# %% [markdown]
# ## Depuis zéro (le réseau du TP 1, le nombre d'entrées de `fc4` suit la taille des images)
# %%
depuis_zero = nn.Sequential(
    nn.Conv2d(3, 32, 5, padding=2),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(32, 64, 5, padding=2),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(64, 64, 5, padding=2),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(64 * 8 * 8, 1000),
    nn.ReLU(),
    nn.Linear(1000, 10),
)
experience("Depuis zéro", depuis_zero, lr=0.02)

# %% [output]
# Depuis zéro | époque  1/10 | perte 1.881 | test 41.21 %
# Depuis zéro | époque  2/10 | perte 1.331 | test 53.10 %
# Depuis zéro | époque  3/10 | perte 0.933 | test 60.33 %
# Depuis zéro | époque  4/10 | perte 0.708 | test 64.07 %
# Depuis zéro | époque  5/10 | perte 0.554 | test 66.50 %
# Depuis zéro | époque  6/10 | perte 0.464 | test 68.18 %
# Depuis zéro | époque  7/10 | perte 0.380 | test 70.06 %
# Depuis zéro | époque  8/10 | perte 0.350 | test 70.20 %
# Depuis zéro | époque  9/10 | perte 0.321 | test 70.45 %
# Depuis zéro | époque 10/10 | perte 0.312 | test 71.63 %
# %% [markdown]
# ## Extraction de caractéristiques
# On gèle tout, puis on remplace la dernière couche par une couche à 10 sorties.
# %%
squeeze = torchvision.models.squeezenet1_0(pretrained=True)
for p in squeeze.parameters():
    p.requires_grad = False
squeeze.classifier[1] = nn.Conv2d(512, 10, kernel_size=1)
squeeze.num_classes = 10
experience("SqueezeNet (extraction)", squeeze, lr=0.01)

vgg = torchvision.models.vgg11(pretrained=True)
for p in vgg.parameters():
    p.requires_grad = False
vgg.classifier[6] = nn.Linear(4096, 10)
experience("VGG11 (extraction)", vgg, lr=0.01)

# %% [output stderr]
# /usr/local/lib/python3.10/dist-packages/torchvision/models/_utils.py:208: UserWarning: The parameter 'pretrained' is
# deprecated since 0.13 and may be removed in the future, please use 'weights' instead.
#   warnings.warn(
# Downloading: "https://download.pytorch.org/models/vgg11-8a719046.pth" to /root/.cache/torch/hub/checkpoints/vgg11-8a719046.pth
# 100%|██████████| 507M/507M [00:04<00:00, 118MB/s]
# %% [output]
# SqueezeNet (extraction) | époque  1/10 | perte 1.612 | test 46.18 %
# SqueezeNet (extraction) | époque  2/10 | perte 1.465 | test 49.72 %
# SqueezeNet (extraction) | époque  3/10 | perte 1.378 | test 52.22 %
# SqueezeNet (extraction) | époque  4/10 | perte 1.340 | test 53.11 %
# SqueezeNet (extraction) | époque  5/10 | perte 1.275 | test 54.53 %
# SqueezeNet (extraction) | époque  6/10 | perte 1.274 | test 55.46 %
# SqueezeNet (extraction) | époque  7/10 | perte 1.238 | test 55.54 %
# SqueezeNet (extraction) | époque  8/10 | perte 1.262 | test 56.47 %
# SqueezeNet (extraction) | époque  9/10 | perte 1.247 | test 55.16 %
# SqueezeNet (extraction) | époque 10/10 | perte 1.241 | test 55.79 %
# VGG11 (extraction) | époque  1/10 | perte 1.104 | test 66.04 %
# VGG11 (extraction) | époque  2/10 | perte 0.977 | test 67.45 %
# VGG11 (extraction) | époque  3/10 | perte 0.869 | test 68.82 %
# VGG11 (extraction) | époque  4/10 | perte 0.825 | test 70.78 %
# VGG11 (extraction) | époque  5/10 | perte 0.798 | test 69.56 %
# VGG11 (extraction) | époque  6/10 | perte 0.790 | test 71.20 %
# VGG11 (extraction) | époque  7/10 | perte 0.761 | test 70.17 %
# VGG11 (extraction) | époque  8/10 | perte 0.735 | test 72.33 %
# VGG11 (extraction) | époque  9/10 | perte 0.749 | test 71.88 %
# VGG11 (extraction) | époque 10/10 | perte 0.742 | test 71.82 %
# %% [markdown]
# ## Finetuning
# Mêmes réseaux, rechargés, mais tous les poids sont appris, avec un pas plus petit.
# %%
squeeze = torchvision.models.squeezenet1_0(pretrained=True)
squeeze.classifier[1] = nn.Conv2d(512, 10, kernel_size=1)
squeeze.num_classes = 10
experience("SqueezeNet (finetuning)", squeeze, lr=0.001)

vgg = torchvision.models.vgg11(pretrained=True)
vgg.classifier[6] = nn.Linear(4096, 10)
experience("VGG11 (finetuning)", vgg, lr=0.001)

# %% [output]
# SqueezeNet (finetuning) | époque  1/10 | perte 1.487 | test 63.02 %
# SqueezeNet (finetuning) | époque  2/10 | perte 1.083 | test 69.97 %
# SqueezeNet (finetuning) | époque  3/10 | perte 0.833 | test 72.86 %
# SqueezeNet (finetuning) | époque  4/10 | perte 0.660 | test 76.20 %
# SqueezeNet (finetuning) | époque  5/10 | perte 0.554 | test 78.46 %
# SqueezeNet (finetuning) | époque  6/10 | perte 0.479 | test 80.43 %
# SqueezeNet (finetuning) | époque  7/10 | perte 0.443 | test 80.26 %
# SqueezeNet (finetuning) | époque  8/10 | perte 0.428 | test 79.73 %
# SqueezeNet (finetuning) | époque  9/10 | perte 0.404 | test 81.21 %
# SqueezeNet (finetuning) | époque 10/10 | perte 0.388 | test 81.21 %
# VGG11 (finetuning) | époque  1/10 | perte 0.781 | test 82.17 %
# VGG11 (finetuning) | époque  2/10 | perte 0.514 | test 84.42 %
# VGG11 (finetuning) | époque  3/10 | perte 0.362 | test 86.42 %
# VGG11 (finetuning) | époque  4/10 | perte 0.237 | test 86.96 %
# VGG11 (finetuning) | époque  5/10 | perte 0.166 | test 87.54 %
# VGG11 (finetuning) | époque  6/10 | perte 0.115 | test 87.58 %
# VGG11 (finetuning) | époque  7/10 | perte 0.083 | test 88.27 %
# VGG11 (finetuning) | époque  8/10 | perte 0.068 | test 89.23 %
# VGG11 (finetuning) | époque  9/10 | perte 0.049 | test 88.93 %
# VGG11 (finetuning) | époque 10/10 | perte 0.041 | test 88.74 %
# %% [markdown]
# ## Bilan
# %%
ordre = [0, 1, 3, 2, 4]
tableau = pd.DataFrame(
    [resultats[i] for i in ordre],
    columns=["Modèle", "Paramètres entraînables", "Précision test (%)", "Temps par époque (s)"],
)
tableau.round(2)

# %% [output result]
# <div>
# <style scoped>
#     .dataframe tbody tr th:only-of-type {
#         vertical-align: middle;
#     }
#
#     .dataframe tbody tr th {
#         vertical-align: top;
#     }
#
#     .dataframe thead th {
#         text-align: right;
#     }
# </style>
# <table border="1" class="dataframe">
#   <thead>
#     <tr style="text-align: right;">
#       <th></th>
#       <th>Modèle</th>
#       <th>Paramètres entraînables</th>
#       <th>Précision test (%)</th>
#       <th>Temps par époque (s)</th>
#     </tr>
#   </thead>
#   <tbody>
#     <tr>
#       <th>0</th>
#       <td>Depuis zéro</td>
#       <td>4263170</td>
#       <td>71.63</td>
#       <td>9.84</td>
#     </tr>
#     <tr>
#       <th>1</th>
#       <td>SqueezeNet (extraction)</td>
#       <td>5130</td>
#       <td>55.79</td>
#       <td>8.12</td>
#     </tr>
#     <tr>
#       <th>2</th>
#       <td>SqueezeNet (finetuning)</td>
#       <td>740554</td>
#       <td>81.21</td>
#       <td>11.37</td>
#     </tr>
#     <tr>
#       <th>3</th>
#       <td>VGG11 (extraction)</td>
#       <td>40970</td>
#       <td>71.82</td>
#       <td>13.75</td>
#     </tr>
#     <tr>
#       <th>4</th>
#       <td>VGG11 (finetuning)</td>
#       <td>128807306</td>
#       <td>88.74</td>
#       <td>31.06</td>
#     </tr>
#   </tbody>
# </table>
# </div>
