# %%
import torch, torchvision
from torch import nn
from torchvision.transforms import ToTensor
import matplotlib.pyplot as plt

bs = 256
train_iter = torch.utils.data.DataLoader(
    torchvision.datasets.CIFAR10("../data", train=True, transform=ToTensor(), download=True), bs, shuffle=True
)
test_iter = torch.utils.data.DataLoader(
    torchvision.datasets.CIFAR10("../data", train=False, transform=ToTensor(), download=True), bs
)

# %%
net = nn.Sequential(
    nn.LazyConv2d(32, kernel_size=5, padding=2, bias=False), nn.LazyBatchNorm2d(), nn.ReLU(), nn.MaxPool2d(2),
    nn.LazyConv2d(64, kernel_size=5, padding=2, bias=False), nn.LazyBatchNorm2d(), nn.ReLU(), nn.MaxPool2d(2),
    nn.LazyConv2d(64, kernel_size=5, padding=2, bias=False), nn.LazyBatchNorm2d(), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(),
    nn.LazyLinear(1000), nn.ReLU(),
    nn.LazyLinear(10),
)  # fmt: skip
X = torch.rand(2, 3, 32, 32)
for blk in net:
    X = blk(X)
    print(blk.__class__.__name__, "output shape:\t", X.shape)


# %%
def evaluate_accuracy(net, data_iter):
    net.eval()
    metric = [0.0, 0.0]
    with torch.no_grad():
        for X, y in data_iter:
            metric[0] += float((net(X).argmax(axis=1) == y).sum())
            metric[1] += y.numel()
    return metric[0] / metric[1]


def train(net, lr, num_epochs):
    loss = nn.CrossEntropyLoss()
    trainer = torch.optim.SGD(net.parameters(), lr=lr)
    history = []
    for epoch in range(num_epochs):
        net.train()
        for X, y in train_iter:
            trainer.zero_grad()
            l = loss(net(X), y)
            l.backward()
            trainer.step()
        history.append(evaluate_accuracy(net, test_iter))
        print(f"epoch {epoch + 1}, loss {float(l):.3f}, test acc {history[-1]:.3f}")
    return history


plt.plot(train(net, lr=0.1, num_epochs=10))
plt.show()
