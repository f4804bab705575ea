# %%
import torch, torchvision
from torch import nn
from torchvision import transforms as T


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.conv3 = nn.Conv2d(64, 64, 5, padding=2)
        self.fc4 = nn.Linear(1024, 1000)
        self.fc5 = nn.Linear(1000, 10)

    def forward(self, x):
        x = torch.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = torch.max_pool2d(torch.relu(self.conv2(x)), 2)
        x = torch.max_pool2d(torch.relu(self.conv3(x)), 2)
        return self.fc5(torch.relu(self.fc4(x.reshape(-1, 64 * 4 * 4))))


tf = T.Compose(
    [
        T.PILToTensor(),
        T.ConvertImageDtype(torch.float),
        T.Normalize((0.491, 0.482, 0.447), (0.202, 0.199, 0.201)),
    ]
)
dl = lambda train: torch.utils.data.DataLoader(
    torchvision.datasets.CIFAR10("data", train, tf, download=True), 128, shuffle=train
)
net = torch.jit.script(Net().to(memory_format=torch.channels_last))
opt = torch.optim.SGD(net.parameters(), 0.1)
sch = torch.optim.lr_scheduler.StepLR(opt, 1, 0.95)
for ep in range(5):
    net.train()
    for x, y in dl(True):
        x = x.to(memory_format=torch.channels_last)
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
    sch.step()
    net.eval()
    with torch.no_grad():
        print(ep, sum((net(x).argmax(1) == y).sum().item() for x, y in dl(False)))
# %%
net.save("network.pt")
print(torch.jit.load("network.pt")(torch.zeros(1, 3, 32, 32)).shape)
