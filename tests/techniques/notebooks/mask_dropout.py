# %% [markdown]
# # Dropout from scratch
# To be sure we understand question 33 we wrote the layer ourselves (inverted dropout).

# %%
import matplotlib.pyplot as plt
import torch
import torchvision
import torchvision.transforms as transforms
from torch import nn


# %%
class MyDropout(nn.Module):
    def __init__(self, p=0.4):
        super().__init__()
        self.p = p

    def forward(self, x):
        if not self.training:
            return x
        mask = (torch.rand_like(x) > self.p).float()
        return x * mask / (1 - self.p)


layer = MyDropout()
print("train", layer(torch.ones(10)))
print("eval ", layer.eval()(torch.ones(10)))


# %%
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.conv3 = nn.Conv2d(64, 64, 5, padding=2)
        self.pool1, self.pool2, self.pool3 = nn.MaxPool2d(2), nn.MaxPool2d(2), nn.MaxPool2d(2)
        self.fc4 = nn.Linear(1024, 1000)
        self.dropout = MyDropout()
        self.fc5 = nn.Linear(1000, 10)

    def forward(self, x):
        out = self.pool1(self.conv1(x).relu())
        out = self.pool2(self.conv2(out).relu())
        out = self.pool3(self.conv3(out).relu())
        out = self.fc4(out.flatten(start_dim=1)).relu()
        out = self.dropout(out)
        return self.fc5(out)


# %%
to_tensor = transforms.ToTensor()
trainset = torchvision.datasets.CIFAR10(root="./data", train=True, download=True, transform=to_tensor)
testset = torchvision.datasets.CIFAR10(root="./data", train=False, download=True, transform=to_tensor)
trainloader = torch.utils.data.DataLoader(trainset, batch_size=128, shuffle=True)
testloader = torch.utils.data.DataLoader(testset, batch_size=128, shuffle=False)

net = Net()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)


def accuracy(loader):
    net.eval()
    correct = 0
    with torch.no_grad():
        for x, y in loader:
            correct += (net(x).argmax(1) == y).sum()
    return correct.item() / len(loader.dataset)


acc = []
for epoch in range(12):
    net.train()
    for x, y in trainloader:
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
    acc.append(accuracy(testloader))
    print(epoch + 1, loss.item(), acc[-1])

# %%
plt.plot(acc)
plt.show()
