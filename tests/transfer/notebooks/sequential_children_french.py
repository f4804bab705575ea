# %% [markdown]
# TP transfert : **ResNet18** et **AlexNet** démontés puis remontés dans des `nn.Sequential`.

# %%
import torch
import torch.nn as nn
from torch.optim import SGD
from torch.utils.data import DataLoader
from torchvision import datasets, models
from torchvision import transforms as tr
import time

cuda = torch.cuda.is_available()
n_epoques = 12

# %%
mise_en_forme = tr.Compose(
    [tr.Resize((64, 64)), tr.ToTensor(), tr.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]
)
appr = datasets.CIFAR10("./donnees", train=True, transform=mise_en_forme, download=True)
test = datasets.CIFAR10("./donnees", train=False, transform=mise_en_forme, download=True)
lot_appr = DataLoader(appr, batch_size=64, shuffle=True, num_workers=4)
lot_test = DataLoader(test, batch_size=64, num_workers=4)


# %%
def apprendre(reseau, parametres, pas):
    if cuda:
        reseau.cuda()
    opt = SGD(parametres, lr=pas, momentum=0.9, nesterov=True)
    cout = nn.CrossEntropyLoss()
    t = time.time()
    for e in range(n_epoques):
        reseau.train()
        for x, y in lot_appr:
            if cuda:
                x, y = x.cuda(), y.cuda()
            opt.zero_grad()
            c = cout(reseau(x), y)
            c.backward()
            opt.step()
    t = (time.time() - t) / n_epoques
    print("temps par époque : %.1f s" % t)
    return reseau


def evaluer(reseau):
    reseau.eval()
    justes = 0
    with torch.no_grad():
        for x, y in lot_test:
            if cuda:
                x, y = x.cuda(), y.cuda()
            justes += (reseau(x).max(1).indices == y).sum().item()
    print("précision : %.2f %%" % (100 * justes / len(test)))


def nb_parametres(reseau):
    print("paramètres entraînables :", sum(p.numel() for p in reseau.parameters() if p.requires_grad))


# %% [markdown]
# ### Réseau appris depuis zéro
# %%
depuis_zero = nn.Sequential(
    nn.Conv2d(3, 16, 3, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(32, 64, 3, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(64 * 8 * 8, 128),
    nn.ReLU(),
    nn.Dropout(0.25),
    nn.Linear(128, 10),
)
nb_parametres(depuis_zero)
depuis_zero = apprendre(depuis_zero, depuis_zero.parameters(), 0.01)
evaluer(depuis_zero)

# %% [output]
# paramètres entraînables : 549290
# temps par époque : 14.2 s
# précision : 73.91 %
# %% [markdown]
# ### Extraction de caractéristiques
# `children()[:-1]` enlève la dernière couche de ResNet18.
# %%
resnet = models.resnet18(weights=models.ResNet18_Weights.IMAGENET1K_V1)
corps = nn.Sequential(*list(resnet.children())[:-1])
corps.requires_grad_(False)
tete = nn.Linear(512, 10)
resnet_fe = nn.Sequential(corps, nn.Flatten(), tete)
nb_parametres(resnet_fe)
resnet_fe = apprendre(resnet_fe, tete.parameters(), 0.001)
evaluer(resnet_fe)

# %% [output]
# paramètres entraînables : 5130
# temps par époque : 17.6 s
# précision : 63.28 %
# %%
alexnet = models.alexnet(weights=models.AlexNet_Weights.IMAGENET1K_V1)
corps = nn.Sequential(alexnet.features, alexnet.avgpool, nn.Flatten())
corps.requires_grad_(False)
tete = nn.Linear(256 * 6 * 6, 10)
alexnet_fe = nn.Sequential(corps, tete)
nb_parametres(alexnet_fe)
alexnet_fe = apprendre(alexnet_fe, tete.parameters(), 0.001)
evaluer(alexnet_fe)

# %% [output]
# paramètres entraînables : 92170
# temps par époque : 14.9 s
# précision : 61.75 %
# %% [markdown]
# ### Finetuning
# %%
resnet = models.resnet18(weights=models.ResNet18_Weights.IMAGENET1K_V1)
resnet_ft = nn.Sequential(*list(resnet.children())[:-1], nn.Flatten(), nn.Linear(512, 10))
nb_parametres(resnet_ft)
resnet_ft = apprendre(resnet_ft, resnet_ft.parameters(), 0.001)
evaluer(resnet_ft)

alexnet = models.alexnet(weights=models.AlexNet_Weights.IMAGENET1K_V1)
alexnet_ft = nn.Sequential(alexnet.features, alexnet.avgpool, nn.Flatten(), nn.Linear(256 * 6 * 6, 10))
nb_parametres(alexnet_ft)
alexnet_ft = apprendre(alexnet_ft, alexnet_ft.parameters(), 0.001)
evaluer(alexnet_ft)

# %% [output]
# paramètres entraînables : 11181642
# temps par époque : 29.5 s
# précision : 90.64 %
# paramètres entraînables : 2561866
# temps par époque : 17.3 s
# précision : 77.02 %
# %% [markdown]
# ### Tableau récapitulatif
#
# | Modèle | Nombre de paramètres entraînables | Précision (test) | Temps par époque |
# |:-------|:---------:|:------:|:------:|
# | Depuis zéro | 0,55 M | 73,9 % | 14,2 s |
# | ResNet18 (feature extraction) | 5,1 k | 63,3 % | 17,6 s |
# | ResNet18 (finetuning) | 11,18 M | 90,6 % | 29,5 s |
# | AlexNet (feature extraction) | 92,2 k | 61,8 % | 14,9 s |
# | AlexNet (finetuning) | 2,56 M | 77,0 % | 17,3 s |
