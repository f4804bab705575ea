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
def to_device(d, dev):
    if isinstance(d, (list, tuple)):
        return [to_device(x, dev) for x in d]
    return d.to(dev, non_blocking=True)


class DeviceDataLoader:
    def __init__(self, dl, device):
        self.dl = dl
        self.device = device

    def __iter__(self):
        for b in self.dl:
            yield to_device(b, self.device)

    def __len__(self):
        return len(self.dl)


def accuracy(outputs, labels):
    _, preds = torch.max(outputs, dim=1)
    return torch.tensor(torch.sum(preds == labels).item() / len(preds))


class ImageClassificationBase(nn.Module):
    def training_step(self, batch):
        images, labels = batch
        return F.cross_entropy(self(images), labels)

    def validation_step(self, batch):
        images, labels = batch
        out = self(images)
        return {"val_loss": F.cross_entropy(out, labels).detach(), "val_acc": accuracy(out, labels)}

    def validation_epoch_end(self, outputs):
        return {k: torch.stack([x[k] for x in outputs]).mean().item() for k in outputs[0]}


def conv_block(i, o, pool=False, **k):
    layers = [nn.Conv2d(i, o, kernel_size=5, padding=2), nn.BatchNorm2d(o), nn.ReLU(inplace=True)]
    if pool:
        layers.append(nn.MaxPool2d(2, **k))
    return nn.Sequential(*layers)


class CNN(ImageClassificationBase):
    def __init__(self, in_channels=3, num_classes=10):
        super().__init__()
        self.conv1 = conv_block(in_channels, 32, pool=True)
        self.conv2 = conv_block(32, 64, pool=True)
        self.conv3 = conv_block(64, 64, pool=True, ceil_mode=True)
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(1024, 1000), nn.ReLU(), nn.Dropout(0.2), nn.Linear(1000, num_classes)
        )

    def forward(self, xb):
        return self.classifier(self.conv3(self.conv2(self.conv1(xb))))


stats = (M, S)
train_tfms = T.Compose(
    [
        T.RandomCrop(32, padding=4, padding_mode="reflect"),
        T.RandomHorizontalFlip(),
        T.ToTensor(),
        T.Normalize(*stats, inplace=True),
    ]
)
valid_tfms = T.Compose([T.ToTensor(), T.Normalize(*stats)])
train_dl = DeviceDataLoader(
    DataLoader(
        CIFAR10("data", True, train_tfms, download=True), 128, shuffle=True, num_workers=3, pin_memory=True
    ),
    device,
)
valid_dl = DeviceDataLoader(
    DataLoader(CIFAR10("data", False, valid_tfms, download=True), 256, num_workers=3, pin_memory=True), device
)


@torch.no_grad()
def evaluate(model, val_loader):
    model.eval()
    return model.validation_epoch_end([model.validation_step(b) for b in val_loader])


def get_lr(o):
    for g in o.param_groups:
        return g["lr"]


def fit(epochs, lr, model, tl, vl, weight_decay=0, grad_clip=None, opt_func=torch.optim.SGD):
    torch.cuda.empty_cache()
    history = []
    optimizer = opt_func(model.parameters(), lr, weight_decay=weight_decay)
    sched = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.95)
    for epoch in range(epochs):
        model.train()
        train_losses, lrs = [], []
        for batch in tl:
            loss = model.training_step(batch)
            train_losses.append(loss)
            loss.backward()
            if grad_clip:
                nn.utils.clip_grad_value_(model.parameters(), grad_clip)
            optimizer.step()
            optimizer.zero_grad()
            lrs.append(get_lr(optimizer))
        sched.step()
        r = evaluate(model, vl)
        r["train_loss"] = torch.stack(train_losses).mean().item()
        r["lrs"] = lrs
        history.append(r)
        print(
            f"Epoch [{epoch}], last_lr: {lrs[-1]:.5f}, train_loss: {r['train_loss']:.4f}, val_acc: {r['val_acc']:.4f}"
        )
    return history


model = to_device(CNN(), device)
history = [evaluate(model, valid_dl)]
history += fit(10, 0.05, model, train_dl, valid_dl, 1e-4, 0.1)
