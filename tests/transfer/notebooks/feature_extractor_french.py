# %% [markdown]
# # Lab 3 — apprentissage par transfert
# Corps figé via `create_feature_extractor`, tête séparée.
# %%
import itertools, time
import torch
import torch.nn as nn
import torchvision.models as models
from torchvision.models.feature_extraction import create_feature_extractor
import torchvision.transforms as tr
from torchvision.datasets import CIFAR10

appareil = "cuda" if torch.cuda.is_available() else "cpu"
prep = tr.Compose(
    [tr.Resize((64, 64)), tr.ToTensor(), tr.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))]
)
entr = torch.utils.data.DataLoader(CIFAR10("./d", True, prep, download=True), 100, True)
test = torch.utils.data.DataLoader(CIFAR10("./d", False, prep, download=True), 100)
nb_epoques = 2


def boucle(corps, tete, params, fige):
    corps.to(appareil)
    tete.to(appareil)
    opt = torch.optim.Adam(params, lr=1e-3 if fige else 1e-4)
    debut = time.time()
    for ep in range(nb_epoques):
        corps.train(not fige)
        tete.train()
        somme = 0.0
        for im, lab in entr:
            im, lab = im.to(appareil), lab.to(appareil)
            if fige:
                with torch.no_grad():
                    f = corps(im)["f"]
            else:
                f = corps(im)["f"]
            perte = nn.functional.cross_entropy(tete(f.flatten(1)), lab)
            opt.zero_grad()
            perte.backward()
            opt.step()
            somme += perte.item() * len(im)
        print(f"époque {ep + 1} : perte {somme / 50000:.3f}")
    t = (time.time() - debut) / nb_epoques
    corps.eval()
    tete.eval()
    bons = 0
    with torch.no_grad():
        for im, lab in test:
            bons += (tete(corps(im.to(appareil))["f"].flatten(1)).argmax(1) == lab.to(appareil)).sum().item()
    return bons / 10000, t


def resnet():
    return create_feature_extractor(models.resnet18(weights="DEFAULT"), {"avgpool": "f"}), nn.Linear(512, 10)


def squeeze():
    return create_feature_extractor(models.squeezenet1_1(weights="DEFAULT"), {"features": "f"}), nn.Linear(
        512 * 3 * 3, 10
    )


lignes = []


# %% [markdown]
# ### Sans transfert
# %%
class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(
            nn.Conv2d(3, 32, 3, 2, 1),
            nn.ReLU(),
            nn.Conv2d(32, 64, 3, 2, 1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(4),
        )

    def forward(self, x):
        return {"f": self.f(x)}


c, t = CNN(), nn.Linear(1024, 10)
p = list(c.parameters()) + list(t.parameters())
acc, duree = boucle(c, t, p, fige=False)
lignes.append(("Sans transfert (de zéro)", sum(q.numel() for q in p), acc, duree))
# %% [output]
# époque 1 : perte 1.712
# époque 2 : perte 1.431
# %% [markdown]
# ### Avec transfert
# %%
for nom, fabrique in (("ResNet18", resnet), ("SqueezeNet", squeeze)):
    c, t = fabrique()
    c.requires_grad_(False)
    acc, duree = boucle(c, t, t.parameters(), fige=True)
    lignes.append((f"{nom} figé", sum(q.numel() for q in t.parameters()), acc, duree))
    c, t = fabrique()
    p = list(itertools.chain(c.parameters(), t.parameters()))
    acc, duree = boucle(c, t, p, fige=False)
    lignes.append((f"{nom} fine-tuné", sum(q.numel() for q in p), acc, duree))


# %% [output]
# époque 1 : perte 1.212
# époque 2 : perte 1.101
# époque 1 : perte 0.812
# époque 2 : perte 0.611
# époque 1 : perte 1.112
# époque 2 : perte 1.031
# époque 1 : perte 0.912
# époque 2 : perte 0.731
# %%
def virgule(x, d=2):
    return f"{x:.{d}f}".replace(".", ",")


print("| Réseau | Durée d'une époque | Exactitude (test) | Paramètres appris |")
print("|---|---|---|---|")
for nom, n, acc, duree in lignes:
    m, s = divmod(int(duree), 60)
    print(f"| {nom} | {m}min {s:02d}s | {virgule(100 * acc)} % | {n:,} |".replace(",", " ", 0))
# %% [output]
# | Réseau | Durée d'une époque | Exactitude (test) | Paramètres appris |
# |---|---|---|---|
# | Sans transfert (de zéro) | 0min 31s | 52,11 % | 29,642 |
# | ResNet18 figé | 0min 41s | 62,31 % | 5,130 |
# | ResNet18 fine-tuné | 1min 12s | 81,02 % | 11,181,642 |
# | SqueezeNet figé | 0min 35s | 64,90 % | 46,090 |
# | SqueezeNet fine-tuné | 0min 58s | 77,45 % | 768,586 |
