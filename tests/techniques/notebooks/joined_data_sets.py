# %% [markdown]
# # Data augmentation
# The training set twice, each copy cropped and flipped differently every time.

# %%
import torch
import torch.nn as nn
from torch.utils.data import ConcatDataset, DataLoader
from torchvision import datasets
from torchvision.transforms import v2

augment = v2.Compose([
    v2.ToImage(), v2.RandomCrop(32, padding=4), v2.RandomHorizontalFlip(), v2.ToDtype(torch.float32, scale=True)
])  # fmt: skip
plain = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])
copies = [datasets.CIFAR10("data", train=True, download=True, transform=augment) for _ in range(2)]
trainset = ConcatDataset(copies)
testset = datasets.CIFAR10("data", train=False, download=True, transform=plain)
train_loader = DataLoader(trainset, batch_size=100, shuffle=True, num_workers=4, persistent_workers=True)
test_loader = DataLoader(testset, batch_size=100)


# %%
class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2, self.conv3 = (
            nn.Conv2d(i, o, 5, padding="same") for i, o in [(3, 32), (32, 64), (64, 64)]
        )
        self.pool = nn.MaxPool2d(2, 2)
        self.fc4, self.fc5 = nn.Linear(1024, 1000), nn.Linear(1000, 10)

    def forward(self, x):
        for conv in (self.conv1, self.conv2, self.conv3):
            x = self.pool(torch.relu(conv(x)))
        return self.fc5(torch.relu(self.fc4(x.reshape(-1, 1024))))


model, best = CNN(), 0.0
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(3):
    model.train()
    for images, labels in train_loader:
        loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    model.eval()
    with torch.no_grad():
        hits = sum(int((model(images).argmax(1) == labels).sum()) for images, labels in test_loader)
    best = max(best, hits / len(testset))
    print(f"epoch {epoch}: {hits / len(testset):.3f} (best {best:.3f})")
