# %%
# Everything is inside of the network: normalisation, augmentation as modules in front
import torch
from torch import nn
from torchvision import datasets, transforms


class Standardise(nn.Module):
    def __init__(s):
        super().__init__()
        s.register_buffer("m", torch.tensor([0.491, 0.482, 0.447])[:, None, None])
        s.register_buffer("s", torch.tensor([0.202, 0.199, 0.201])[:, None, None])

    def forward(s, x):
        return x.sub(s.m).div(s.s)


class RandomCropFlip(nn.Module):
    def __init__(s, size=28):
        super().__init__()
        s.size = size

    def forward(s, x):
        m = x.shape[-1] - s.size
        if s.training:
            out = []
            for im in x:
                i, j = int(torch.randint(m + 1, ())), int(torch.randint(m + 1, ()))
                im = im[:, i : i + s.size, j : j + s.size]
                if torch.rand(()) < 0.5:
                    im = torch.flip(im, [2])
                out.append(im)
            return torch.stack(out)
        k = m // 2
        return x[..., k : k + s.size, k : k + s.size]


# %%
def conv(i, o, **k):
    return [
        nn.Conv2d(i, o, kernel_size=5, stride=1, padding=2),
        nn.BatchNorm2d(o),
        nn.ReLU(),
        nn.MaxPool2d(2, 2, **k),
    ]


net = nn.Sequential(
    RandomCropFlip(),
    Standardise(),
    *conv(3, 32),
    *conv(32, 64),
    *conv(64, 64, ceil_mode=True),
    nn.Flatten(),
    nn.Linear(1024, 1000),
    nn.Dropout(0.5),
    nn.ReLU(),
    nn.Linear(1000, 10),
)
# %%
T = transforms.ToTensor()
L = {
    k: torch.utils.data.DataLoader(
        datasets.CIFAR10(".", k == "train", T, download=True), batch_size=128, shuffle=k == "train"
    )
    for k in ("train", "test")
}
o = torch.optim.SGD(net.parameters(), 0.1)
sc = torch.optim.lr_scheduler.ExponentialLR(o, 0.95)
for e in range(3):
    for k in L:
        net.train(k == "train")
        tot = ok = 0
        with torch.set_grad_enabled(k == "train"):
            for x, y in L[k]:
                z = net(x)
                l = nn.functional.cross_entropy(z, y)
                if k == "train":
                    o.zero_grad()
                    l.backward()
                    o.step()
                ok += (z.argmax(1) == y).sum().item()
                tot += len(y)
        print(e, k, ok / tot)
    sc.step()
