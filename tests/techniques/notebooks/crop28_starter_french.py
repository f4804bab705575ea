# %% [markdown]
# # TP 2, question 3.2 : augmentation de données
# Apprentissage : zone de 28 x 28 prise au hasard et symétrie une fois sur deux. Test : zone centrale de 28 x 28.

# %%
import time

import matplotlib.pyplot as plt
import torch
import torch.nn as nn
import torchvision.datasets as datasets
import torchvision.transforms as transforms

CUDA = False
PRINT_INTERVAL = 200


# %%
class ConvNet(nn.Module):
    def __init__(self):
        super(ConvNet, self).__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 32, (5, 5), stride=1, padding=2),
            nn.ReLU(),
            nn.MaxPool2d((2, 2), stride=2, padding=0),
            nn.Conv2d(32, 64, (5, 5), stride=1, padding=2),
            nn.ReLU(),
            nn.MaxPool2d((2, 2), stride=2, padding=0),
            nn.Conv2d(64, 64, (5, 5), stride=1, padding=2),
            nn.ReLU(),
            nn.MaxPool2d((2, 2), stride=2, padding=0, ceil_mode=True),
        )
        self.classifier = nn.Sequential(nn.Linear(1024, 1000), nn.ReLU(), nn.Linear(1000, 10))

    def forward(self, input):
        output = self.features(input)
        return self.classifier(output.view(input.size(0), -1))


# %%
def get_dataset(batch_size, path):
    train_dataset = datasets.CIFAR10(
        path,
        train=True,
        download=True,
        transform=transforms.Compose(
            [transforms.RandomCrop(28), transforms.RandomHorizontalFlip(), transforms.ToTensor()]
        ),
    )
    val_dataset = datasets.CIFAR10(
        path,
        train=False,
        download=True,
        transform=transforms.Compose([transforms.CenterCrop(28), transforms.ToTensor()]),
    )
    train_loader = torch.utils.data.DataLoader(
        train_dataset, batch_size=batch_size, shuffle=True, pin_memory=CUDA, num_workers=2
    )
    val_loader = torch.utils.data.DataLoader(
        val_dataset, batch_size=batch_size, shuffle=False, pin_memory=CUDA, num_workers=2
    )
    return train_loader, val_loader


def epoch(data, model, criterion, optimizer=None):
    model.eval() if optimizer is None else model.train()
    somme, justes, total = 0.0, 0, 0
    tic = time.time()
    for i, (input, target) in enumerate(data):
        output = model(input)
        loss = criterion(output, target)
        if optimizer:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        somme += loss.item() * input.size(0)
        justes += output.argmax(1).eq(target).sum().item()
        total += input.size(0)
        if i % PRINT_INTERVAL == 0:
            print(f"[{i:03d}/{len(data):03d}] perte {loss.item():.4f}")
    mode = "Test " if optimizer is None else "Train"
    print(f"{mode}: {time.time() - tic:.0f} s, perte {somme / total:.4f}, prec {100 * justes / total:.2f} %")
    return 100 * justes / total, somme / total


def main(batch_size, lr, epochs):
    model = ConvNet()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr)
    train, test = get_dataset(batch_size, "./datasets")
    courbe = []
    for i in range(epochs):
        print(f"=== EPOQUE {i + 1} ===")
        acc, _ = epoch(train, model, criterion, optimizer)
        acc_test, _ = epoch(test, model, criterion)
        courbe.append((acc, acc_test))
    return courbe


# %%
courbe = main(128, 0.1, 50)
plt.plot(courbe)
plt.legend(["train", "test"])
plt.show()
