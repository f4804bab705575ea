# %% [markdown]
# # CIFAR-10 with a small CNN
# I add the zeros myself because I wanted to understand what `padding` does.

# %%
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from torchvision.datasets import CIFAR10
from torchvision.transforms import ToTensor
import matplotlib.pyplot as plt

# %%
loader_train = DataLoader(CIFAR10("./data", True, ToTensor(), download=True), batch_size=128, shuffle=True)
loader_test = DataLoader(CIFAR10("./data", False, ToTensor(), download=True), batch_size=250)


# %%
class PaddedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.frame = nn.ZeroPad2d(2)
        self.conv_a = nn.Conv2d(3, 32, 5)
        self.conv_b = nn.Conv2d(32, 64, 5)
        self.conv_c = nn.Conv2d(64, 64, 5)
        self.dense = nn.Linear(1024, 1000)
        self.scores = nn.Linear(1000, 10)

    def forward(self, x):
        h = self.conv_a(self.frame(x))  # 32 -> 36 -> 32
        h = F.max_pool2d(h.relu(), kernel_size=2)
        h = self.conv_b(self.frame(h))  # 16 -> 20 -> 16
        h = F.max_pool2d(h.relu(), kernel_size=2)
        h = F.pad(h, (2, 2, 2, 2))  # the same with the function
        h = F.max_pool2d(self.conv_c(h).relu(), kernel_size=2)
        h = self.dense(h.flatten(1)).relu()
        return self.scores(h)


# %%
net = PaddedNet()
sgd = torch.optim.SGD(net.parameters(), lr=0.1)
train_curve, test_curve = [], []

for epoch in range(10):
    net.train()
    total = 0.0
    for images, labels in loader_train:
        sgd.zero_grad()
        loss = F.cross_entropy(net(images), labels)
        loss.backward()
        sgd.step()
        total += loss.item()
    train_curve.append(total / len(loader_train))

    net.eval()
    with torch.no_grad():
        results = [(net(images).argmax(1) == labels).float().mean() for images, labels in loader_test]
    test_curve.append(torch.stack(results).mean().item())
    print(f"{epoch}: {train_curve[-1]:.3f} {test_curve[-1]:.3f}")

# %%
plt.subplot(2, 1, 1)
plt.plot(train_curve)
plt.subplot(2, 1, 2)
plt.plot(test_curve)
plt.show()
