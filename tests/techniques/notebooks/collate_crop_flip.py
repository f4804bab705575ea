# %%
import random

import torch
import torchvision.transforms.functional as TF
from torch import nn
from torch.utils.data import DataLoader, default_collate
from torchvision.datasets import CIFAR10
from torchvision.transforms import RandomCrop
from tqdm.auto import trange

random.seed(7)
torch.manual_seed(7)


# %%
def augment(image):
    i, j, h, w = RandomCrop.get_params(image, output_size=(28, 28))
    image = TF.crop(image, i, j, h, w)
    if random.random() > 0.5:
        image = TF.hflip(image)
    return TF.to_tensor(image)


def centre(image):
    return TF.to_tensor(TF.center_crop(image, 28))


def collate_train(batch):
    return default_collate([(augment(image), label) for image, label in batch])


def collate_test(batch):
    return default_collate([(centre(image), label) for image, label in batch])


train = DataLoader(
    CIFAR10("./data", train=True, download=True), batch_size=100, shuffle=True, collate_fn=collate_train
)
test = DataLoader(CIFAR10("./data", train=False), batch_size=100, collate_fn=collate_test)

# %%
conv = dict(kernel_size=5, stride=1, padding=2)
model = nn.Sequential(
    nn.Conv2d(3, 32, **conv), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(32, 64, **conv), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(64, 64, **conv), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True),
    nn.Flatten(),
    nn.Linear(1024, 1000), nn.ReLU(),
    nn.Linear(1000, 10),
)  # fmt: skip
opt = torch.optim.SGD(model.parameters(), lr=0.1)
ce = nn.CrossEntropyLoss()

# %%
for epoch in (bar := trange(15)):
    model.train()
    mean_loss = 0.0
    for k, (x, y) in enumerate(train):
        loss = ce(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        mean_loss += (loss.item() - mean_loss) / (k + 1)
    model.eval()
    with torch.no_grad():
        right = torch.cat([model(x).argmax(1).eq(y) for x, y in test])
    bar.set_postfix(loss=f"{mean_loss:.3f}", test=f"{right.float().mean():.3f}")
    print(f"{epoch} {mean_loss:.4f} {right.float().mean():.4f}")
