# %% [markdown]
# # Lab 3, model selection on a validation set
# 45,000 images to train on, 5,000 to choose the best epoch with, and the test set is used once, at the very end.

# %%
import time
from pathlib import Path

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, random_split
from torchvision import datasets, models, transforms

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
max_epochs = 16
Path("checkpoints").mkdir(exist_ok=True)


def data(size):
    tf = transforms.Compose(
        [
            transforms.Resize(size),
            transforms.ToTensor(),
            transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ]
    )
    full = datasets.CIFAR10("data", train=True, download=True, transform=tf)
    train, val = random_split(full, [45000, 5000], generator=torch.Generator().manual_seed(0))
    test = datasets.CIFAR10("data", train=False, download=True, transform=tf)
    return (
        DataLoader(train, batch_size=128, shuffle=True, num_workers=4),
        DataLoader(val, batch_size=256, num_workers=4),
        DataLoader(test, batch_size=256, num_workers=4),
    )


# %%
def accuracy(model, loader):
    model.eval()
    good = total = 0
    with torch.no_grad():
        for x, y in loader:
            good += (model(x.to(device)).argmax(1) == y.to(device)).sum().item()
            total += len(y)
    return good / total


def train(name, model, parameters, lr, size):
    train_loader, val_loader, test_loader = data(size)
    model = model.to(device)
    parameters = list(parameters)
    optimizer = torch.optim.RMSprop(parameters, lr=lr)
    loss_function = nn.CrossEntropyLoss()
    best, checkpoint = -1.0, f"checkpoints/{name}.pt"
    seconds = 0.0
    for epoch in range(max_epochs):
        start = time.monotonic()
        model.train()
        for x, y in train_loader:
            loss = loss_function(model(x.to(device)), y.to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        seconds += time.monotonic() - start
        val = accuracy(model, val_loader)
        if val > best:
            best, best_epoch = val, epoch + 1
            torch.save(model.state_dict(), checkpoint)
    model.load_state_dict(torch.load(checkpoint))
    test = accuracy(model, test_loader)
    print(f"{name}: best validation {best:.4f} in epoch {best_epoch} of {max_epochs}, test {test:.4f}")
    return {"params": sum(p.numel() for p in parameters), "accuracy": test, "time": seconds / max_epochs}


# %%
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.ModuleList(
            [nn.Conv2d(3, 32, 5, padding=2), nn.Conv2d(32, 64, 5, padding=2), nn.Conv2d(64, 64, 5, padding=2)]
        )
        self.pool = nn.MaxPool2d(2)
        self.fc4 = nn.Linear(1024, 1000)
        self.drop = nn.Dropout(0.5)
        self.fc5 = nn.Linear(1000, 10)

    def forward(self, x):
        for conv in self.conv:
            x = self.pool(conv(x).relu())
        return self.fc5(self.drop(self.fc4(x.flatten(1)).relu()))


net = Net()
scratch = train("scratch", net, net.parameters(), lr=3e-4, size=32)

# %% [output]
# scratch: best validation 0.7668 in epoch 15 of 16, test 0.7613
# %% [markdown]
# ## Feature extraction


# %%
def resnet():
    net = models.resnet18(weights=models.ResNet18_Weights.DEFAULT)
    net.fc = nn.Sequential(nn.Dropout(0.2), nn.Linear(512, 10))
    return net


def squeezenet():
    net = models.squeezenet1_0(weights=models.SqueezeNet1_0_Weights.DEFAULT)
    net.classifier[1] = nn.Conv2d(512, 10, kernel_size=1)
    return net


net = resnet()
for name, p in net.named_parameters():
    if not name.startswith("fc"):
        p.requires_grad_(False)
resnet_fe = train("resnet_fe", net, net.fc.parameters(), lr=1e-3, size=96)

net = squeezenet()
net.features.requires_grad_(False)
squeezenet_fe = train("squeezenet_fe", net, net.classifier.parameters(), lr=1e-3, size=96)

# %% [output]
# resnet_fe: best validation 0.7206 in epoch 13 of 16, test 0.7159
# squeezenet_fe: best validation 0.6532 in epoch 16 of 16, test 0.6474
# %% [markdown]
# ## Finetuning

# %%
net = resnet()
resnet_ft = train("resnet_ft", net, net.parameters(), lr=3e-5, size=96)

net = squeezenet()
squeezenet_ft = train("squeezenet_ft", net, net.parameters(), lr=3e-5, size=96)

# %% [output]
# resnet_ft: best validation 0.9402 in epoch 9 of 16, test 0.9377
# squeezenet_ft: best validation 0.8754 in epoch 14 of 16, test 0.8692
# %%
rows = [
    ("From scratch", scratch),
    ("ResNet18 (feat_extract)", resnet_fe),
    ("ResNet18 (finetuning)", resnet_ft),
    ("SqueezeNet (feat_extract)", squeezenet_fe),
    ("SqueezeNet (finetuning)", squeezenet_ft),
]
print("Model".ljust(28) + "Number of trainable params   Test accuracy   Training time per epoch")
for name, r in rows:
    print(f"{name.ljust(28)}{r['params'] / 1e6:>24.4f} M {100 * r['accuracy']:>13.2f} % {r['time']:>23.1f} s")

# %% [output]
# Model                       Number of trainable params   Test accuracy   Training time per epoch
# From scratch                                  1.1912 M         76.13 %                     6.1 s
# ResNet18 (feat_extract)                       0.0051 M         71.59 %                    11.4 s
# ResNet18 (finetuning)                        11.1816 M         93.77 %                    23.9 s
# SqueezeNet (feat_extract)                     0.0051 M         64.74 %                    12.2 s
# SqueezeNet (finetuning)                       0.7406 M         86.92 %                    18.8 s
