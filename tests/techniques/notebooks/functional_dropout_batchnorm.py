# %% [markdown]
# Dropout et batch norm (sans biais dans les convolutions : la batch norm a le sien)

# %%
import torch
from torch import nn
from torch.nn import functional as F
import torchvision as tv
import matplotlib.pyplot as plt

tt = tv.transforms.ToTensor()
apprentissage = tv.datasets.CIFAR10("./data", train=True, download=True, transform=tt)
validation = tv.datasets.CIFAR10("./data", train=False, download=True, transform=tt)
lots_a = torch.utils.data.DataLoader(apprentissage, batch_size=100, shuffle=True)
lots_v = torch.utils.data.DataLoader(validation, batch_size=100)


# %%
class Modele(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2, bias=False)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2, bias=False)
        self.conv3 = nn.Conv2d(64, 64, 5, padding=2, bias=False)
        self.norme1 = nn.BatchNorm2d(32)
        self.norme2 = nn.BatchNorm2d(64)
        self.norme3 = nn.BatchNorm2d(64)
        self.fc4 = nn.Linear(1024, 1000)
        self.fc5 = nn.Linear(1000, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.norme1(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.norme2(self.conv2(x))), 2)
        x = F.max_pool2d(F.relu(self.norme3(self.conv3(x))), 2)
        x = x.flatten(1)
        x = F.relu(self.fc4(x))
        x = F.dropout(x, p=0.3, training=self.training)
        return self.fc5(x)


modele = Modele()
sgd = torch.optim.SGD(modele.parameters(), lr=0.05)


# %%
def score(lots):
    modele.eval()
    bons = total = 0
    with torch.no_grad():
        for x, y in lots:
            bons += (modele(x).argmax(1) == y).sum().item()
            total += len(x)
    return 100 * bons / total


s_app, s_val = [], []
for tour in range(15):
    modele.train()
    for x, y in lots_a:
        sgd.zero_grad()
        erreur = F.cross_entropy(modele(x), y)
        erreur.backward()
        sgd.step()
    s_app.append(score(lots_a))
    s_val.append(score(lots_v))
    print(f"tour {tour} : {s_app[-1]:.1f} % / {s_val[-1]:.1f} %")

# %%
plt.plot(s_app, label="apprentissage")
plt.plot(s_val, label="validation")
plt.legend()
plt.show()
