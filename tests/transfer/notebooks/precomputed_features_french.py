# %% [markdown]
# # TP 3 : apprendre depuis zéro ou transférer
# Pour l'extraction de caractéristiques, les caractéristiques sont calculées **une seule fois** : le réseau gelé donne toujours la même chose.

# %%
import time
import pandas as pd
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset
import torchvision
import torchvision.transforms as transforms

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
N_EPOCHS = 15

t = transforms.Compose(
    [
        transforms.Resize(64),
        transforms.ToTensor(),
        transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    ]
)
train_set = torchvision.datasets.CIFAR10("data", train=True, download=True, transform=t)
test_set = torchvision.datasets.CIFAR10("data", train=False, download=True, transform=t)
train_images = DataLoader(train_set, batch_size=128, shuffle=True, num_workers=4)
test_images = DataLoader(test_set, batch_size=256, num_workers=4)


# %%
def apprend(modele, donnees, lr):
    optimiseur = torch.optim.Adam(modele.parameters(), lr=lr)
    debut = time.time()
    for epoque in range(N_EPOCHS):
        modele.train()
        for x, y in donnees:
            optimiseur.zero_grad()
            perte = F.cross_entropy(modele(x.to(device)), y.to(device))
            perte.backward()
            optimiseur.step()
    return (time.time() - debut) / N_EPOCHS


def precision(modele, donnees):
    modele.eval()
    justes = total = 0
    with torch.no_grad():
        for x, y in donnees:
            justes += (modele(x.to(device)).argmax(1) == y.to(device)).sum().item()
            total += y.size(0)
    return justes / total


def n_params(modele):
    return sum(p.numel() for p in modele.parameters())


tableau = pd.DataFrame(columns=["nb de paramètres entraînables", "précision test", "temps par époque (s)"])


# %% [markdown]
# ## Depuis zéro
# %%
class Petit(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2, stride=2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.conv3 = nn.Conv2d(64, 64, 5, padding=2)
        self.fc1 = nn.Linear(64 * 4 * 4, 1000)
        self.fc2 = nn.Linear(1000, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.max_pool2d(F.relu(self.conv3(x)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


petit = Petit().to(device)
duree = apprend(petit, train_images, 1e-3)
tableau.loc["Depuis zéro"] = [n_params(petit), precision(petit, test_images), duree]
tableau

# %% [output result]
# <div>
# <table border="1" class="dataframe">
#   <thead>
#     <tr style="text-align: right;">
#       <th></th>
#       <th>nb de paramètres entraînables</th>
#       <th>précision test</th>
#       <th>temps par époque (s)</th>
#     </tr>
#   </thead>
#   <tbody>
#     <tr>
#       <th>Depuis zéro</th>
#       <td>1191170.0</td>
#       <td>0.7085</td>
#       <td>10.412873</td>
#     </tr>
#   </tbody>
# </table>
# </div>


# %% [markdown]
# ## Extraction de caractéristiques
# %%
@torch.no_grad()
def caracteristiques(reseau, images):
    reseau.eval()
    sorties, classes = [], []
    for x, y in images:
        sorties.append(reseau(x.to(device)).cpu())
        classes.append(y)
    return TensorDataset(torch.cat(sorties), torch.cat(classes))


resnet = torchvision.models.resnet18(weights=torchvision.models.ResNet18_Weights.DEFAULT)
resnet.fc = nn.Identity()  # 512 caractéristiques
resnet.to(device)
f_train, f_test = caracteristiques(resnet, train_images), caracteristiques(resnet, test_images)
print("ResNet18 :", f_train.tensors[0].shape, f_test.tensors[0].shape)

lineaire = nn.Linear(512, 10).to(device)
duree = apprend(lineaire, DataLoader(f_train, batch_size=128, shuffle=True), 1e-3)
tableau.loc["ResNet18 (feat_extract)"] = [
    n_params(lineaire),
    precision(lineaire, DataLoader(f_test, batch_size=512)),
    duree,
]

# %% [output]
# ResNet18 : torch.Size([50000, 512]) torch.Size([10000, 512])
# %%
alexnet = torchvision.models.alexnet(weights=torchvision.models.AlexNet_Weights.DEFAULT)
alexnet.classifier[6] = nn.Identity()  # 4096 caractéristiques
alexnet.to(device)
f_train, f_test = caracteristiques(alexnet, train_images), caracteristiques(alexnet, test_images)
print("AlexNet :", f_train.tensors[0].shape, f_test.tensors[0].shape)

lineaire = nn.Linear(4096, 10).to(device)
duree = apprend(lineaire, DataLoader(f_train, batch_size=128, shuffle=True), 1e-3)
tableau.loc["AlexNet (feat_extract)"] = [
    n_params(lineaire),
    precision(lineaire, DataLoader(f_test, batch_size=512)),
    duree,
]

# %% [output]
# AlexNet : torch.Size([50000, 4096]) torch.Size([10000, 4096])
# %% [markdown]
# ## Finetuning
# %%
resnet = torchvision.models.resnet18(weights=torchvision.models.ResNet18_Weights.DEFAULT)
resnet.fc = nn.Linear(512, 10)
resnet.to(device)
duree = apprend(resnet, train_images, 1e-4)
tableau.loc["ResNet18 (finetuning)"] = [n_params(resnet), precision(resnet, test_images), duree]

alexnet = torchvision.models.alexnet(weights=torchvision.models.AlexNet_Weights.DEFAULT)
alexnet.classifier[6] = nn.Linear(4096, 10)
alexnet.to(device)
duree = apprend(alexnet, train_images, 1e-4)
tableau.loc["AlexNet (finetuning)"] = [n_params(alexnet), precision(alexnet, test_images), duree]

# %% [markdown]
# ## Tableau
# %%
tableau["nb de paramètres entraînables"] = tableau["nb de paramètres entraînables"].astype(int)
tableau

# %% [output result]
# <div>
# <table border="1" class="dataframe">
#   <thead>
#     <tr style="text-align: right;">
#       <th></th>
#       <th>nb de paramètres entraînables</th>
#       <th>précision test</th>
#       <th>temps par époque (s)</th>
#     </tr>
#   </thead>
#   <tbody>
#     <tr>
#       <th>Depuis zéro</th>
#       <td>1191170</td>
#       <td>0.7085</td>
#       <td>10.412873</td>
#     </tr>
#     <tr>
#       <th>ResNet18 (feat_extract)</th>
#       <td>5130</td>
#       <td>0.6211</td>
#       <td>1.283304</td>
#     </tr>
#     <tr>
#       <th>AlexNet (feat_extract)</th>
#       <td>40970</td>
#       <td>0.6394</td>
#       <td>1.517741</td>
#     </tr>
#     <tr>
#       <th>ResNet18 (finetuning)</th>
#       <td>11181642</td>
#       <td>0.8976</td>
#       <td>14.960215</td>
#     </tr>
#     <tr>
#       <th>AlexNet (finetuning)</th>
#       <td>57044810</td>
#       <td>0.7903</td>
#       <td>13.108662</td>
#     </tr>
#   </tbody>
# </table>
# </div>
