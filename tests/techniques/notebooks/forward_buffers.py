# %% [markdown]
# ## The network normalises its own input
# With the statistics stored as buffers, the saved model can be fed any image in [0, 1].

# %%
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader
from torchvision import datasets, transforms
import matplotlib.pyplot as plt

torch.manual_seed(42)
to_tensor = transforms.ToTensor()
train_dl = DataLoader(
    datasets.CIFAR10("data", train=True, download=True, transform=to_tensor), batch_size=128, shuffle=True
)
test_dl = DataLoader(
    datasets.CIFAR10("data", train=False, download=True, transform=to_tensor), batch_size=512
)


# %%
class SelfNormalisingCNN(nn.Module):
    def __init__(self, p_drop=0.5):
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.491, 0.482, 0.447]).reshape(3, 1, 1))
        self.register_buffer("std", torch.tensor([0.202, 0.199, 0.201]).reshape(3, 1, 1))
        self.p_drop = p_drop
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.conv3 = nn.Conv2d(64, 64, 5, padding=2)
        self.fc4 = nn.Linear(64 * 4 * 4, 1000)
        self.fc5 = nn.Linear(1000, 10)

    def forward(self, x):
        x = (x - self.mean) / self.std
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.max_pool2d(F.relu(self.conv3(x)), 2)
        x = F.relu(self.fc4(x.flatten(1)))
        x = F.dropout(x, self.p_drop, self.training)
        return self.fc5(x)


model = SelfNormalisingCNN()
opt = torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=1e-4)


# %%
def evaluate(dl):
    model.eval()
    correct = count = 0
    with torch.no_grad():
        for xb, yb in dl:
            correct += (model(xb).argmax(1) == yb).sum().item()
            count += len(yb)
    return correct / count


best = 0
accuracies = []
for epoch in range(35):
    model.train()
    for xb, yb in train_dl:
        loss = F.cross_entropy(model(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
    accuracies.append(evaluate(test_dl))
    if accuracies[-1] > best:
        best = accuracies[-1]
        torch.save(model.state_dict(), "best.pt")
    print(f"epoch {epoch + 1}: loss {loss.item():.3f}, test {accuracies[-1]:.2%} (best {best:.2%})")

# %%
plt.plot(accuracies, marker=".")
plt.title(f"best test accuracy: {best:.2%}")
plt.show()
