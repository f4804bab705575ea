# %% [markdown]
# ## Everything is a convolution
# A fully-connected layer on a 64 x 4 x 4 map is a 4 x 4 convolution without padding (question 4), so the
# whole network can be written with convolutions only.

# %%
from collections import OrderedDict

import matplotlib.pyplot as plt
import torch
from torch import nn
from torchvision import datasets, transforms

# %%
fcn = nn.Sequential(
    OrderedDict(
        conv1=nn.Conv2d(3, 32, 5, padding=2),
        relu1=nn.ReLU(),
        pool1=nn.MaxPool2d(2),
        conv2=nn.Conv2d(32, 64, 5, padding=2),
        relu2=nn.ReLU(),
        pool2=nn.MaxPool2d(2),
        conv3=nn.Conv2d(64, 64, 5, padding=2),
        relu3=nn.ReLU(),
        pool3=nn.MaxPool2d(2),
        fc4=nn.Conv2d(64, 1000, kernel_size=4),
        relu4=nn.ReLU(),
        fc5=nn.Conv2d(1000, 10, kernel_size=1),
        flat=nn.Flatten(),
    )
)
for name, layer in fcn.named_children():
    print(name, sum(p.numel() for p in layer.parameters()))

# %%
to_tensor = transforms.ToTensor()
train_data = datasets.CIFAR10("./data", train=True, download=True, transform=to_tensor)
test_data = datasets.CIFAR10("./data", train=False, download=True, transform=to_tensor)
train_batches = torch.utils.data.DataLoader(train_data, batch_size=64, shuffle=True)
test_batches = torch.utils.data.DataLoader(test_data, batch_size=64)

# %%
optimizer = torch.optim.SGD(fcn.parameters(), lr=0.05)
loss_fn = nn.CrossEntropyLoss()
history = []
for epoch in range(4):
    fcn.train()
    for images, labels in train_batches:
        optimizer.zero_grad()
        loss = loss_fn(fcn(images), labels)
        loss.backward()
        optimizer.step()
    fcn.eval()
    hits = 0
    with torch.no_grad():
        for images, labels in test_batches:
            hits += (fcn(images).argmax(dim=1) == labels).sum().item()
    history.append(hits / len(test_data))
    print(f"after epoch {epoch + 1}: {history[-1]:.1%} of the test images are right")

# %%
plt.plot(history, "x-")
plt.show()
