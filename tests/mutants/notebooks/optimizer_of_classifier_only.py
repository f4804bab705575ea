# %% [markdown]
# # Practical work: ConvNets
# ## Data

# %%
import torch
import torch.nn as nn
import torchvision
import matplotlib.pyplot as plt

CLASSES = "plane car bird cat deer dog frog horse ship truck".split()


def loaders(batch_size):
    to_tensor = torchvision.transforms.ToTensor()
    sets = [
        torchvision.datasets.CIFAR10("./data", train=t, download=True, transform=to_tensor)
        for t in (True, False)
    ]
    return (
        torch.utils.data.DataLoader(sets[0], batch_size, shuffle=True),
        torch.utils.data.DataLoader(sets[1], batch_size, shuffle=False),
    )


# %% [markdown]
# ## Network: two parts that are not in one class

# %%
features = nn.Sequential()
inputs = 3
for number, outputs in enumerate([32, 64, 64], start=1):
    features.add_module(f"conv{number}", nn.Conv2d(inputs, outputs, 5, padding=2))
    features.add_module(f"relu{number}", nn.ReLU())
    features.add_module(f"pool{number}", nn.MaxPool2d(2))
    inputs = outputs

classifier = nn.Sequential()
classifier.add_module("fc4", nn.Linear(64 * 4 * 4, 1000))
classifier.add_module("relu4", nn.ReLU())
classifier.add_module("fc5", nn.Linear(1000, 10))


class TwoParts(nn.Module):
    def __init__(self, features, classifier):
        super().__init__()
        self.features = features
        self.classifier = classifier

    def extract(self, x):
        return self.features(x)

    def decide(self, f):
        return self.classifier(torch.flatten(f, start_dim=1))

    def forward(self, x):
        return self.decide(self.extract(x))


network = TwoParts(features, classifier)


def count(module):
    return sum(p.numel() for p in module.parameters())


print("features", count(features), "classifier", count(classifier), "total", count(network))


# %% [markdown]
# ## Training


# %%
def one_batch(x, y):
    scores = network(x)
    return nn.functional.cross_entropy(scores, y), (scores.argmax(1) == y).sum().item()


def fit(epochs, lr):
    optimizer = torch.optim.SGD(classifier.parameters(), lr=lr)
    results = []
    for epoch in range(epochs):
        network.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss, _ = one_batch(x, y)
            loss.backward()
            optimizer.step()
        results.append(evaluate())
        print("epoch", epoch, "loss", loss.item(), "test accuracy", results[-1])
    return results


def evaluate():
    network.eval()
    with torch.no_grad():
        hits = sum(one_batch(x, y)[1] for x, y in test_loader)
    return hits / len(test_loader.dataset)


train_loader, test_loader = loaders(128)
curve = fit(epochs=10, lr=0.1)

# %%
plt.plot(curve)
plt.xlabel("epoch")
plt.ylabel("test accuracy")
plt.show()

# %%
# some examples
x, y = next(iter(test_loader))
with torch.no_grad():
    guess = network(x[:8]).argmax(1)
fig, axes = plt.subplots(1, 8, figsize=(12, 2))
for ax, image, g in zip(axes, x, guess):
    ax.imshow(image.permute(1, 2, 0))
    ax.set_title(CLASSES[g])
    ax.axis("off")
plt.show()
