# %% [markdown]
# # CIFAR-10, part 3: all the improvements at once
# normalisation, dropout, batch normalisation, exponential decay

# %%
import matplotlib.pyplot as plt
import torch
import torch.nn as nn
from torch.optim.lr_scheduler import ExponentialLR
from torchvision import datasets, transforms

normalize = transforms.Normalize(mean=[0.491, 0.482, 0.447], std=[0.202, 0.199, 0.201])
transform = transforms.Compose([transforms.ToTensor(), normalize])
train_set = datasets.CIFAR10("./datasets", train=True, transform=transform, download=True)
val_set = datasets.CIFAR10("./datasets", train=False, transform=transform, download=True)
train_loader = torch.utils.data.DataLoader(
    train_set, 128, shuffle=True, num_workers=2, pin_memory=torch.cuda.is_available()
)
val_loader = torch.utils.data.DataLoader(val_set, 128, shuffle=False, num_workers=2)


# %%
class ConvNetBN(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 32, (5, 5), stride=1, padding=2),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.MaxPool2d((2, 2), stride=2),
            nn.Conv2d(32, 64, (5, 5), stride=1, padding=2),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.MaxPool2d((2, 2), stride=2),
            nn.Conv2d(64, 64, (5, 5), stride=1, padding=2),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.MaxPool2d((2, 2), stride=2),
        )
        self.classifier = nn.Sequential(
            nn.Linear(1024, 1000),
            nn.ReLU(),
            nn.Dropout(p),
            nn.Linear(1000, 10),
        )

    def forward(self, x):
        x = self.features(x)
        x = x.view(x.size(0), -1)
        return self.classifier(x)


# %%
device = "cuda" if torch.cuda.is_available() else "cpu"
model = ConvNetBN().to(device)
print(sum(p.numel() for p in model.parameters()))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = ExponentialLR(optimizer, gamma=0.95)

# %%
train_acc, val_acc, rates = [], [], []
for epoch in range(50):
    model.train()
    correct = total = 0
    for x, y in train_loader:
        x, y = x.to(device), y.to(device)
        out = model(x)
        loss = criterion(out, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        correct += (out.argmax(1) == y).sum().item()
        total += len(x)
    rates.append(scheduler.get_last_lr()[0])
    scheduler.step()
    train_acc.append(correct / total)

    model.eval()
    correct = total = 0
    with torch.no_grad():
        for x, y in val_loader:
            out = model(x.to(device))
            correct += (out.argmax(1).cpu() == y).sum().item()
            total += len(x)
    val_acc.append(correct / total)
    print(f"epoch {epoch + 1:3d}  lr {rates[-1]:.4f}  train {train_acc[-1]:.4f}  val {val_acc[-1]:.4f}")

# %%
plt.plot(train_acc, label="train")
plt.plot(val_acc, label="test")
plt.legend()
plt.show()
plt.semilogy(rates)
plt.title("learning rate")
plt.show()
