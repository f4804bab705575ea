# %%
import matplotlib.pyplot as plt
import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision.transforms as tt
from torch.utils.data import DataLoader
from torchvision.datasets import CIFAR10

stats = ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010))
tfms = tt.Compose([tt.ToTensor(), tt.Normalize(*stats)])
train_ds = CIFAR10("data/", train=True, download=True, transform=tfms)
valid_ds = CIFAR10("data/", train=False, download=True, transform=tfms)
batch_size = 128
train_dl = DataLoader(train_ds, batch_size, shuffle=True)
valid_dl = DataLoader(valid_ds, batch_size * 2)


# %%
class ImageClassificationBase(nn.Module):
    def training_step(self, batch):
        images, labels = batch
        out = self(images)
        return F.cross_entropy(out, labels)

    def validation_step(self, batch):
        images, labels = batch
        out = self(images)
        loss = F.cross_entropy(out, labels)
        acc = (out.argmax(dim=1) == labels).float().mean()
        return {"val_loss": loss.detach(), "val_acc": acc}


class Cifar10Model(ImageClassificationBase):
    def __init__(self):
        super().__init__()
        self.network = nn.Sequential(
            nn.Conv2d(3, 32, kernel_size=5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2, 2),
            nn.Conv2d(32, 64, kernel_size=5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2, 2),
            nn.Conv2d(64, 64, kernel_size=5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2, 2),
            nn.Flatten(),
            nn.Linear(64 * 4 * 4, 1000),
            nn.ReLU(),
            nn.Linear(1000, 10),
        )

    def forward(self, xb):
        return self.network(xb)


# %%
@torch.no_grad()
def evaluate(model, loader):
    model.eval()
    outputs = [model.validation_step(batch) for batch in loader]
    return {key: torch.stack([o[key] for o in outputs]).mean().item() for key in ("val_loss", "val_acc")}


def fit_one_cycle(epochs, max_lr, model, train_loader, val_loader, grad_clip=None):
    history = []
    optimizer = torch.optim.SGD(model.parameters(), lr=max_lr, momentum=0.9, weight_decay=1e-4)
    sched = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr, epochs=epochs, steps_per_epoch=len(train_loader), pct_start=0.2
    )
    for epoch in range(epochs):
        model.train()
        train_losses, lrs = [], []
        for batch in train_loader:
            loss = model.training_step(batch)
            train_losses.append(loss.detach())
            loss.backward()
            if grad_clip:
                nn.utils.clip_grad_value_(model.parameters(), grad_clip)
            optimizer.step()
            optimizer.zero_grad()
            lrs.append(optimizer.param_groups[0]["lr"])
            sched.step()
        result = evaluate(model, val_loader)
        result |= {"train_loss": torch.stack(train_losses).mean().item(), "lrs": lrs}
        print(f"Epoch [{epoch}], last_lr: {lrs[-1]:.5f}, val_acc: {result['val_acc']:.4f}")
        history.append(result)
    return history


# %%
model = Cifar10Model()
history = [evaluate(model, valid_dl)]
history += fit_one_cycle(8, 0.05, model, train_dl, valid_dl, grad_clip=0.1)

# %%
plt.plot([x["val_acc"] for x in history], "-x")
plt.show()
plt.plot([lr for x in history for lr in x.get("lrs", [])])
plt.show()
