# %%
import torch, torchvision
import torch.nn as nn
import matplotlib.pyplot as plt
from torchvision import transforms

# moyennes et ecarts-types de CIFAR-10 (trouvés sur le forum de pytorch)
m = torch.FloatTensor([0.4914, 0.4822, 0.4465])[:, None, None]
s = torch.FloatTensor([0.2023, 0.1994, 0.2010])[:, None, None]
tf = transforms.Compose([transforms.ToTensor(), transforms.Lambda(lambda t: (t - m) / s)])

trainset = torchvision.datasets.CIFAR10(root="data", train=True, download=True, transform=tf)
testset = torchvision.datasets.CIFAR10(root="data", train=False, download=True, transform=tf)
trainloader = torch.utils.data.DataLoader(trainset, batch_size=64, shuffle=True)
testloader = torch.utils.data.DataLoader(testset, batch_size=64, shuffle=False)


# %%
def conv(i, o):
    return nn.Conv2d(i, o, kernel_size=5, stride=1, padding=2)


class MonCNN(nn.Module):
    def __init__(self):
        super(MonCNN, self).__init__()
        self.conv1, self.conv2, self.conv3 = conv(3, 32), conv(32, 64), conv(64, 64)
        self.pool = nn.MaxPool2d(2, 2)
        self.relu = nn.ReLU()
        self.fc1 = nn.Linear(64 * 4 * 4, 1000)
        # le taux d'oubli est appliqué avant la ReLU (cela revient au même)
        self.fc2 = nn.Sequential(nn.Dropout(0.5), nn.ReLU(), nn.Linear(1000, 10))

    def forward(self, x):
        for c in [self.conv1, self.conv2, self.conv3]:
            x = self.pool(self.relu(c(x)))
        return self.fc2(self.fc1(x.view(-1, 64 * 4 * 4)))


cnn = MonCNN()
crit = nn.CrossEntropyLoss()
opt = torch.optim.SGD(cnn.parameters(), lr=0.05)
cnn

# %%
acc_train = []
acc_test = []
nb_epoch = 10
for ep in range(nb_epoch):
    cnn.train()
    ok = 0
    for i, data in enumerate(trainloader, 0):
        x, y = data
        opt.zero_grad()
        out = cnn(x)
        loss = crit(out, y)
        loss.backward()
        opt.step()
        ok += torch.sum(torch.max(out.data, 1)[1] == y).item()
        if i % 100 == 0:
            print("epoch", ep, "batch", i, "loss", loss.item())
    acc_train.append(ok / len(trainset))
    cnn.eval()
    ok = 0
    for data in testloader:
        x, y = data
        with torch.no_grad():
            out = cnn(x)
        ok += torch.sum(torch.max(out.data, 1)[1] == y).item()
    acc_test.append(ok / len(testset))
    print("--> train", acc_train[-1], "test", acc_test[-1])

# %%
plt.plot(acc_train, "b")
plt.plot(acc_test, "r")
plt.show()
