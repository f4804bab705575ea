# %% [markdown]
# SGD written out, with a decreasing step.

# %%
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

to_tensor = transforms.ToTensor()
train_data = datasets.CIFAR10("data", train=True, transform=to_tensor, download=True)
test_data = datasets.CIFAR10("data", train=False, transform=to_tensor, download=True)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = (nn.Conv2d(*n, 5, padding=2) for n in [(3, 32), (32, 64), (64, 64)])
        self.d, self.e = nn.Linear(1024, 1000), nn.Linear(1000, 10)
        self.pool = nn.MaxPool2d(2)

    def forward(self, x):
        for layer in (self.a, self.b, self.c):
            x = self.pool(layer(x).relu())
        return self.e(self.d(x.flatten(1)).relu())


net, step_size = Net(), 0.1

# %%
for epoch in range(10):
    net.train()
    for x, y in DataLoader(train_data, batch_size=128, shuffle=True):
        loss = nn.functional.cross_entropy(net(x), y)
        net.zero_grad()
        loss.backward()
        with torch.no_grad():
            for p in net.parameters():
                p -= step_size * p.grad
    step_size *= 0.95
    net.eval()
    with torch.no_grad():
        good = sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(test_data, 500))
    print(epoch, step_size, good / len(test_data))
