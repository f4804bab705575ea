# %%
import torch
import torch.nn as nn
import torch.nn.functional as F
from torchvision import datasets, transforms

train_loader = torch.utils.data.DataLoader(
    datasets.CIFAR10("./data", train=True, download=True, transform=transforms.ToTensor()),
    batch_size=128,
    shuffle=True,
)
test_loader = torch.utils.data.DataLoader(
    datasets.CIFAR10("./data", train=False, transform=transforms.ToTensor()), batch_size=1000
)


# %%
class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.conv3 = nn.Conv2d(64, 64, 5, padding=2)
        self.fc4 = nn.Linear(1024, 1000)
        self.fc5 = nn.Linear(1000, 10)

    def forward(self, x):
        for conv in (self.conv1, self.conv2, self.conv3):
            x = F.max_pool2d(F.relu(conv(x)), kernel_size=2, stride=2)
        x = x.reshape(x.shape[0], 1024)
        return self.fc5(F.relu(self.fc4(x)))


def train_epoch(model, lr):
    # plain SGD keeps no state, so a new optimizer for every epoch loses nothing
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    return loss.item()


def test_accuracy(model):
    model.eval()
    correct, total = 0, 0
    with torch.no_grad():
        for x, y in test_loader:
            correct += (model(x).argmax(1) == y).sum().item()
            total += y.numel()
    return correct / total


# %%
model = ConvNet()
lr = 0.1
accuracies = []
for epoch in range(1, 21):
    last_loss = train_epoch(model, lr)
    accuracies.append(test_accuracy(model))
    print(f"epoch {epoch}, learning rate {lr:.4f}: last loss {last_loss:.3f}, test {accuracies[-1]:.3f}")
    lr = 0.95 * lr

# %%
print("best:", max(accuracies), "at epoch", 1 + accuracies.index(max(accuracies)))
