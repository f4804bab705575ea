# %% [markdown]
# # TP réseaux convolutifs, partie 3
# Normalisation des images dans la boucle (pas dans le chargement) et batch normalisation.

# %%
import torch
import torch.nn as nn
import torchvision
import matplotlib.pyplot as plt

cuda = torch.cuda.is_available()
moy = torch.tensor([0.491, 0.482, 0.447]).view(1, 3, 1, 1)
sigma = torch.tensor([0.202, 0.199, 0.201]).view(1, 3, 1, 1)
if cuda:
    moy, sigma = moy.cuda(), sigma.cuda()

# %%
vers_tenseur = torchvision.transforms.ToTensor()
train = torchvision.datasets.CIFAR10("./data", train=True, download=True, transform=vers_tenseur)
test = torchvision.datasets.CIFAR10("./data", train=False, download=True, transform=vers_tenseur)
train_loader = torch.utils.data.DataLoader(train, batch_size=128, shuffle=True)
test_loader = torch.utils.data.DataLoader(test, batch_size=128, shuffle=False)


# %%
class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, stride=1, padding=2)
        self.bn1 = nn.BatchNorm2d(32)
        self.conv2 = nn.Conv2d(32, 64, 5, stride=1, padding=2)
        self.bn2 = nn.BatchNorm2d(64)
        self.conv3 = nn.Conv2d(64, 64, 5, stride=1, padding=2)
        self.bn3 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(2, stride=2)
        self.fc4 = nn.Linear(1024, 1000)
        self.fc5 = nn.Linear(1000, 10)

    def forward(self, x):
        x = self.pool(self.relu(self.bn1(self.conv1(x))))
        x = self.pool(self.relu(self.bn2(self.conv2(x))))
        x = self.pool(self.relu(self.bn3(self.conv3(x))))
        x = x.view(x.size(0), -1)
        x = self.relu(self.fc4(x))
        return self.fc5(x)


modele = CNN()
if cuda:
    modele = modele.cuda()
critere = nn.CrossEntropyLoss()
optim = torch.optim.SGD(modele.parameters(), lr=0.1)

# %%
err_train, err_test = [], []
for epoque in range(40):
    modele.train()
    bons, vus = 0, 0
    for x, y in train_loader:
        if cuda:
            x, y = x.cuda(), y.cuda()
        x = (x - moy) / sigma
        sortie = modele(x)
        perte = critere(sortie, y)
        optim.zero_grad()
        perte.backward()
        optim.step()
        bons += (sortie.argmax(1) == y).sum().item()
        vus += len(y)
    err_train.append(100 - 100 * bons / vus)

    modele.eval()
    bons, vus = 0, 0
    with torch.no_grad():
        for x_test, y_test in test_loader:
            if cuda:
                x_test, y_test = x_test.cuda(), y_test.cuda()
            x_test = (x_test - moy) / sigma
            bons += (modele(x_test).argmax(1) == y_test).sum().item()
            vus += len(y_test)
    err_test.append(100 - 100 * bons / vus)
    print(f"{epoque + 1}/40  erreur train {err_train[-1]:.2f} %  erreur test {err_test[-1]:.2f} %")

# %%
plt.plot(err_train, label="train")
plt.plot(err_test, label="test")
plt.ylabel("erreur (%)")
plt.legend()
plt.show()
