# %%
import torch, torch.nn as nn, matplotlib.pyplot as plt
from torchvision import datasets as D, transforms as T

n = T.Normalize((0.491, 0.482, 0.447), (0.202, 0.199, 0.201))
t = T.ToTensor()
stages = [
    ("base", t, t, 0, False, False),
    ("norm", T.Compose([t, n]), T.Compose([t, n]), 0, False, False),
    (
        "augm",
        T.Compose([T.RandomCrop(28), T.RandomHorizontalFlip(), t, n]),
        T.Compose([T.CenterCrop(28), t, n]),
        0,
        False,
        False,
    ),
]
stages.append(("decay", *stages[2][1:5], True))
stages.append(("dropout", *stages[2][1:3], 0.4, False, True))
stages.append(("batchnorm", *stages[2][1:3], 0.4, True, True))
h = {}
for name, t_train, t_test, p, bn, decay in stages:
    train = torch.utils.data.DataLoader(D.CIFAR10("d", True, t_train, download=True), 128, shuffle=True)
    test = torch.utils.data.DataLoader(D.CIFAR10("d", False, t_test, download=True), 128)
    l, a = [], 3
    for b in (32, 64, 64):
        l += (
            [nn.Conv2d(a, b, 5, padding=2)]
            + [nn.BatchNorm2d(b)] * bn
            + [nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True)]
        )
        a = b
    l += (
        [nn.Flatten(), nn.Linear(1024, 1000), nn.ReLU()]
        + ([nn.Dropout(p)] if p else [])
        + [nn.Linear(1000, 10)]
    )
    m = nn.Sequential(*l)
    o = torch.optim.SGD(m.parameters(), lr=0.1)
    h[name] = []
    for e in range(12):
        m.train()
        for x, y in train:
            o.zero_grad()
            nn.functional.cross_entropy(m(x), y).backward()
            o.step()
        if decay:
            o.param_groups[0]["lr"] *= 0.95
        m.eval()
        with torch.no_grad():
            h[name].append(sum((m(x).argmax(1) == y).sum().item() for x, y in test) / len(test.dataset))
    print(name, h[name])
for name in h:
    plt.plot(h[name], label=name)
plt.legend()
plt.show()
