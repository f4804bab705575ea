# %% [markdown]
# # Mirrored images
# I only tried the horizontal flip: the crop would have changed the size of the images.

# %%
import torch
import torchvision.transforms as transforms
from torch import nn
from torchvision.datasets import CIFAR10

train_tf = transforms.Compose([transforms.RandomHorizontalFlip(), transforms.ToTensor()])
test_tf = transforms.ToTensor()
train_loader = torch.utils.data.DataLoader(
    CIFAR10("data", train=True, download=True, transform=train_tf), batch_size=128, shuffle=True
)
test_loader = torch.utils.data.DataLoader(
    CIFAR10("data", train=False, download=True, transform=test_tf), batch_size=128
)

# %%
model = nn.Sequential(
    nn.Conv2d(3, 32, 5, padding=2),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(32, 64, 5, padding=2),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(64, 64, 5, padding=2),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(1024, 1000),
    nn.ReLU(),
    nn.Linear(1000, 10),
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

# %%
for epoch in range(10):
    model.train()
    for images, labels in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
    model.eval()
    correct = 0
    with torch.no_grad():
        for images, labels in test_loader:
            correct += (model(images).argmax(1) == labels).sum().item()
    print(f"epoch {epoch + 1}: loss {loss.item():.3f}, {correct} test images right")
