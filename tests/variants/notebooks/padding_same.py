# %%
import torch, torchvision
import torch.nn as nn
from torchvision.transforms import ToTensor
import matplotlib.pyplot as plt

torch.manual_seed(42)

# %%
trainset = torchvision.datasets.CIFAR10("/tmp/data", train=True, transform=ToTensor(), download=True)
testset = torchvision.datasets.CIFAR10("/tmp/data", train=False, transform=ToTensor())
train_dl = torch.utils.data.DataLoader(trainset, batch_size=128, shuffle=True, drop_last=True)
test_dl = torch.utils.data.DataLoader(testset, batch_size=128)


# %%
class MyCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.block1 = self._block(3, 32)
        self.block2 = self._block(32, 64)
        self.block3 = self._block(64, 64)
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(1024, 1000), nn.ReLU(), nn.Linear(1000, 10))

    @staticmethod
    def _block(cin, cout):
        return nn.Sequential(
            nn.Conv2d(cin, cout, (5, 5), padding="same"), nn.ReLU(), nn.MaxPool2d((2, 2), (2, 2))
        )

    def forward(self, img):
        return self.head(self.block3(self.block2(self.block1(img))))


# %%
model = MyCNN()
optimizer = torch.optim.SGD(model.parameters(), lr=1e-1)
loss_function = nn.CrossEntropyLoss()


def train_one_epoch():
    model.train()
    for images, labels in train_dl:
        pred = model(images)
        loss = loss_function(pred, labels)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return loss.item()


def test():
    model.eval()
    n_ok = 0
    with torch.no_grad():
        for images, labels in test_dl:
            n_ok += torch.sum(model(images).argmax(dim=-1) == labels)
    return n_ok.item() / len(testset)


# %%
train_losses, test_accs = [], []
for epoch in range(20):
    train_losses += [train_one_epoch()]
    test_accs += [test()]
    print(f"Epoch {epoch:2d} | last batch loss {train_losses[-1]:.3f} | acc {test_accs[-1]:.2%}")

# %%
plt.plot(test_accs)
plt.grid()
plt.show()
