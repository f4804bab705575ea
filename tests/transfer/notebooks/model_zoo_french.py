# %% [markdown]
# # R4A13 - TP3 : transfert
# CNN1 = VGG16, CNN2 = ResNet34, images de 32 x 32 telles quelles.

# %%
import time
import numpy as np
import torch
import torch.nn as nn
import torch.utils.model_zoo as model_zoo
import torchvision.datasets as datasets
import torchvision.models as models
import torchvision.transforms as transforms

model_urls = {
    "vgg16": "https://download.pytorch.org/models/vgg16-397923af.pth",
    "resnet34": "https://download.pytorch.org/models/resnet34-333f7ec4.pth",
}
CUDA = torch.cuda.is_available()
EPOCHS = 5
BATCH = 100


# %%
def get_dataset(batch_size, path="./data"):
    normalise = transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    train_dataset = datasets.CIFAR10(
        path,
        train=True,
        download=True,
        transform=transforms.Compose([transforms.RandomHorizontalFlip(), transforms.ToTensor(), normalise]),
    )
    val_dataset = datasets.CIFAR10(
        path, train=False, download=True, transform=transforms.Compose([transforms.ToTensor(), normalise])
    )
    train_loader = torch.utils.data.DataLoader(
        train_dataset, batch_size=batch_size, shuffle=True, pin_memory=CUDA, num_workers=2
    )
    val_loader = torch.utils.data.DataLoader(
        val_dataset, batch_size=batch_size, shuffle=False, pin_memory=CUDA, num_workers=2
    )
    return train_loader, val_loader


def epoch(data, model, criterion, optimizer=None):
    """Apprend si un optimiseur est donné, évalue sinon."""
    model.eval() if optimizer is None else model.train()
    pertes, justes, total = [], 0, 0
    tic = time.time()
    for entree, cible in data:
        if CUDA:
            entree, cible = entree.cuda(), cible.cuda()
        with torch.set_grad_enabled(optimizer is not None):
            sortie = model(entree)
            perte = criterion(sortie, cible)
        if optimizer:
            optimizer.zero_grad()
            perte.backward()
            optimizer.step()
        pertes.append(perte.item())
        justes += int((sortie.max(1)[1] == cible).sum())
        total += len(cible)
    return 100.0 * justes / total, np.mean(pertes), time.time() - tic


def main(model, lr, epochs=EPOCHS):
    if CUDA:
        model = model.cuda()
    criterion = nn.CrossEntropyLoss()
    parametres = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(parametres, lr=lr, momentum=0.9, weight_decay=1e-4)
    train, test = get_dataset(BATCH)
    durees = []
    for i in range(epochs):
        top1, perte, duree = epoch(train, model, criterion, optimizer)
        durees.append(duree)
        top1_test, perte_test, _ = epoch(test, model, criterion)
        print("===== EPOQUE", i + 1, "=====")
        print(
            f"apprentissage : {top1:.2f} %, perte {perte:.4f}   test : {top1_test:.2f} %, perte {perte_test:.4f}"
        )
    print(f"paramètres appris : {sum(p.numel() for p in parametres)}")
    print(f"temps moyen par époque : {np.mean(durees):.1f} s")


# %% [markdown]
# ## 1. Depuis zéro
# %%
class ConvNet(nn.Module):
    def __init__(self):
        super(ConvNet, self).__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 32, (5, 5), padding=2),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.MaxPool2d(2, 2),
            nn.Conv2d(32, 64, (5, 5), padding=2),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.MaxPool2d(2, 2),
            nn.Conv2d(64, 64, (5, 5), padding=2),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.MaxPool2d(2, 2),
        )
        self.classifier = nn.Sequential(nn.Linear(1024, 1000), nn.ReLU(), nn.Linear(1000, 10))

    def forward(self, input):
        output = self.features(input)
        return self.classifier(output.view(input.size(0), -1))


main(ConvNet(), lr=0.05)

# %% [output]
# ===== EPOQUE 1 =====
# apprentissage : 49.83 %, perte 0.7762   test : 58.01 %, perte 0.6118
# ===== EPOQUE 2 =====
# apprentissage : 67.49 %, perte 0.4425   test : 69.92 %, perte 0.4157
# ===== EPOQUE 3 =====
# apprentissage : 73.80 %, perte 0.3442   test : 71.99 %, perte 0.3851
# ===== EPOQUE 4 =====
# apprentissage : 75.26 %, perte 0.3226   test : 74.04 %, perte 0.3556
# ===== EPOQUE 5 =====
# apprentissage : 76.06 %, perte 0.3110   test : 74.33 %, perte 0.3515
# paramètres appris : 1191490
# temps moyen par époque : 9.1 s


# %% [markdown]
# ## 2. Extraction de caractéristiques


