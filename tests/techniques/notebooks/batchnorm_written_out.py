# %% [markdown]
# # Part 3, question 34: batch normalisation without nn.BatchNorm2d
# We wanted to see the formula of the paper at work, so here it is.

# %%
import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader
from torchvision import datasets, transforms as T


def batch_norm(x, gamma, beta, moving_mean, moving_var, eps, momentum, training):
    if not training:
        x_hat = (x - moving_mean) / torch.sqrt(moving_var + eps)
    else:
        mean = x.mean(dim=(0, 2, 3), keepdim=True)
        var = ((x - mean) ** 2).mean(dim=(0, 2, 3), keepdim=True)
        x_hat = (x - mean) / torch.sqrt(var + eps)
        moving_mean = (1.0 - momentum) * moving_mean + momentum * mean
        moving_var = (1.0 - momentum) * moving_var + momentum * var
    return gamma * x_hat + beta, moving_mean.data, moving_var.data


class BatchNorm(nn.Module):
    def __init__(self, num_features):
        super().__init__()
        shape = (1, num_features, 1, 1)
        self.gamma = nn.Parameter(torch.ones(shape))
        self.beta = nn.Parameter(torch.zeros(shape))
        self.moving_mean = torch.zeros(shape)
        self.moving_var = torch.ones(shape)

    def forward(self, x):
        if self.moving_mean.device != x.device:
            self.moving_mean = self.moving_mean.to(x.device)
            self.moving_var = self.moving_var.to(x.device)
        y, self.moving_mean, self.moving_var = batch_norm(
            x, self.gamma, self.beta, self.moving_mean, self.moving_var, 1e-5, 0.1, self.training
        )
        return y


# %%
def block(c_in, c_out):
    return [nn.Conv2d(c_in, c_out, 5, padding=2), BatchNorm(c_out), nn.ReLU(), nn.MaxPool2d(2)]


net = nn.Sequential(
    *block(3, 32),
    *block(32, 64),
    *block(64, 64),
    nn.Flatten(),
    nn.Linear(1024, 1000),
    nn.ReLU(),
    nn.Linear(1000, 10),
)
print(sum(p.numel() for p in net.parameters()))

# %%
train = DataLoader(datasets.CIFAR10(".", True, T.ToTensor(), download=True), 128, shuffle=True)
test = DataLoader(datasets.CIFAR10(".", False, T.ToTensor(), download=True), 128)
opt = optim.SGD(net.parameters(), 0.1)

# %%
for epoch in range(3):
    net.train()
    total = 0.0
    for x, y in train:
        opt.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
        total += float(loss)
    net.eval()
    hits = 0
    with torch.no_grad():
        for x, y in test:
            hits += (net(x).argmax(1) == y).sum().item()
    print(epoch, total / len(train), hits / len(test.dataset))
