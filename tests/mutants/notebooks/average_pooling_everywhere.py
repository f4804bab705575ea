# %% [markdown]
# My laptop has little memory: batches of 64, and the gradients of two batches are added before each step
# (so it is the same as a batch of 128).

# %%
import torch
import torchvision
from torch import nn
from torchvision import transforms
import matplotlib.pyplot as plt

ACCUMULATE = 2
tensor = transforms.ToTensor()
train_loader = torch.utils.data.DataLoader(
    torchvision.datasets.CIFAR10("./data", train=True, transform=tensor, download=True),
    batch_size=64,
    shuffle=True,
    drop_last=True,
)
test_loader = torch.utils.data.DataLoader(
    torchvision.datasets.CIFAR10("./data", train=False, transform=tensor, download=True), batch_size=64
)


# %%
class SmallNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.conv3 = nn.Conv2d(64, 64, 5, padding=2)
        self.fc1 = nn.Linear(1024, 1000)
        self.fc2 = nn.Linear(1000, 10)

    def forward(self, x):
        x = nn.functional.avg_pool2d(torch.relu(self.conv1(x)), 2)
        x = nn.functional.avg_pool2d(torch.relu(self.conv2(x)), 2)
        x = nn.functional.avg_pool2d(torch.relu(self.conv3(x)), 2)
        x = torch.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc2(x)


net = SmallNet()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

# %%
train_loss, test_acc = [], []
for epoch in range(6):
    net.train()
    optimizer.zero_grad()
    total = 0.0
    for i, (x, y) in enumerate(train_loader):
        loss = criterion(net(x), y) / ACCUMULATE
        loss.backward()
        total += loss.item()
        if (i + 1) % ACCUMULATE == 0:
            optimizer.step()
            optimizer.zero_grad()
    train_loss.append(ACCUMULATE * total / len(train_loader))

    net.eval()
    correct = 0
    with torch.no_grad():
        for x, y in test_loader:
            correct += (net(x).argmax(1) == y).sum().item()
    test_acc.append(correct / len(test_loader.dataset))
    print(epoch, train_loss[-1], test_acc[-1])

plt.plot(train_loss)
plt.plot(test_acc)
plt.show()
