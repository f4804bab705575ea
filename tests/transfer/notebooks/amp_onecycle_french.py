# %% [markdown]
# # TP3 – Réseaux pré-entraînés
# Précision mixte et politique « un cycle ». Réseaux : SqueezeNet 1.1 et VGG11 avec normalisation par lots.

# %%
import torch, time
import torch.nn as nn, torch.nn.functional as F
import torchvision
import torchvision.transforms as tfs
from torch.utils.data import DataLoader

DEV = "cuda" if torch.cuda.is_available() else "cpu"
AMP = DEV == "cuda"
EPOQUES = 8

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
tf = {
    True: tfs.Compose(
        [tfs.RandomCrop(32, 4), tfs.RandomHorizontalFlip(), tfs.ToTensor(), tfs.Normalize(*IMAGENET)]
    ),
    False: tfs.Compose([tfs.ToTensor(), tfs.Normalize(*IMAGENET)]),
}
jeu = {
    t: torchvision.datasets.CIFAR10("~/donnees", train=t, download=True, transform=tf[t])
    for t in (True, False)
}
lots = {t: DataLoader(jeu[t], batch_size=256, shuffle=t, num_workers=14, drop_last=t) for t in (True, False)}


# %%
def agrandit(x, taille):
    return F.interpolate(x, (taille, taille), mode="bilinear", align_corners=False) if taille else x


def entraine(modele, pas_max, taille=None):
    modele.to(DEV)
    params = [p for p in modele.parameters() if p.requires_grad]
    opt = torch.optim.AdamW(params, lr=pas_max)
    cycle = torch.optim.lr_scheduler.OneCycleLR(opt, pas_max, epochs=EPOQUES, steps_per_epoch=len(lots[True]))
    echelle = torch.amp.GradScaler(DEV, enabled=AMP)
    t = time.time()
    for _ in range(EPOQUES):
        modele.train()
        for x, y in lots[True]:
            x, y = agrandit(x.to(DEV), taille), y.to(DEV)
            opt.zero_grad(set_to_none=True)
            with torch.autocast(DEV, enabled=AMP):
                perte = F.cross_entropy(modele(x), y)
            echelle.scale(perte).backward()
            echelle.step(opt)
            echelle.update()
            cycle.step()
    t = (time.time() - t) / EPOQUES
    return sum(p.numel() for p in params), teste(modele, taille), t


@torch.no_grad()
def teste(modele, taille):
    modele.eval()
    ok = 0
    for x, y in lots[False]:
        with torch.autocast(DEV, enabled=AMP):
            ok += (modele(agrandit(x.to(DEV), taille)).argmax(1) == y.to(DEV)).sum().item()
    return 100 * ok / len(jeu[False])


def construit(nom, gel):
    modele = getattr(torchvision.models, nom)(weights="DEFAULT")
    if gel:
        for p in modele.features.parameters():
            p.requires_grad = False
    if nom.startswith("squeezenet"):
        modele.classifier[1] = nn.Conv2d(512, 10, 1)
    else:
        modele.classifier = nn.Sequential(nn.Flatten(), nn.Linear(512 * 7 * 7, 10))
    return modele


# %%
class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(3, 32, 5), nn.Conv2d(32, 64, 5)
        self.f1, self.f2 = nn.Linear(64 * 5 * 5, 256), nn.Linear(256, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.c1(x)), 2)
        x = F.max_pool2d(F.relu(self.c2(x)), 2)
        return self.f2(F.relu(self.f1(x.flatten(1))))


lignes = [("Depuis zéro", entraine(LeNet(), 2e-3))]
for nom in ("squeezenet1_1", "vgg11_bn"):
    lignes.append((f"{nom} (extraction)", entraine(construit(nom, gel=True), 2e-3, taille=96)))
    lignes.append((f"{nom} (finetuning)", entraine(construit(nom, gel=False), 3e-4, taille=96)))

print(f"{'Modèle':<28}{'Paramètres entraînables':>25}{'Précision (test)':>20}{'Temps par époque':>20}")
for nom, (n, precision, t) in lignes:
    n = f"{n:,}".replace(",", " ")
    precision, t = f"{precision:.1f} %".replace(".", ","), f"{t:.1f} s".replace(".", ",")
    print(f"{nom:<28}{n:>25}{precision:>20}{t:>20}")

# %% [output]
# Modèle                        Paramètres entraînables    Précision (test)    Temps par époque
# Depuis zéro                                   466 122              73,6 %               3,9 s
# squeezenet1_1 (extraction)                      5 130              65,8 %               5,1 s
# squeezenet1_1 (finetuning)                    727 626              89,7 %               8,2 s
# vgg11_bn (extraction)                         250 890              77,3 %               8,7 s
# vgg11_bn (finetuning)                       9 476 874              92,9 %              17,4 s
