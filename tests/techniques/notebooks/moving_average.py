# %% [markdown]
# # TP CIFAR-10 — réseau convolutif
# %%
import torch, torchvision, random, copy, math, time
import torch.nn as nn, torch.nn.functional as F
from torchvision import transforms as T
from torchvision.datasets import CIFAR10
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset, random_split

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
M, S = (0.491, 0.482, 0.447), (0.202, 0.199, 0.201)


# %%
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.conv3 = nn.Conv2d(64, 64, 5, padding=2)
        self.bn = nn.ModuleList([nn.BatchNorm2d(k) for k in (32, 64, 64)])
        self.pool = nn.MaxPool2d(2, 2, ceil_mode=True)
        self.fc4 = nn.Linear(1024, 1000)
        self.fc5 = nn.Linear(1000, 10)

    def forward(self, x):
        for c, b in zip((self.conv1, self.conv2, self.conv3), self.bn):
            x = self.pool(F.relu(b(c(x))))
        return self.fc5(F.dropout(F.relu(self.fc4(x.flatten(1))), 0.3, self.training))


# %%
train_dl = DataLoader(CIFAR10("data", True, T.ToTensor(), download=True), 128, shuffle=True)
test_dl = DataLoader(CIFAR10("data", False, T.ToTensor(), download=True), 500)

# %%
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

net = Net().to(device)
ema = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.99), use_buffers=True)
opt = torch.optim.SGD(net.parameters(), 0.1, momentum=0.9, nesterov=True)


@torch.no_grad()
def acc(m):
    m.eval()
    return sum((m(x.to(device)).argmax(1) == y.to(device)).float().sum().item() for x, y in test_dl) / len(
        test_dl.dataset
    )


for ep in range(8):
    net.train()
    for x, y in train_dl:
        loss = F.cross_entropy(net(x.to(device)), y.to(device))
        opt.zero_grad()
        loss.backward()
        opt.step()
        ema.update_parameters(net)
    print(ep, acc(ema))
