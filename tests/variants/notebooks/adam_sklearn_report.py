# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
import torch.nn as nn
from sklearn.metrics import ConfusionMatrixDisplay, classification_report
from torchvision import datasets, transforms

# %%
tf = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))])
train_data = datasets.CIFAR10("data", train=True, download=True, transform=tf)
test_data = datasets.CIFAR10("data", train=False, download=True, transform=tf)
train_loader = torch.utils.data.DataLoader(train_data, batch_size=64, shuffle=True)
test_loader = torch.utils.data.DataLoader(test_data, batch_size=64, shuffle=False)


# %%
class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.conv3 = nn.Conv2d(64, 64, 5, padding=2)
        self.linear1 = nn.Linear(1024, 1000)
        self.linear2 = nn.Linear(1000, 10)

    def forward(self, x):
        x = nn.ReLU()(self.conv1(x))
        x = nn.MaxPool2d(2)(x)
        x = nn.ReLU()(self.conv2(x))
        x = nn.MaxPool2d(2)(x)
        x = nn.ReLU()(self.conv3(x))
        x = nn.MaxPool2d(2)(x)
        x = torch.flatten(x, 1)
        x = nn.ReLU()(self.linear1(x))
        return self.linear2(x)


model = CNN()

# %%
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()
records = []
for epoch in range(6):
    model.train()
    for step, (images, labels) in enumerate(train_loader):
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
        records.append({"epoch": epoch, "step": step, "loss": loss.item()})
    print(f"epoch {epoch} done, loss {loss.item():.3f}")

df = pd.DataFrame(records)
df["smooth"] = df["loss"].rolling(50, min_periods=1).mean()
df.plot(y=["loss", "smooth"])
plt.show()
print(df.groupby("epoch")["loss"].describe())

# %%
model.eval()
y_true, y_pred = [], []
with torch.no_grad():
    for images, labels in test_loader:
        y_pred.extend(model(images).argmax(1).tolist())
        y_true.extend(labels.tolist())
print("accuracy:", np.mean(np.array(y_true) == np.array(y_pred)))
print(
    classification_report(y_true, y_pred, labels=range(10), target_names=test_data.classes, zero_division=0)
)
ConfusionMatrixDisplay.from_predictions(y_true, y_pred, labels=range(10))
plt.show()
