# %%
import torch
import torch.nn as nn
import torchvision
import torchvision.transforms as transforms
from tqdm import tqdm
import matplotlib.pyplot as plt

use_cuda = torch.cuda.is_available()
device = torch.device("cuda" if use_cuda else "cpu")
if use_cuda:
    torch.backends.cudnn.benchmark = True

train_set = torchvision.datasets.CIFAR10("./data", train=True, download=True, transform=transforms.ToTensor())
test_set = torchvision.datasets.CIFAR10("./data", train=False, download=True, transform=transforms.ToTensor())
train_loader = torch.utils.data.DataLoader(train_set, 256, shuffle=True, num_workers=4, pin_memory=use_cuda)
test_loader = torch.utils.data.DataLoader(test_set, 256, shuffle=False, num_workers=4, pin_memory=use_cuda)


# %%
class CNN(nn.Module):
    def __init__(self, num_classes: int = 10):
        super().__init__()
        self.features = nn.Sequential(*self._make(3, 32), *self._make(32, 64), *self._make(64, 64))
        self.flatten = nn.Flatten()
        self.fc = nn.Sequential(nn.Linear(1024, 1000), nn.ReLU(inplace=True), nn.Linear(1000, num_classes))

    def _make(self, i, o):
        yield nn.Conv2d(i, o, kernel_size=5, padding=2)
        yield nn.ReLU(inplace=True)
        yield nn.MaxPool2d(3, stride=2, padding=1)

    def forward(self, x):
        return self.fc(self.flatten(self.features(x)))


model = CNN().to(device)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
criterion = nn.CrossEntropyLoss()
scaler = torch.amp.GradScaler("cuda", enabled=use_cuda)

# %%
EPOCHS = 20
hist = []
for epoch in range(EPOCHS):
    model.train()
    progress = tqdm(train_loader, desc=f"epoch {epoch + 1}/{EPOCHS}")
    for x, y in progress:
        x = x.to(device, non_blocking=True)
        y = y.to(device, non_blocking=True)
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device_type=device.type, enabled=use_cuda):
            loss = criterion(model(x), y)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        progress.set_postfix(loss=loss.item())

    model.eval()
    ok = 0
    with torch.no_grad(), torch.autocast(device_type=device.type, enabled=use_cuda):
        for x, y in test_loader:
            ok += (model(x.to(device)).argmax(1) == y.to(device)).sum().item()
    hist.append(ok / len(test_set))
    print(f"test accuracy {hist[-1]:.4f}")

# %%
plt.plot(range(1, EPOCHS + 1), hist)
plt.show()
