# %%
import torch
import torchvision
from torch import nn, Tensor
from torchvision.transforms import Compose, Normalize, ToTensor
import matplotlib.pyplot as plt


# %%
def conv_bn(cin: int, cout: int) -> nn.Sequential:
    # the bias would be removed by the batch norm that follows
    return nn.Sequential(
        nn.Conv2d(cin, cout, 5, padding=2, bias=False),
        nn.BatchNorm2d(cout),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
    )


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(conv_bn(3, 32), conv_bn(32, 64), conv_bn(64, 64))
        self.fc4 = nn.Linear(1024, 1000)
        self.drop = nn.Dropout(0.4)
        self.fc5 = nn.Linear(1000, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.body(x).flatten(1)
        x = self.fc4(x)
        x = self.drop(x)
        x = torch.relu(x)
        return self.fc5(x)


# %%
prep = Compose([ToTensor(), Normalize((0.491, 0.482, 0.447), (0.202, 0.199, 0.201))])
train_dl = torch.utils.data.DataLoader(
    torchvision.datasets.CIFAR10("data", train=True, transform=prep, download=True),
    batch_size=256,
    shuffle=True,
)
test_dl = torch.utils.data.DataLoader(
    torchvision.datasets.CIFAR10("data", train=False, transform=prep), batch_size=256
)
net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
ce = nn.CrossEntropyLoss()

# %%
test_accuracy = []
for epoch in range(15):
    net.train()
    for x, y in train_dl:
        opt.zero_grad()
        ce(net(x), y).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        right = sum(int((net(x).argmax(1) == y).sum()) for x, y in test_dl)
    test_accuracy.append(right / len(test_dl.dataset))
    print(epoch, test_accuracy[-1])

plt.plot(test_accuracy)
plt.show()
