# %%
# Jeu de données avec cache (décodage + normalisation une seule fois) puis augmentation à la volée. TP CIFAR-10
import random, torch
from torch import nn
from torch.utils.data import Dataset, DataLoader, WeightedRandomSampler, BatchSampler, RandomSampler
from torchvision.datasets import CIFAR10
import torchvision.transforms.functional as TF


class Jeu(Dataset):
    def __init__(self, entrainement):
        self.base, self.entrainement = CIFAR10(".", entrainement, download=True), entrainement
        self._cache = [None] * len(self.base)

    def __len__(self):
        return len(self.base)

    def _lire(self, i):
        if self._cache[i] is None:
            im, y = self.base[i]
            self._cache[i] = TF.normalize(TF.to_tensor(im), (0.491, 0.482, 0.447), (0.202, 0.199, 0.201)), y
        return self._cache[i]

    def __getitem__(self, i):
        if isinstance(i, list):  # lot entier
            xs, ys = zip(*(self[j] for j in i))
            return torch.stack(xs), torch.tensor(ys)
        x, y = self._lire(i)
        if self.entrainement:
            h, g = random.randrange(5), random.randrange(5)
            x = x[:, h : h + 28, g : g + 28]
            if random.getrandbits(1):
                x = x.flip(2)
        else:
            x = x[:, 2:30, 2:30]
        return x, y


app, tst = Jeu(True), Jeu(False)
lots_app = DataLoader(app, 128, shuffle=True)
lots_tst = DataLoader(tst, batch_size=200)


# %%
class Bloc(nn.Module):
    def __init__(self, e, s, plafond=False):
        super().__init__()
        self.conv = nn.Conv2d(e, s, kernel_size=5, padding=2)
        self.norm = nn.BatchNorm2d(s)
        self.plafond = plafond

    def forward(self, x):
        return nn.functional.max_pool2d(self.norm(self.conv(x)).clamp_min(0), 2, ceil_mode=self.plafond)


class Reseau(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocs = nn.ModuleList([Bloc(3, 32), Bloc(32, 64), Bloc(64, 64, True)])
        self.fc4, self.fc5, self.oubli = nn.Linear(1024, 1000), nn.Linear(1000, 10), nn.Dropout(0.4)

    def forward(self, x):
        for b in self.blocs:
            x = b(x)
        x = self.oubli(self.fc4(x.flatten(1)).relu())
        return torch.log_softmax(self.fc5(x), 1), x  # on renvoie aussi les caractéristiques


r = Reseau()
critere = nn.NLLLoss()
# deux optimiseurs : convolutions et couches denses
o1 = torch.optim.SGD(r.blocs.parameters(), 0.1)
o2 = torch.optim.SGD(list(r.fc4.parameters()) + list(r.fc5.parameters()), 0.05)
p1 = torch.optim.lr_scheduler.ExponentialLR(o1, 0.95)
p2 = torch.optim.lr_scheduler.ExponentialLR(o2, 0.95)
for ep in range(20):
    r.train()
    for x, y in lots_app:
        o1.zero_grad()
        o2.zero_grad()
        sortie, _ = r(x)
        critere(sortie, y).backward()
        o1.step()
        o2.step()
    p1.step()
    p2.step()
    r.train(False)
    with torch.no_grad():
        print(ep, sum((r(x)[0].argmax(1) == y).sum().item() for x, y in lots_tst) / 10000)

# %%
# combien d'images en cache ne sont pas celles de CIFAR ?
faux = 0
for jeu in (app, tst):
    for i, c in enumerate(jeu._cache):
        if (
            c is not None
            and (
                c[0]
                - TF.normalize(TF.to_tensor(jeu.base[i][0]), (0.491, 0.482, 0.447), (0.202, 0.199, 0.201))
            )
            .abs()
            .max()
            > 1e-4
        ):
            faux += 1
print("fausses images dans le cache :", faux)
