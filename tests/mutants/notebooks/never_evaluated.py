# %%
import torch
import torchvision
import torchvision.transforms.functional as TF
import matplotlib.pyplot as plt

layers = torch.nn
dataset = torchvision.datasets.CIFAR10("data", train=True, download=True, transform=TF.to_tensor)
loader = torch.utils.data.DataLoader(dataset, batch_size=128, shuffle=True, drop_last=True)

# %%
net = layers.Sequential(
    layers.Sequential(layers.Conv2d(3, 32, 5, padding=2), layers.ReLU(), layers.MaxPool2d(2)),
    layers.Sequential(layers.Conv2d(32, 64, 5, padding=2), layers.ReLU(), layers.MaxPool2d(2)),
    layers.Sequential(layers.Conv2d(64, 64, 5, padding=2), layers.ReLU(), layers.MaxPool2d(2)),
    layers.Flatten(),
    layers.Sequential(layers.Linear(1024, 1000), layers.ReLU()),
    layers.Linear(1000, 10),
)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

# %%
N_STEPS = 5 * len(loader)
net.train()
it = iter(loader)
losses = []
step = 0
while step < N_STEPS:
    try:
        x, y = next(it)
    except StopIteration:
        it = iter(loader)
        x, y = next(it)
    optimizer.zero_grad()
    loss = layers.functional.cross_entropy(net(x), y)
    loss.backward()
    optimizer.step()
    losses.append(loss.detach())
    step += 1
    if step % 200 == 0:
        print(step, torch.stack(losses[-200:]).mean().item())

# %%
plt.plot(torch.stack(losses))
plt.show()
