# %% [markdown]
# # Lab 2
# I keep 10 % of the training images for validation; the test images are used once, at the end.

# %%
import copy

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, random_split
from torchvision import datasets, transforms
import matplotlib.pyplot as plt

full = datasets.CIFAR10("./data", train=True, download=True, transform=transforms.ToTensor())
test_set = datasets.CIFAR10("./data", train=False, download=True, transform=transforms.ToTensor())
n_val = len(full) // 10
train_set, val_set = random_split(
    full, [len(full) - n_val, n_val], generator=torch.Generator().manual_seed(0)
)
train_loader = DataLoader(train_set, batch_size=128, shuffle=True)
val_loader = DataLoader(val_set, batch_size=256)
test_loader = DataLoader(test_set, batch_size=256)
print(len(train_set), len(val_set), len(test_set))


# %%
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.pool1 = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.pool2 = nn.MaxPool2d(2, 2)
        self.conv3 = nn.Conv2d(64, 64, 5, padding=2)
        self.fc4 = nn.Linear(4096, 1000)
        self.fc5 = nn.Linear(1000, 10)

    def forward(self, x):
        x = self.pool1(nn.functional.relu(self.conv1(x)))
        x = self.pool2(nn.functional.relu(self.conv2(x)))
        x = nn.functional.relu(self.conv3(x))
        x = torch.flatten(x, 1)
        x = nn.functional.relu(self.fc4(x))
        return self.fc5(x)


# %%
def evaluate(model, loader):
    model.eval()
    correct, n = 0, 0
    with torch.no_grad():
        for x, y in loader:
            correct += (model(x).argmax(1) == y).sum().item()
            n += len(y)
    return correct / n


model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
criterion = nn.CrossEntropyLoss()
best_acc, best_state, patience = 0.0, copy.deepcopy(model.state_dict()), 0
val_curve = []

for epoch in range(40):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    val_curve.append(evaluate(model, val_loader))
    print(f"epoch {epoch}: validation accuracy {val_curve[-1]:.4f}")
    if val_curve[-1] > best_acc:
        best_acc, best_state, patience = val_curve[-1], copy.deepcopy(model.state_dict()), 0
    else:
        patience += 1
    if patience == 10:
        print("early stopping")
        break

# %%
model.load_state_dict(best_state)
print(f"test accuracy of the best model: {evaluate(model, test_loader):.4f}")
plt.plot(val_curve)
plt.ylabel("validation accuracy")
plt.show()
