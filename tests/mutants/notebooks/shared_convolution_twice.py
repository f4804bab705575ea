# %%
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader
from torchvision import datasets, transforms
import matplotlib.pyplot as plt


# %%
class LeNetLike(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.ModuleDict(
            {
                "1": nn.Conv2d(3, 32, 5, padding=(2, 2)),
                "2": nn.Conv2d(32, 64, 5, padding=(2, 2)),
                "3": nn.Conv2d(64, 64, 5, padding=(2, 2)),
            }
        )
        self.fc = nn.ModuleDict({"4": nn.Linear(1024, 1000), "5": nn.Linear(1000, 10)})

    def forward(self, x):
        for k in "123":
            x = F.max_pool2d(F.relu(self.conv[k](x)), 2)
        x = F.relu(self.conv["3"](x))
        x = x.view(x.shape[0], -1)
        x = F.relu(self.fc["4"](x))
        return self.fc["5"](x)


# %%
train = DataLoader(datasets.CIFAR10("data", True, transforms.ToTensor(), download=True), 128, shuffle=True)
test = DataLoader(datasets.CIFAR10("data", False, transforms.ToTensor(), download=True), 128)
net = LeNetLike()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
losses = []

for epoch in range(5):
    net.train()
    for images, labels in train:

        def closure():
            optimizer.zero_grad()
            loss = F.cross_entropy(net(images), labels)
            loss.backward()
            return loss

        losses.append(optimizer.step(closure).item())
    print(f"epoch {epoch + 1}: {sum(losses[-len(train) :]) / len(train):.4f}")

# %%
net.eval()
with torch.no_grad():
    n = sum((net(images).argmax(1) == labels).sum().item() for images, labels in test)
print(
    f"{n} of {len(test.dataset)} test images are classified correctly ({100 * n / len(test.dataset):.1f} %)"
)

plt.plot(losses, ",")
plt.ylim(0, 2.5)
plt.show()
