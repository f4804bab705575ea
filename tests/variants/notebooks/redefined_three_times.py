# %% [markdown]
# # TP CNN
# (les cellules sont dans l'ordre où je les ai écrites)

# %%
import torch
import torch.nn as nn
import torchvision
import torchvision.transforms as transforms
import matplotlib.pyplot as plt

batch_size = 128
lr = 0.1
n_epochs = 10

transform = transforms.Compose([transforms.ToTensor()])
trainset = torchvision.datasets.CIFAR10("./data", train=True, download=True, transform=transform)
testset = torchvision.datasets.CIFAR10("./data", train=False, download=True, transform=transform)
trainloader = torch.utils.data.DataLoader(trainset, batch_size=batch_size, shuffle=True)
testloader = torch.utils.data.DataLoader(testset, batch_size=batch_size)


# %%
class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(3, 32, 5)
        self.conv2 = nn.Conv2d(32, 64, 5)
        self.pool = nn.MaxPool2d(2)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv1(x)))
        x = self.pool(torch.relu(self.conv2(x)))
        return x


net = Net()
print(net(torch.rand(1, 3, 32, 32)).shape)  # 5x5 ?? il manque le padding


# %%
class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.conv3 = nn.Conv2d(64, 64, 5, padding=2)
        self.pool = nn.MaxPool2d(2)
        self.fc4 = nn.Linear(1024, 1000)
        self.fc5 = nn.Linear(1000, 10)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv1(x)))
        x = self.pool(torch.relu(self.conv2(x)))
        x = self.pool(self.conv3(x))
        x = x.view(-1, 1024)
        x = self.fc4(x)
        x = self.fc5(x)
        return x


net = Net()
print(net(torch.rand(2, 3, 32, 32)).shape)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
for x, y in trainloader:
    optimizer.zero_grad()
    loss = criterion(net(x), y)
    loss.backward()
    optimizer.step()
print(loss.item())  # essai rapide, une époque


# %%
class Net(nn.Module):  # version finale, avec toutes les ReLU
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.conv3 = nn.Conv2d(64, 64, 5, padding=2)
        self.pool = nn.MaxPool2d(2)
        self.fc4 = nn.Linear(1024, 1000)
        self.fc5 = nn.Linear(1000, 10)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv1(x)))
        x = self.pool(torch.relu(self.conv2(x)))
        x = self.pool(torch.relu(self.conv3(x)))
        x = x.view(-1, 1024)
        x = torch.relu(self.fc4(x))
        x = self.fc5(x)
        return x


net = Net()
print("paramètres :", sum(p.numel() for p in net.parameters()))

# %%
optimizer = torch.optim.SGD(net.parameters(), lr=lr)
liste_loss = []
liste_acc = []


def une_epoque():
    global net, optimizer
    net.train()
    somme = 0
    for x, y in trainloader:
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
        somme += loss.item()
    liste_loss.append(somme / len(trainloader))


def precision():
    net.eval()
    juste = 0
    with torch.no_grad():
        for x, y in testloader:
            juste += (net(x).argmax(1) == y).sum().item()
    liste_acc.append(100 * juste / len(testset))


for i in range(n_epochs):
    une_epoque()
    precision()
    print("époque", i + 1, "loss", liste_loss[-1], "précision test", liste_acc[-1])

# %%
plt.plot(liste_loss)
plt.show()
plt.plot(liste_acc)
plt.show()
