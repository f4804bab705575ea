# %%
import torch
import torch.nn as nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms
import matplotlib.pyplot as plt

# A random 28 x 28 window, put back on a black 32 x 32 canvas so that the network needs no change.
augment = transforms.Compose(
    [
        transforms.RandomHorizontalFlip(),
        transforms.RandomCrop(28),
        transforms.Pad(2),
        transforms.ToTensor(),
    ]
)
no_augment = transforms.Compose([transforms.CenterCrop(28), transforms.Pad(2), transforms.ToTensor()])

train_data = datasets.CIFAR10(root="data", train=True, transform=augment, download=True)
test_data = datasets.CIFAR10(root="data", train=False, transform=no_augment, download=True)

# %%
fig, axes = plt.subplots(1, 6, figsize=(9, 2))
for ax in axes:
    ax.imshow(train_data[7][0].permute(1, 2, 0))  # the same picture, six times
    ax.axis("off")
plt.show()


# %%
class CifarCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.block1 = nn.Sequential(nn.Conv2d(3, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2))
        self.block2 = nn.Sequential(nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2))
        self.block3 = nn.Sequential(nn.Conv2d(64, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2))
        self.hidden = nn.Sequential(nn.Flatten(), nn.Linear(64 * 4 * 4, 1000), nn.ReLU())
        self.out = nn.Linear(1000, 10)

    def forward(self, x):
        return self.out(self.hidden(self.block3(self.block2(self.block1(x)))))


device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model = CifarCNN().to(device)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
loss_fn = nn.CrossEntropyLoss()

# %%
train_loader = DataLoader(train_data, batch_size=128, shuffle=True, num_workers=4, persistent_workers=True)
test_loader = DataLoader(test_data, batch_size=256, num_workers=4)
train_curve, test_curve = [], []

for epoch in range(30):
    model.train()
    seen = correct = 0
    for X, y in train_loader:
        X, y = X.to(device), y.to(device)
        pred = model(X)
        loss = loss_fn(pred, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seen += len(X)
        correct += (pred.argmax(1) == y).type(torch.float).sum().item()
    train_curve.append(correct / seen)

    model.eval()
    seen = correct = 0
    with torch.no_grad():
        for X, y in test_loader:
            X, y = X.to(device), y.to(device)
            correct += (model(X).argmax(1) == y).type(torch.float).sum().item()
            seen += len(X)
    test_curve.append(correct / seen)
    print(f"Epoch {epoch + 1}\n  train {train_curve[-1]:>0.3f}  test {test_curve[-1]:>0.3f}")

# %%
plt.plot(train_curve, label="train")
plt.plot(test_curve, label="test")
plt.legend()
plt.show()
