# %% [markdown]
# # Lab 3
# For each pretrained network: a new classifier is trained on top of the frozen network (**feature extraction**), then the same network
# is unfrozen and trained on with a small learning rate (**finetuning**). AlexNet and VGG-11 get a classifier of their own.

# %%
import time

import torch
import torchvision
from torch import nn
from torchvision import transforms
from tqdm import tqdm

torch.manual_seed(0)
device = "cuda" if torch.cuda.is_available() else "cpu"
n_epochs = 6
imagenet = transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
augmented = transforms.Compose(
    [
        transforms.Resize(64),
        transforms.RandomCrop(64, padding=8),
        transforms.RandomHorizontalFlip(),
        transforms.ToTensor(),
        imagenet,
    ]
)
plain = transforms.Compose([transforms.Resize(64), transforms.ToTensor(), imagenet])
train_loader = torch.utils.data.DataLoader(
    torchvision.datasets.CIFAR10("data", train=True, download=True, transform=augmented),
    batch_size=128,
    shuffle=True,
    num_workers=8,
)
test_loader = torch.utils.data.DataLoader(
    torchvision.datasets.CIFAR10("data", train=False, download=True, transform=plain),
    batch_size=256,
    num_workers=8,
)


# %%
def fit(model, optimizer, title):
    criterion = nn.CrossEntropyLoss()
    start = time.time()
    for epoch in range(n_epochs):
        model.train()
        for x, y in tqdm(train_loader, desc=f"{title} {epoch + 1}/{n_epochs}", leave=False):
            x, y = x.to(device), y.to(device)
            loss = criterion(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    per_epoch = (time.time() - start) / n_epochs

    model.eval()
    correct = 0
    with torch.no_grad():
        for x, y in test_loader:
            correct += (model(x.to(device)).argmax(1) == y.to(device)).sum().item()
    n = sum(p.numel() for p in model.parameters() if p.requires_grad)
    print(
        f"{title}: {n} trainable parameters, test accuracy {correct / 100:.2f} %, {per_epoch:.1f} s per epoch"
    )


def set_frozen(model, frozen):
    for p in model.features.parameters():
        p.requires_grad = not frozen


# %%
own = nn.Sequential(
    nn.Conv2d(3, 32, 5, stride=2, padding=2),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(32, 64, 5, padding=2),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(64, 64, 5, padding=2),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(1024, 1000),
    nn.ReLU(),
    nn.Linear(1000, 10),
).to(device)
fit(own, torch.optim.Adam(own.parameters(), lr=5e-4), "From scratch")

# %% [output]
# From scratch: 1191170 trainable parameters, test accuracy 67.94 %, 9.7 s per epoch
# %%
alexnet = torchvision.models.alexnet(weights=torchvision.models.AlexNet_Weights.DEFAULT)
alexnet.classifier = nn.Sequential(nn.Dropout(0.5), nn.Linear(256 * 6 * 6, 10))
alexnet.to(device)

set_frozen(alexnet, True)
fit(alexnet, torch.optim.Adam(alexnet.classifier.parameters(), lr=1e-3), "AlexNet, feature extraction")
set_frozen(alexnet, False)
fit(alexnet, torch.optim.Adam(alexnet.parameters(), lr=5e-5), "AlexNet, finetuning")

# %% [output]
# AlexNet, feature extraction: 92170 trainable parameters, test accuracy 61.55 %, 10.9 s per epoch
# AlexNet, finetuning: 2561866 trainable parameters, test accuracy 75.73 %, 11.8 s per epoch
# %%
vgg = torchvision.models.vgg11(weights=torchvision.models.VGG11_Weights.DEFAULT)
vgg.classifier = nn.Sequential(
    nn.Linear(512 * 7 * 7, 128),
    nn.ReLU(inplace=True),
    nn.Dropout(0.5),
    nn.Linear(128, 10),
)
vgg.to(device)

set_frozen(vgg, True)
fit(vgg, torch.optim.Adam(vgg.classifier.parameters(), lr=1e-3), "VGG-11, feature extraction")
set_frozen(vgg, False)
fit(vgg, torch.optim.Adam(vgg.parameters(), lr=5e-5), "VGG-11, finetuning")

# %% [output]
# VGG-11, feature extraction: 3212682 trainable parameters, test accuracy 72.08 %, 11.6 s per epoch
# VGG-11, finetuning: 12433162 trainable parameters, test accuracy 88.31 %, 19.2 s per epoch
# %% [markdown]
# | | Number of trainable params | Test accuracy | Training time per epoch |
# |---|---:|---:|---:|
# | From scratch | 1191170 | 67.94 | 9.7 |
# | AlexNet (feat_extract) | 92170 | 61.55 | 10.9 |
# | AlexNet (finetuning) | 2561866 | 75.73 | 11.8 |
# | VGG-11 (feat_extract) | 3212682 | 72.08 | 11.6 |
# | VGG-11 (finetuning) | 12433162 | 88.31 | 19.2 |
#
# Accuracy in %, time in seconds.
