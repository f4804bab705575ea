# %% [markdown]
# # CIFAR-10: the base network
# Part 3 asks for standardisation, augmentation (RandomCrop, RandomHorizontalFlip, CenterCrop), a schedule
# (ExponentialLR, 0.95), dropout and batch normalisation. We had no time left to run them; here is what we would do.

# %%
import torch
import torch.nn as nn
import torchvision
import torchvision.transforms as transforms

# mean = (0.491, 0.482, 0.447)
# std = (0.202, 0.199, 0.201)
# transform_train = transforms.Compose([transforms.RandomCrop(28), transforms.RandomHorizontalFlip(),
#                                       transforms.ToTensor(), transforms.Normalize(mean, std)])
# transform_test = transforms.Compose([transforms.CenterCrop(28), transforms.ToTensor(),
#                                      transforms.Normalize(mean, std)])
transform_train = transforms.ToTensor()
transform_test = transforms.ToTensor()

trainset = torchvision.datasets.CIFAR10("./data", train=True, download=True, transform=transform_train)
testset = torchvision.datasets.CIFAR10("./data", train=False, download=True, transform=transform_test)
trainloader = torch.utils.data.DataLoader(trainset, batch_size=128, shuffle=True)
testloader = torch.utils.data.DataLoader(testset, batch_size=128)


# %%
class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        # self.bn1 = nn.BatchNorm2d(32)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        # self.bn2 = nn.BatchNorm2d(64)
        self.conv3 = nn.Conv2d(64, 64, 5, padding=2)
        # self.bn3 = nn.BatchNorm2d(64)
        self.pool = nn.MaxPool2d(2)  # , ceil_mode=True)
        self.relu = nn.ReLU()
        self.fc4 = nn.Linear(1024, 1000)
        # self.dropout = nn.Dropout(0.5)
        self.fc5 = nn.Linear(1000, 10)

    def forward(self, x):
        # x = self.pool(self.relu(self.bn1(self.conv1(x))))
        x = self.pool(self.relu(self.conv1(x)))
        x = self.pool(self.relu(self.conv2(x)))
        x = self.pool(self.relu(self.conv3(x)))
        x = self.relu(self.fc4(x.flatten(1)))
        # x = self.dropout(x)
        return self.fc5(x)


def improved_network():
    return nn.Sequential(
        nn.Conv2d(3, 32, 5, padding=2), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 5, padding=2), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(64, 64, 5, padding=2), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True),
        nn.Flatten(), nn.Linear(1024, 1000), nn.ReLU(), nn.Dropout(0.5), nn.Linear(1000, 10),
    )  # fmt: skip


def with_schedule(optimizer):
    return torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.95)


# %%
model = ConvNet()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
# scheduler = with_schedule(optimizer)
for epoch in range(10):
    model.train()
    for x, y in trainloader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    # scheduler.step()
    model.eval()
    with torch.no_grad():
        correct = sum((model(x).argmax(1) == y).sum().item() for x, y in testloader)
    print(f"epoch {epoch + 1}: loss {loss.item():.3f}, test {100 * correct / len(testset):.2f} %")
