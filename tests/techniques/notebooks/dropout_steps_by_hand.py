# %% [markdown]
# ## Learning rate as in the ImageNet example: computed from the epoch number
# Dropout between the two fully-connected layers.

# %%
import torch
import torch.nn as nn
import torchvision
import torchvision.transforms as transforms
import matplotlib.pyplot as plt

hparams = {"lr": 0.1, "decay": 0.95, "epochs": 30, "batch": 128, "p": 0.5}


def adjust_learning_rate(optimizer, epoch):
    """Sets the learning rate to the initial one times decay ** epoch."""
    lr = hparams["lr"] * hparams["decay"] ** epoch
    for param_group in optimizer.param_groups:
        param_group["lr"] = lr
    return lr


# %%
train_loader, test_loader = (
    torch.utils.data.DataLoader(
        torchvision.datasets.CIFAR10(
            "./data", train=is_train, download=True, transform=transforms.ToTensor()
        ),
        batch_size=hparams["batch"],
        shuffle=is_train,
    )
    for is_train in (True, False)
)


class AlexNetish(nn.Module):
    def __init__(self, num_classes=10, dropout=hparams["p"]):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 32, kernel_size=5, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=2, stride=2),
            nn.Conv2d(32, 64, kernel_size=5, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=2, stride=2),
            nn.Conv2d(64, 64, kernel_size=5, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=2, stride=2),
        )
        self.classifier = nn.Sequential(
            nn.Linear(64 * 4 * 4, 1000),
            nn.Dropout(p=dropout),
            nn.ReLU(inplace=True),
            nn.Linear(1000, num_classes),
        )

    def forward(self, x):
        x = self.features(x)
        x = torch.flatten(x, 1)
        return self.classifier(x)


# %%
def validate(val_loader, model, criterion):
    model.eval()
    losses, top1, n = 0.0, 0, 0
    with torch.no_grad():
        for images, target in val_loader:
            output = model(images)
            losses += criterion(output, target).item() * images.size(0)
            top1 += (output.argmax(1) == target).sum().item()
            n += images.size(0)
    return losses / n, 100.0 * top1 / n


model = AlexNetish()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), hparams["lr"])
curve = []
for epoch in range(hparams["epochs"]):
    lr = adjust_learning_rate(optimizer, epoch)
    model.train()
    for images, target in train_loader:
        output = model(images)
        loss = criterion(output, target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    curve.append(validate(test_loader, model, criterion))
    print("epoch {:2d}  lr {:.4f}  val loss {:.3f}  acc@1 {:.2f}".format(epoch, lr, *curve[-1]))

# %%
plt.plot([acc for _, acc in curve])
plt.show()
