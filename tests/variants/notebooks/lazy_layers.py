# %%
import torch
import torch.nn as nn
import torchvision
import torchvision.transforms as T
import matplotlib.pyplot as plt

data = lambda train: torchvision.datasets.CIFAR10("data", train=train, download=True, transform=T.ToTensor())
train_loader = torch.utils.data.DataLoader(data(True), batch_size=128, shuffle=True)
test_loader = torch.utils.data.DataLoader(data(False), batch_size=128)


# %%
# with lazy layers I do not have to compute the input sizes myself
class LazyNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(
            nn.LazyConv2d(32, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.LazyConv2d(64, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.LazyConv2d(64, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.fc4 = nn.LazyLinear(1000)
        self.fc5 = nn.LazyLinear(10)

    def forward(self, x):
        x = self.conv(x)
        x = x.reshape(x.shape[0], -1)
        return self.fc5(self.fc4(x).relu())


net = LazyNet()
first, _ = next(iter(train_loader))
print(net(first).shape)  # also creates the weights
print(sum(p.numel() for p in net.parameters()), "parameters")

# %%
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
criterion = nn.CrossEntropyLoss()
log = []
n_epochs = 6
for epoch in range(1, n_epochs + 1):
    net.train()
    for step, (x, y) in enumerate(train_loader):
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
        if step % 100 == 0:
            log.append(loss.item())
            print(f"epoch {epoch} step {step} loss {loss.item():.3f}")

# %%
net.eval()
correct = 0
with torch.no_grad():
    for x, y in test_loader:
        correct += (net(x).argmax(1) == y).sum().item()
print("Test accuracy: %.2f%%" % (100 * correct / len(test_loader.dataset)))
plt.plot(log)
plt.title("loss every 100 steps")
plt.show()
