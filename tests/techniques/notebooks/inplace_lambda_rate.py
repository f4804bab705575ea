# %%
import torch as th
import torchvision as tv
import matplotlib.pyplot as plt
from torch import nn
from tqdm import tqdm

device = "cuda:0" if th.cuda.is_available() else "cpu"
mean = th.tensor([0.491, 0.482, 0.447])
std = th.tensor([0.202, 0.199, 0.201])

T = tv.transforms
prep = T.Compose([T.ToTensor(), T.Normalize(mean, std, inplace=True)])
data = {
    part: th.utils.data.DataLoader(
        tv.datasets.CIFAR10("/tmp/cifar", train=part == "train", transform=prep, download=True),
        batch_size=100,
        shuffle=part == "train",
        drop_last=part == "train",
    )
    for part in ("train", "test")
}

# %%
net = nn.Sequential()
channels = 3
for k, out in enumerate([32, 64, 64], start=1):
    net.add_module(f"conv{k}", nn.Conv2d(channels, out, 5, padding="same"))
    net.add_module(f"relu{k}", nn.ReLU())
    net.add_module(f"pool{k}", nn.MaxPool2d(2))
    channels = out
net.add_module("flat", nn.Flatten())
net.add_module("fc4", nn.Linear(1024, 1000))
net.add_module("relu4", nn.ReLU())
net.add_module("fc5", nn.Linear(1000, 10))
net.to(device)
print(net, sum(w.numel() for w in net.parameters()))

# %% [markdown]
# The rate of epoch e is 0.08 * 0.95^e. `LambdaLR` wants the factor, not the rate.

# %%
opt = th.optim.SGD(net.parameters(), lr=0.08, momentum=0.5)
sched = th.optim.lr_scheduler.LambdaLR(opt, lambda e: 0.95**e)
loss_fn = nn.CrossEntropyLoss()


def run(part):
    learning = part == "train"
    net.train(learning)
    right, seen = 0, 0
    with th.set_grad_enabled(learning):
        for x, y in tqdm(data[part], desc=part, leave=False):
            x, y = x.to(device), y.to(device)
            z = net(x)
            if learning:
                opt.zero_grad(set_to_none=True)
                loss_fn(z, y).backward()
                opt.step()
            right += int((z.argmax(-1) == y).sum())
            seen += len(y)
    return right / seen


# %%
log = {"train": [], "test": [], "lr": []}
for e in range(24):
    log["lr"] += sched.get_last_lr()
    for part in ("train", "test"):
        log[part].append(run(part))
    sched.step()
    print(f"{e:3d} lr={log['lr'][-1]:.4f} train={log['train'][-1]:.3f} test={log['test'][-1]:.3f}")

# %%
plt.plot(log["train"], "--", label="train")
plt.plot(log["test"], label="test")
plt.legend(loc="lower right")
plt.show()
