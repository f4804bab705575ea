# %% [markdown]
# # TP3 : transfert
# %%
import time
import numpy as np
import torch
from torch import nn, optim
import torchvision
from torchvision import datasets, transforms as T
from sklearn.linear_model import LogisticRegression

dev = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
tf = T.Compose([T.Resize(64), T.ToTensor(), T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
app = datasets.CIFAR10("~/data", train=True, download=True, transform=tf)
tst = datasets.CIFAR10("~/data", train=False, download=True, transform=tf)
dl_app = torch.utils.data.DataLoader(app, batch_size=64, shuffle=True)
dl_tst = torch.utils.data.DataLoader(tst, batch_size=64)
EPOQUES = 3
resultats = []


def entraine(m, lr):
    m.to(dev)
    opt = optim.Adam([p for p in m.parameters() if p.requires_grad], lr=lr)
    crit = nn.CrossEntropyLoss()
    t0 = time.time()
    for e in range(EPOQUES):
        m.train()
        for x, y in dl_app:
            x, y = x.to(dev), y.to(dev)
            opt.zero_grad()
            perte = crit(m(x), y)
            perte.backward()
            opt.step()
    duree = (time.time() - t0) / EPOQUES
    m.eval()
    ok = 0
    with torch.no_grad():
        for x, y in dl_tst:
            ok += (m(x.to(dev)).argmax(1).cpu() == y).sum().item()
    n = sum(p.numel() for p in m.parameters() if p.requires_grad)
    return n, ok / len(tst), duree


# %% [markdown]
# ## 1. De zéro
# %%
cnn = nn.Sequential(
    nn.Conv2d(3, 32, 3, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(4),
    nn.Conv2d(32, 64, 3, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(4),
    nn.Flatten(),
    nn.Linear(1024, 10),
)
resultats.append(("De zéro", *entraine(cnn, 1e-3)))
print(resultats[-1])


# %% [output]
# ('De zéro', 29642, 0.6412, 9.81)
# %% [markdown]
# ## 2. Extraction : les caractéristiques sont calculées une fois, puis régression logistique
# %%
def features(m, dl):
    m.to(dev).eval()
    sorties, classes = [], []
    with torch.no_grad():
        for x, y in dl:
            sorties.append(m(x.to(dev)).cpu().numpy())
            classes.append(y.numpy())
    return np.concatenate(sorties), np.concatenate(classes)


def extraction(nom, m):
    Xa, ya = features(m, dl_app)
    Xt, yt = features(m, dl_tst)
    t0 = time.time()
    lr = LogisticRegression(max_iter=EPOQUES)
    lr.fit(Xa, ya)
    duree = (time.time() - t0) / EPOQUES
    n = lr.coef_.size + lr.intercept_.size
    resultats.append((nom + " (extraction)", n, lr.score(Xt, yt), duree))
    print(resultats[-1])


r = torchvision.models.resnet18(weights="IMAGENET1K_V1")
r.fc = nn.Identity()
extraction("ResNet18", r)
a = torchvision.models.alexnet(weights="IMAGENET1K_V1")
a.classifier = nn.Sequential(*list(a.classifier)[:-1])
extraction("AlexNet", a)
# %% [output]
# ('ResNet18 (extraction)', 5130, 0.6011, 1.02)
# ('AlexNet (extraction)', 40970, 0.6312, 4.11)
# %% [markdown]
# ## 3. Finetuning
# %%
r = torchvision.models.resnet18(weights="IMAGENET1K_V1")
r.fc = nn.Linear(512, 10)
resultats.append(("ResNet18 (finetuning)", *entraine(r, 1e-4)))
a = torchvision.models.alexnet(weights="IMAGENET1K_V1")
a.classifier[6] = nn.Linear(4096, 10)
resultats.append(("AlexNet (finetuning)", *entraine(a, 1e-4)))
# %%
print("Modèle                  | Nb params entraînables | Précision test | Temps / époque (s)")
for nom, n, acc, t in resultats:
    print(f"{nom:23} | {n:>22} | {100 * acc:>12.2f} % | {t:>10.2f}")
# %% [output]
# Modèle                  | Nb params entraînables | Précision test | Temps / époque (s)
# De zéro                 |                  29642 |        64.12 % |       9.81
# ResNet18 (extraction)   |                   5130 |        60.11 % |       1.02
# AlexNet (extraction)    |                  40970 |        63.12 % |       4.11
# ResNet18 (finetuning)   |               11181642 |        86.00 % |      21.10
# AlexNet (finetuning)    |               57044810 |        79.20 % |      19.07
