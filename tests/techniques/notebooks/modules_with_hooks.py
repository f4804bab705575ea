# %% [markdown]
# # TP CIFAR-10 — réseau convolutif
# %%
import torch, torchvision, random, copy, math, time
import torch.nn as nn, torch.nn.functional as F
from torchvision import transforms as T
from torchvision.datasets import CIFAR10
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset, random_split

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
M, S = (0.491, 0.482, 0.447), (0.202, 0.199, 0.201)

# %%
from dataclasses import dataclass, field


@dataclass
class Cfg:
    lr: float = 0.1
    bs: int = 128
    max_epochs: int = 20
    gamma: float = 0.95


class DataModule:
    def __init__(self, cfg):
        self.cfg = cfg

    def setup(self):
        norm = [T.ToTensor(), T.Normalize(M, S)]
        tr = T.Compose([T.RandomCrop(32, padding=4), T.RandomHorizontalFlip(), *norm])
        te = T.Compose(norm)
        a, b = CIFAR10(".", True, tr, download=True), CIFAR10(".", True, te)
        perm = torch.randperm(len(a), generator=torch.Generator().manual_seed(42)).tolist()
        self.train, self.val = Subset(a, perm[:45000]), Subset(b, perm[45000:])
        self.test = CIFAR10(".", False, te)

    def train_dataloader(self):
        return DataLoader(self.train, self.cfg.bs, shuffle=True, num_workers=2, drop_last=True)

    def val_dataloader(self):
        return DataLoader(self.val, 256)

    def test_dataloader(self):
        return DataLoader(self.test, 256)


class Module(nn.Module):
    def configure_optimizers(self): ...
    def log(self, k, v):
        self.logged.setdefault(k, []).append(float(v))

    @property
    def logged(self):
        if "_l" not in self.__dict__:
            self.__dict__["_l"] = {}
        return self.__dict__["_l"]


def block(i, o):
    return nn.Sequential(
        nn.Conv2d(i, o, 5, padding="same", bias=False), nn.BatchNorm2d(o), nn.ReLU(True), nn.MaxPool2d(2)
    )


class LitCNN(Module):
    def __init__(self, cfg):
        super().__init__()
        self.cfg = cfg
        self.backbone = nn.Sequential(block(3, 32), block(32, 64), block(64, 64))
        self.head = nn.Sequential(
            nn.Flatten(), nn.Linear(1024, 1000), nn.ReLU(), nn.Dropout(0.4), nn.Linear(1000, 10)
        )

    def forward(self, x):
        return self.head(self.backbone(x))

    def training_step(self, batch, i):
        x, y = batch
        l = F.cross_entropy(self(x), y, label_smoothing=0.05)
        self.log("train_loss", l)
        return l

    def validation_step(self, batch, i, name="val"):
        x, y = batch
        self.log(name + "_acc", (self(x).argmax(1) == y).float().mean())

    def configure_optimizers(self):
        o = torch.optim.SGD(self.parameters(), self.cfg.lr, momentum=0.9, weight_decay=5e-4)
        return [o], [
            {"scheduler": torch.optim.lr_scheduler.ExponentialLR(o, self.cfg.gamma), "interval": "epoch"}
        ]


class Trainer:
    def __init__(self, cfg):
        self.cfg = cfg

    def fit(self, m, dm):
        dm.setup()
        (o,), (s,) = m.configure_optimizers()
        tl, vl = dm.train_dataloader(), dm.val_dataloader()
        m.eval()
        with torch.no_grad():  # sanity check
            for i, b in zip(range(2), vl):
                m.validation_step(b, i)
        for e in range(self.cfg.max_epochs):
            m.train()
            for i, b in enumerate(tl):
                l = m.training_step(b, i)
                o.zero_grad(set_to_none=True)
                l.backward()
                nn.utils.clip_grad_norm_(m.parameters(), 5.0)
                o.step()
            if s["interval"] == "epoch":
                s["scheduler"].step()
            self.validate(m, vl)

    def validate(self, m, dl, name="val"):
        m.eval()
        with torch.no_grad():
            for i, b in enumerate(dl):
                m.validation_step(b, i, name)


# %%
cfg = Cfg()
m = LitCNN(cfg)
dm = DataModule(cfg)
tr = Trainer(cfg)
tr.fit(m, dm)
# %%
tr.validate(m, dm.test_dataloader(), "test")
print({k: v[-1] for k, v in m.logged.items()})
