# %% [markdown]
# # TP CNN, partie 3
# Une seule classe et une seule fonction `main` : chaque amélioration est une option.

# %%
import torch
import torch.nn as nn
import torchvision.datasets as datasets
import torchvision.transforms as transforms
import matplotlib.pyplot as plt


# %%
class ConvNet(nn.Module):
    def __init__(self, recadrage=False, dropout=False, batchnorm=False):
        super(ConvNet, self).__init__()
        couches = []
        canaux = [3, 32, 64, 64]
        for i in range(3):
            couches.append(nn.Conv2d(canaux[i], canaux[i + 1], (5, 5), stride=1, padding=2))
            if batchnorm:
                couches.append(nn.BatchNorm2d(canaux[i + 1]))
            couches.append(nn.ReLU())
            dernier = i == 2
            couches.append(nn.MaxPool2d((2, 2), stride=2, ceil_mode=recadrage and dernier))
        self.features = nn.Sequential(*couches)
        couches = [nn.Linear(1024, 1000), nn.ReLU()]
        if dropout:
            couches.append(nn.Dropout(0.5))
        couches.append(nn.Linear(1000, 10))
        self.classifier = nn.Sequential(*couches)

    def forward(self, x):
        x = self.features(x)
        return self.classifier(x.view(x.size(0), -1))


def get_dataset(batch_size, path, normalisation, augmentation):
    train_tf, val_tf = [], []
    if augmentation:
        train_tf += [transforms.RandomCrop(28), transforms.RandomHorizontalFlip()]
        val_tf += [transforms.CenterCrop(28)]
    train_tf.append(transforms.ToTensor())
    val_tf.append(transforms.ToTensor())
    if normalisation:
        norm = transforms.Normalize([0.491, 0.482, 0.447], [0.202, 0.199, 0.201])
        train_tf.append(norm)
        val_tf.append(norm)
    train = datasets.CIFAR10(path, train=True, download=True, transform=transforms.Compose(train_tf))
    val = datasets.CIFAR10(path, train=False, download=True, transform=transforms.Compose(val_tf))
    train_loader = torch.utils.data.DataLoader(train, batch_size=batch_size, shuffle=True, num_workers=4)
    val_loader = torch.utils.data.DataLoader(val, batch_size=batch_size, shuffle=False, num_workers=4)
    return train_loader, val_loader


# %%
def epoch(data, model, criterion, optimizer=None):
    if optimizer is None:
        model.eval()
    else:
        model.train()
    perte_totale, corrects, n = 0, 0, 0
    for input, target in data:
        output = model(input)
        loss = criterion(output, target)
        if optimizer is not None:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        perte_totale += loss.item() * len(target)
        corrects += (output.argmax(1) == target).sum().item()
        n += len(target)
    return 100 * corrects / n, perte_totale / n


def main(batch_size=128, lr=0.1, epochs=10, norm=False, augm=False, sched=False, drop=False, bn=False):
    model = ConvNet(recadrage=augm, dropout=drop, batchnorm=bn)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr)
    lr_sched = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.95)
    train, test = get_dataset(batch_size, "./data", norm, augm)
    courbe = []
    for i in range(epochs):
        acc, perte = epoch(train, model, criterion, optimizer)
        acc_test, perte_test = epoch(test, model, criterion)
        if sched:
            lr_sched.step()
        courbe.append(acc_test)
        print(f"époque {i + 1} : train {acc:.2f} % ({perte:.3f}), test {acc_test:.2f} % ({perte_test:.3f})")
    return courbe


# %% [markdown]
# ## 3.0 Réseau de base
# %%
base = main()
# %% [markdown]
# ## 3.1 Standardisation
# %%
norm = main(norm=True)
# %% [markdown]
# ## 3.2 Augmentation
# %%
augm = main(norm=True, augm=True, epochs=20)
# %% [markdown]
# ## 3.3 Pas d'apprentissage
# %%
sched = main(norm=True, augm=True, sched=True, epochs=20)
# %% [markdown]
# ## 3.4 Dropout
# %%
drop = main(norm=True, augm=True, sched=True, drop=True, epochs=25)
# %% [markdown]
# ## 3.5 Batch normalisation
# %%
bn = main(norm=True, augm=True, sched=True, drop=True, bn=True, epochs=25)

# %%
for courbe, nom in zip([base, norm, augm, sched, drop, bn], ["base", "norm", "augm", "sched", "drop", "bn"]):
    plt.plot(courbe, label=nom)
plt.legend()
plt.show()
