# %%
import torch as t
import torchvision as tv
from matplotlib import pyplot as plt

nn = t.nn


def relu(z):
    return z.clamp(min=0)


# %%
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2, self.conv3 = (
            nn.Conv2d(a, b, 5, padding=2) for a, b in ((3, 32), (32, 64), (64, 64))
        )
        self.fc1 = nn.Linear(1024, 1000)
        self.fc2 = nn.Linear(1000, 10)

    def forward(self, x):
        p = nn.functional.max_pool2d
        x = p(relu(self.conv1(x)), 2)
        x = p(relu(self.conv2(x)), 2)
        x = p(relu(self.conv3(x)), 2)
        x = relu(self.fc1(x.view(-1, 64 * 4 * 4)))
        return relu(self.fc2(x))


# %%
tt = tv.transforms.ToTensor()
tr = t.utils.data.DataLoader(tv.datasets.CIFAR10("d", True, tt, download=True), 128, True)
te = t.utils.data.DataLoader(tv.datasets.CIFAR10("d", False, tt, download=True), 128)
net = Net()
opt = t.optim.SGD(net.parameters(), lr=0.1)
crit = nn.CrossEntropyLoss()
accs = []


# %%
def test_acc():
    net.eval()
    ok = n = 0
    for x, y in te:
        with t.no_grad():
            ok += (net(x).max(1).indices == y).sum().item()
        n += y.shape[0]
    net.train()
    return ok / n


for e in range(3):
    for x, y in tr:
        net.zero_grad()
        loss = crit(net(x), y)
        loss.backward()
        opt.step()
    accs.append(test_acc())
    print(e, loss.item(), accs[-1])

# %%
plt.bar(range(len(accs)), accs)
plt.show()
