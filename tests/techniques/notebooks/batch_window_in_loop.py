# %%
# Augmentation on whole batches, inside the training loop: one window and one coin flip per batch.
import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision
from torchvision.transforms.functional import center_crop
import matplotlib.pyplot as plt

g = torch.Generator().manual_seed(0)


def random_window(x, size=28):
    h, w = x.shape[-2:]
    i = int(torch.randint(h - size + 1, (1,), generator=g))
    j = int(torch.randint(w - size + 1, (1,), generator=g))
    return x[:, :, i : i + size, j : j + size]


def maybe_mirror(x, p=0.5):
    if torch.rand(1, generator=g).item() < p:
        return torch.flip(x, dims=[3])
    return x


# %%
ds = torchvision.datasets.CIFAR10
t = torchvision.transforms.ToTensor()
train_loader = torch.utils.data.DataLoader(ds("data", True, t, download=True), batch_size=64, shuffle=True)
test_loader = torch.utils.data.DataLoader(ds("data", False, t, download=True), batch_size=250)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.ModuleList([nn.Conv2d(3, 32, 5, padding=2), nn.Conv2d(32, 64, 5, padding=2)])
        self.last_conv = nn.Conv2d(64, 64, 5, padding=2)
        self.fc4 = nn.Linear(1024, 1000)
        self.fc5 = nn.Linear(1000, 10)

    def forward(self, x):
        for layer in self.conv:
            x = F.max_pool2d(F.relu(layer(x)), 2)
        x = F.max_pool2d(F.relu(self.last_conv(x)), 2, ceil_mode=True)  # 7 -> 4
        return self.fc5(F.relu(self.fc4(x.flatten(1))))


net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

# %%
test_errors = []
for epoch in range(20):
    net.train()
    for x, y in train_loader:
        x = maybe_mirror(random_window(x))
        loss = F.cross_entropy(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    net.eval()
    wrong = n = 0
    with torch.no_grad():
        for x, y in test_loader:
            scores = net(center_crop(x, [28, 28]))
            wrong += (scores.argmax(1) != y).sum().item()
            n += len(y)
    test_errors.append(100 * wrong / n)
    print(f"epoch {epoch}: loss {loss:.3f}, test error {test_errors[-1]:.1f} %")

# %%
plt.plot(test_errors)
plt.ylabel("test error (%)")
plt.show()
