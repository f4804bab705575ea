# %%
from dataclasses import asdict, dataclass, field

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms


@dataclass
class Config:
    batch_size: int = 128
    lr: float = 0.1
    epochs: int = 10
    channels: list = field(default_factory=lambda: [32, 64, 64])
    hidden: int = 1000
    device: str = "cuda" if torch.cuda.is_available() else "cpu"
    root: str = "./data"


cfg = Config()
print(asdict(cfg))


# %%
class CifarNet(nn.Module):
    def __init__(self, cfg: Config):
        super().__init__()
        c1, c2, c3 = cfg.channels
        self.stem = nn.Conv2d(3, c1, 5, padding=2)
        self.mid = nn.Conv2d(c1, c2, 5, padding=2)
        self.top = nn.Conv2d(c2, c3, 5, padding=2)
        self.down = nn.MaxPool2d(2)
        self.act = nn.ReLU()
        self.head = nn.Sequential(
            nn.Flatten(), nn.Linear(c3 * 4 * 4, cfg.hidden), nn.ReLU(), nn.Linear(cfg.hidden, 10)
        )

    def forward(self, x):
        for conv in (self.stem, self.mid, self.top):
            x = self.down(self.act(conv(x)))
        return self.head(x)


# %%
class Callback:
    def on_batch_end(self, trainer, loss): ...
    def on_epoch_end(self, trainer, metrics): ...


class Printer(Callback):
    def on_epoch_end(self, trainer, metrics):
        print(" ".join(f"{k}={v:.4f}" for k, v in metrics.items()))


class Recorder(Callback):
    def __init__(self):
        self.losses, self.metrics = [], []

    def on_batch_end(self, trainer, loss):
        self.losses.append(loss)

    def on_epoch_end(self, trainer, metrics):
        self.metrics.append(metrics)


class Trainer:
    def __init__(self, model, cfg, callbacks=()):
        self.model = model.to(cfg.device)
        self.cfg = cfg
        self.callbacks = list(callbacks)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=cfg.lr)
        self.criterion = nn.CrossEntropyLoss()

    def _notify(self, event, *args):
        for callback in self.callbacks:
            getattr(callback, event)(self, *args)

    def _to_device(self, batch):
        return [t.to(self.cfg.device) for t in batch]

    def fit(self, train_loader, test_loader):
        for epoch in range(self.cfg.epochs):
            self.model.train()
            for batch in train_loader:
                x, y = self._to_device(batch)
                self.optimizer.zero_grad()
                loss = self.criterion(self.model(x), y)
                loss.backward()
                self.optimizer.step()
                self._notify("on_batch_end", loss.item())
            self._notify("on_epoch_end", {"epoch": epoch, "loss": loss.item(), **self.evaluate(test_loader)})
        return self

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        hits = loss = n = 0
        for batch in loader:
            x, y = self._to_device(batch)
            out = self.model(x)
            loss += self.criterion(out, y).item() * len(y)
            hits += (out.argmax(1) == y).sum().item()
            n += len(y)
        return {"test_loss": loss / n, "test_acc": hits / n}


# %%
tf = transforms.ToTensor()
train_loader = DataLoader(datasets.CIFAR10(cfg.root, True, tf, download=True), cfg.batch_size, shuffle=True)
test_loader = DataLoader(datasets.CIFAR10(cfg.root, False, tf, download=True), cfg.batch_size)
recorder = Recorder()
trainer = Trainer(CifarNet(cfg), cfg, [Printer(), recorder]).fit(train_loader, test_loader)
print("final:", trainer.evaluate(test_loader))

# %%
fig, ax = plt.subplots(2)
ax[0].plot(recorder.losses)
ax[1].plot([m["test_acc"] for m in recorder.metrics])
plt.tight_layout()
plt.show()
