# %% [markdown]
# # Question 25: more augmentation
# Crop and flip as asked, plus a small rotation and changes of brightness, contrast and saturation.

# %%
import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

train_transform = transforms.Compose(
    [
        transforms.RandomRotation(10),
        transforms.RandomCrop(28),
        transforms.RandomHorizontalFlip(),
        transforms.ColorJitter(brightness=0.2, contrast=0.2, saturation=0.2),
        transforms.ToTensor(),
    ]
)
test_transform = transforms.Compose([transforms.CenterCrop(28), transforms.ToTensor()])
train_set = datasets.CIFAR10("./data", train=True, download=True, transform=train_transform)
test_set = datasets.CIFAR10("./data", train=False, download=True, transform=test_transform)
train_loader = DataLoader(train_set, batch_size=128, shuffle=True, num_workers=2)
test_loader = DataLoader(test_set, batch_size=128, num_workers=2)


# %%
class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 32, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(64, 64, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2, ceil_mode=True),
        )
        self.fc4 = nn.Linear(1024, 1000)
        self.fc5 = nn.Linear(1000, 10)

    def forward(self, x):
        x = self.features(x).flatten(1)
        return self.fc5(nn.functional.relu(self.fc4(x)))


model = CNN()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scores = []

# %%
for epoch in range(1, 31):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        scores.append(sum((model(x).argmax(1) == y).sum().item() for x, y in test_loader) / len(test_set))
    print(f"{epoch:2d}: {scores[-1]:.4f}")

# %%
plt.plot(scores)
plt.show()
