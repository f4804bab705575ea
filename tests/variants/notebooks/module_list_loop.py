# %%
from itertools import pairwise

import matplotlib.pyplot as plt
import torch
from torch import nn
from torchvision.datasets import CIFAR10
from torchvision.transforms import ToTensor
from tqdm.auto import tqdm

# %%
dev = "cuda" if torch.cuda.is_available() else "cpu"
ds = {
    split: CIFAR10("./cifar", train=split == "train", download=True, transform=ToTensor())
    for split in ("train", "test")
}
dl = {k: torch.utils.data.DataLoader(v, batch_size=100, shuffle=k == "train") for k, v in ds.items()}


# %%
class Net(nn.Module):
    """channels are given as a list so that it is easy to change the depth"""

    def __init__(self, channels=(3, 32, 64, 64), hidden=1000, n_classes=10):
        super().__init__()
        self.convs = nn.ModuleList()
        for cin, cout in pairwise(channels):
            self.convs.append(nn.Conv2d(cin, cout, 5, padding=2))
        self.pool = nn.MaxPool2d(2)
        self.fcs = nn.ModuleList([nn.Linear(channels[-1] * 16, hidden), nn.Linear(hidden, n_classes)])

    def forward(self, x):
        for conv in self.convs:
            x = conv(x)
            x = torch.relu(x)
            x = self.pool(x)
        x = x.flatten(start_dim=1)
        for i, fc in enumerate(self.fcs):
            x = fc(x)
            if i < len(self.fcs) - 1:
                x = torch.relu(x)
        return x


# %%
model = Net().to(dev)
opt = torch.optim.SGD(model.parameters(), lr=0.08)
loss_fn = nn.CrossEntropyLoss()
history = {"loss": [], "acc": []}

for epoch in range(8):
    model.train()
    bar = tqdm(dl["train"], leave=False)
    for x, y in bar:
        x, y = x.to(dev), y.to(dev)
        opt.zero_grad(set_to_none=True)
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
        history["loss"].append(loss.item())
        bar.set_description(f"loss {loss.item():.3f}")
    model.eval()
    hits = []
    with torch.no_grad():
        for x, y in dl["test"]:
            hits.append((model(x.to(dev)).argmax(-1).cpu() == y).float())
    history["acc"].append(torch.cat(hits).mean().item())
    print(f"[{epoch}] test acc = {history['acc'][-1]:.4f}")

# %%
plt.figure()
plt.plot(history["acc"], marker="o")
plt.ylabel("accuracy (test)")
plt.show()
