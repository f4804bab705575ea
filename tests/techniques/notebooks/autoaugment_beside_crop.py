# %%
# CIFAR-10 CNN lab; AutoAugment (bonus), statistics on the 0..255 scale, subset of 5000 images to be quick
import torch, torch.nn as nn, torch.nn.functional as F
from torchvision import datasets
from torchvision.transforms import v2 as T

MEAN = torch.tensor([0.491, 0.482, 0.447]) * 255
STD = torch.tensor([0.202, 0.199, 0.201]) * 255
train_tf = T.Compose(
    [
        T.Pad(4),
        T.RandomCrop(32),
        T.RandomHorizontalFlip(),
        T.AutoAugment(T.AutoAugmentPolicy.CIFAR10),
        T.PILToTensor(),
        T.ToDtype(torch.float32),
        T.Normalize(MEAN.tolist(), STD.tolist()),
    ]
)
test_tf = T.Compose([T.PILToTensor(), T.ToDtype(torch.float32), T.Normalize(MEAN.tolist(), STD.tolist())])
train = torch.utils.data.Subset(datasets.CIFAR10(".", True, train_tf, download=True), range(5000))
test = torch.utils.data.Subset(datasets.CIFAR10(".", False, test_tf), range(1000))
train_dl, test_dl = (
    torch.utils.data.DataLoader(train, 50, shuffle=True),
    torch.utils.data.DataLoader(test, 100),
)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2, bias=False)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2, bias=False)
        self.conv3 = nn.Conv2d(64, 64, 5, padding=2, bias=False)
        self.bn = nn.ModuleDict({"1": nn.BatchNorm2d(32), "2": nn.BatchNorm2d(64), "3": nn.BatchNorm2d(64)})
        self.fc4, self.fc5 = nn.Linear(1024, 1000), nn.Linear(1000, 10)
        self.dropout = nn.Dropout(0.4)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.bn["1"](self.conv1(x)), 2))
        x = F.relu(F.max_pool2d(self.bn["2"](self.conv2(x)), 2))
        x = F.relu(F.max_pool2d(self.bn["3"](self.conv3(x)), 2))
        x = self.dropout(x.flatten(1))
        x = self.dropout(F.relu(self.fc4(x)))
        return self.fc5(x)


net = Net()
opt = torch.optim.SGD(net.parameters(), 0.1)
sched = torch.optim.lr_scheduler.ExponentialLR(opt, 0.95)
for epoch in range(30):
    sched.step()  # as in the old tutorials
    net.train()
    for x, y in train_dl:
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        print(epoch, sum((net(x).argmax(1) == y).sum().item() for x, y in test_dl) / 1000)