# %%
def charge_vgg16():
    vgg = models.vgg16()
    vgg.load_state_dict(model_zoo.load_url(model_urls["vgg16"]))
    return vgg


def charge_resnet34():
    resnet = models.resnet34()
    resnet.load_state_dict(model_zoo.load_url(model_urls["resnet34"]))
    return resnet


vgg = charge_vgg16().requires_grad_(False)
vgg.classifier.add_module("6", nn.Linear(4096, 10))
main(vgg, lr=0.001)

# %% [output]
# ===== EPOQUE 1 =====
# apprentissage : 53.04 %, perte 0.7075   test : 60.11 %, perte 0.5744
# ===== EPOQUE 2 =====
# apprentissage : 57.40 %, perte 0.6206   test : 61.70 %, perte 0.5470
# ===== EPOQUE 3 =====
# apprentissage : 59.67 %, perte 0.5780   test : 62.53 %, perte 0.5330
# ===== EPOQUE 4 =====
# apprentissage : 58.95 %, perte 0.5913   test : 62.19 %, perte 0.5387
# ===== EPOQUE 5 =====
# apprentissage : 59.72 %, perte 0.5771   test : 62.54 %, perte 0.5328
# paramètres appris : 40970
# temps moyen par époque : 14.3 s
# %%
resnet = charge_resnet34().requires_grad_(False)
resnet.add_module("fc", nn.Linear(512, 10))
main(resnet, lr=0.001)

# %% [output]
# ===== EPOQUE 1 =====
# apprentissage : 35.12 %, perte 1.1610   test : 41.08 %, perte 0.9741
# ===== EPOQUE 2 =====
# apprentissage : 38.95 %, perte 1.0472   test : 43.27 %, perte 0.9196
# ===== EPOQUE 3 =====
# apprentissage : 40.64 %, perte 1.0005   test : 42.60 %, perte 0.9360
# ===== EPOQUE 4 =====
# apprentissage : 42.35 %, perte 0.9551   test : 43.46 %, perte 0.9150
# ===== EPOQUE 5 =====
# apprentissage : 42.17 %, perte 0.9598   test : 44.02 %, perte 0.9016
# paramètres appris : 5130
# temps moyen par époque : 10.9 s
# %% [markdown]
# ## 3. Finetuning
# %%
vgg = charge_vgg16()
vgg.classifier.add_module("6", nn.Linear(4096, 10))
main(vgg, lr=0.001)

# %% [output]
# ===== EPOQUE 1 =====
# apprentissage : 75.24 %, perte 0.3229   test : 83.91 %, perte 0.2242
# ===== EPOQUE 2 =====
# apprentissage : 86.82 %, perte 0.1655   test : 87.17 %, perte 0.1842
# ===== EPOQUE 3 =====
# apprentissage : 91.59 %, perte 0.1066   test : 89.58 %, perte 0.1555
# ===== EPOQUE 4 =====
# apprentissage : 92.74 %, perte 0.0929   test : 89.13 %, perte 0.1608
# ===== EPOQUE 5 =====
# apprentissage : 93.46 %, perte 0.0844   test : 88.62 %, perte 0.1669
# paramètres appris : 134301514
# temps moyen par époque : 37.8 s
# %%
resnet = charge_resnet34()
resnet.add_module("fc", nn.Linear(512, 10))
main(resnet, lr=0.001)

# %% [output]
# ===== EPOQUE 1 =====
# apprentissage : 60.21 %, perte 0.5681   test : 72.88 %, perte 0.3722
# ===== EPOQUE 2 =====
# apprentissage : 75.76 %, perte 0.3154   test : 78.01 %, perte 0.3007
# ===== EPOQUE 3 =====
# apprentissage : 82.38 %, perte 0.2232   test : 80.40 %, perte 0.2691
# ===== EPOQUE 4 =====
# apprentissage : 85.20 %, perte 0.1862   test : 81.09 %, perte 0.2601
# ===== EPOQUE 5 =====
# apprentissage : 85.23 %, perte 0.1858   test : 81.73 %, perte 0.2518
# paramètres appris : 21289802
# temps moyen par époque : 24.6 s
# %% [markdown]
# ## 4. Tableau
#
# Modèle | Nombre de paramètres entraînables | Précision en test | Temps d'apprentissage par époque
# :--|--:|--:|--:
# Depuis zéro | 1 191 490 | 74,3 % | 9,1 s
# VGG16 (extraction de caractéristiques) | 40 970 | 62,5 % | 14,3 s
# VGG16 (finetuning) | 134 301 514 | 88,6 % | 37,8 s
# ResNet34 (extraction de caractéristiques) | 5 130 | 44,0 % | 10,9 s
# ResNet34 (finetuning) | 21 289 802 | 81,7 % | 24,6 s
#
# Sur des images de 32 x 32, les caractéristiques d'ImageNet sans finetuning font moins bien que notre petit réseau.
