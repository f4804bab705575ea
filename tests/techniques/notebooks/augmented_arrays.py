# %% [markdown]
# # TP CNN CIFAR-10, à la scikit-learn (fit / predict / score)
# %%
import numpy as np, torch, torch.nn as nn
from torchvision.datasets import CIFAR10
from torch.utils.data import TensorDataset, DataLoader

train, test = CIFAR10("./data", train=True, download=True), CIFAR10("./data", train=False)
X_train = train.data.astype(np.float32) / 255
y_train = np.array(train.targets)
X_test = test.data.astype(np.float32) / 255
y_test = np.array(test.targets)
moyenne = np.array([0.491, 0.482, 0.447], dtype=np.float32)
ecart = np.array([0.202, 0.199, 0.201], dtype=np.float32)
X_train = ((X_train - moyenne) / ecart).transpose(0, 3, 1, 2)
X_test = ((X_test - moyenne) / ecart).transpose(0, 3, 1, 2)
print(X_train.shape, X_train.mean((0, 2, 3)), X_train.std((0, 2, 3)))


# %%
def augmenter(X, rng, taille=28):
    n = len(X)
    out = np.empty((n, 3, taille, taille), np.float32)
    dy, dx = rng.integers(0, 32 - taille + 1, n), rng.integers(0, 32 - taille + 1, n)
    for a in range(5):
        for b in range(5):
            k = np.flatnonzero((dy == a) & (dx == b))
            out[k] = X[k, :, a : a + taille, b : b + taille]
    miroir = rng.random(n) < 0.5
    out[miroir] = out[miroir][..., ::-1]
    return out


class ReseauCNN:
    """Estimateur à la sklearn."""

    def __init__(self, lr=0.1, epochs=15, batch_size=128, gamma=0.95, p=0.4, graine=0):
        self.lr, self.epochs, self.batch_size, self.gamma, self.p = lr, epochs, batch_size, gamma, p
        self.rng = np.random.default_rng(graine)

    def _construire(self):
        def bloc(i, o, **k):
            return [nn.Conv2d(i, o, 5, 1, 2), nn.BatchNorm2d(o), nn.ReLU(), nn.MaxPool2d(2, 2, **k)]

        return nn.Sequential(
            *bloc(3, 32),
            *bloc(32, 64),
            *bloc(64, 64, ceil_mode=True),
            nn.Flatten(),
            nn.Linear(1024, 1000),
            nn.ReLU(),
            nn.Dropout(self.p),
            nn.Linear(1000, 10),
        )

    def fit(self, X, y, eval_set=None):
        self.modele_ = self._construire()
        opt = torch.optim.SGD(self.modele_.parameters(), lr=self.lr)
        perte = nn.CrossEntropyLoss()
        self.historique_ = []
        for e in range(self.epochs):
            Xa = augmenter(X, self.rng)
            chargeur = DataLoader(
                TensorDataset(torch.from_numpy(Xa), torch.from_numpy(y)), self.batch_size, shuffle=True
            )
            self.modele_.train()
            for xb, yb in chargeur:
                opt.zero_grad()
                l = perte(self.modele_(xb), yb)
                l.backward()
                opt.step()
            for g in opt.param_groups:
                g["lr"] = self.lr * self.gamma ** (e + 1)
            if eval_set is not None:
                self.historique_.append(self.score(*eval_set))
        return self

    def predict_proba(self, X):
        self.modele_.eval()
        X = X[:, :, 2:30, 2:30]
        sortie = []
        with torch.no_grad():
            for i in range(0, len(X), 1000):
                sortie.append(torch.softmax(self.modele_(torch.from_numpy(X[i : i + 1000])), 1).numpy())
        return np.concatenate(sortie)

    def predict(self, X):
        return self.predict_proba(X).argmax(1)

    def score(self, X, y):
        return (self.predict(X) == y).mean()


clf = ReseauCNN().fit(X_train, y_train, eval_set=(X_test, y_test))
print(clf.historique_)
print("précision test :", clf.score(X_test, y_test))
