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
from collections import OrderedDict


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleDict(
            OrderedDict(
                conv1=nn.Conv2d(3, 32, (5, 5), padding=(2, 2)),
                act1=nn.ReLU(),
                pool1=nn.MaxPool2d((2, 2)),
                conv2=nn.Conv2d(32, 64, (5, 5), padding=(2, 2)),
                act2=nn.ReLU(),
                pool2=nn.MaxPool2d((2, 2)),
                conv3=nn.Conv2d(64, 64, (5, 5), padding=(2, 2)),
                act3=nn.ReLU(),
                pool3=nn.MaxPool2d((2, 2)),
                flat=nn.Flatten(),
                fc4=nn.Linear(64 * 16, 1000),
                act4=nn.ReLU(),
                drop=nn.Dropout(0.5),
                fc5=nn.Linear(1000, 10),
            )
        )
        for m in self.modules():
            if isinstance(m, (nn.Conv2d, nn.Linear)):
                nn.init.kaiming_uniform_(m.weight)
                nn.init.zeros_(m.bias)

    def forward(self, x):
        for name, l in self.layers.items():
            x = l(x)
        return x

    def compile(self, optimizer, loss):
        self.optimizer, self.loss_fn = optimizer, loss

    def fit(self, data, epochs, validation_data, callbacks=()):
        history = {"loss": [], "val_acc": []}
        self.stop_training = False
        for epoch in range(epochs):
            for cb in callbacks:
                cb.on_epoch_begin(epoch, self)
            self.train()
            tot = 0
            for x, y in data:
                self.optimizer.zero_grad()
                l = self.loss_fn(self(x), y)
                l.backward()
                self.optimizer.step()
                tot += l.item()
            history["loss"].append(tot / len(data))
            history["val_acc"].append(self.evaluate(validation_data))
            for cb in callbacks:
                cb.on_epoch_end(epoch, self, history)
            if self.stop_training:
                break
        return history

    @torch.no_grad()
    def evaluate(self, data):
        self.eval()
        return sum((self(x).argmax(1) == y).sum().item() for x, y in data) / len(data.dataset)


class CB:
    def on_epoch_begin(self, e, m):
        pass

    def on_epoch_end(self, e, m, h):
        pass


class LearningRateScheduler(CB):
    def __init__(self, f):
        self.f = f

    def on_epoch_begin(self, e, m):
        for g in m.optimizer.param_groups:
            g["lr"] = self.f(e, g["lr"])


class EarlyStopping(CB):
    def __init__(self, patience):
        self.p, self.best, self.w, self.k = patience, -1, None, 0

    def on_epoch_end(self, e, m, h):
        a = h["val_acc"][-1]
        if a > self.best:
            self.best, self.w, self.k = a, copy.deepcopy(m.state_dict()), 0
        else:
            self.k += 1
            if self.k >= self.p:
                m.stop_training = True
                m.load_state_dict(self.w)
                print("restored", self.best)


# %%
train_dl = DataLoader(CIFAR10("data", True, T.ToTensor(), download=True), 128, shuffle=True)
test_dl = DataLoader(CIFAR10("data", False, T.ToTensor(), download=True), 500)

model = Model()
model.compile(torch.optim.SGD(model.parameters(), lr=0.1), nn.CrossEntropyLoss())
h = model.fit(
    train_dl,
    30,
    test_dl,
    [LearningRateScheduler(lambda e, lr: lr if e == 0 else lr * 0.95), EarlyStopping(4)],
)
model.load_state_dict(torch.load(torch.save(model.state_dict(), "best.pt") or "best.pt"))
print(model.evaluate(test_dl))
