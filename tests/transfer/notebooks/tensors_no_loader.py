# %%
# Everything lives on the GPU: CIFAR-10 fits there easily, so there is no DataLoader here.
import numpy as np
import pandas as pd
import time
import torch
import torch.nn.functional as F
from torch import nn
from torchvision import models
from torchvision.datasets import CIFAR10

dev = "cuda" if torch.cuda.is_available() else "cpu"
train, test = CIFAR10(".", train=True, download=True), CIFAR10(".", train=False, download=True)


def to_gpu(ds):
    x = torch.from_numpy(ds.data).to(dev).permute(0, 3, 1, 2).contiguous()  # uint8
    return x, torch.tensor(ds.targets, device=dev)


X, Y = to_gpu(train)
X_test, Y_test = to_gpu(test)
MEAN = torch.tensor([0.485, 0.456, 0.406], device=dev).view(1, 3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225], device=dev).view(1, 3, 1, 1)


def prepare(x, size):
    x = (x.float() / 255 - MEAN) / STD
    return x if size == 32 else F.interpolate(x, size=size, mode="bicubic", align_corners=False)


X.shape, Y.shape, X_test.shape, Y_test.shape

# %% [output result]
# (torch.Size([50000, 3, 32, 32]),
#  torch.Size([50000]),
#  torch.Size([10000, 3, 32, 32]),
#  torch.Size([10000]))
# %%
EPOCHS = 10
B = 250


def train_network(net, params, lr, size):
    net = net.to(dev)
    opt = torch.optim.Adam(params, lr=lr)
    t0 = time.time()
    for epoch in range(EPOCHS):
        net.train()
        perm = torch.randperm(len(X), device=dev)
        for idx in perm.split(B):
            xb = prepare(X[idx], size)
            flip = torch.rand(len(xb), device=dev) < 0.5
            xb[flip] = xb[flip].flip(3)
            loss = F.cross_entropy(net(xb), Y[idx])
            opt.zero_grad()
            loss.backward()
            opt.step()
    t = (time.time() - t0) / EPOCHS
    net.eval()
    with torch.no_grad():
        hits = [net(prepare(xb, size)).argmax(1) == yb for xb, yb in zip(X_test.split(B), Y_test.split(B))]
    acc = torch.cat(hits).double().mean().item()
    print(f"test accuracy {acc:.4f}, {t:.2f} s per epoch")
    return acc, t


# %% [markdown]
# ### From scratch
# %%
scratch = nn.Sequential(
    nn.Conv2d(3, 64, 3, padding=1),
    nn.BatchNorm2d(64),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(64, 128, 3, padding=1),
    nn.BatchNorm2d(128),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(128, 256, 3, padding=1),
    nn.BatchNorm2d(256),
    nn.ReLU(),
    nn.AdaptiveMaxPool2d(1),
    nn.Flatten(),
    nn.Linear(256, 10),
)
r1 = train_network(scratch, scratch.parameters(), 1e-3, 32)
# %% [output]
# test accuracy 0.8274, 1.62 s per epoch
# %% [markdown]
# ### AlexNet
# %%
alexnet = models.alexnet(weights=models.AlexNet_Weights.IMAGENET1K_V1)
for p in alexnet.parameters():
    p.requires_grad = False
del alexnet.classifier[6]
alexnet.classifier.append(nn.Linear(4096, 10))
alexnet_head = [p for p in alexnet.parameters() if p.requires_grad]
r2 = train_network(alexnet, alexnet_head, 1e-3, 64)

alexnet2 = models.alexnet(weights=models.AlexNet_Weights.IMAGENET1K_V1)
del alexnet2.classifier[6]
alexnet2.classifier.append(nn.Linear(4096, 10))
r3 = train_network(alexnet2, alexnet2.parameters(), 1e-4, 64)
# %% [output]
# test accuracy 0.6241, 1.97 s per epoch
# test accuracy 0.7713, 5.20 s per epoch
# %% [markdown]
# ### ResNet-18
# %%
resnet = models.resnet18(weights=models.ResNet18_Weights.IMAGENET1K_V1)
for p in resnet.parameters():
    p.requires_grad = False
setattr(resnet, "fc", nn.Linear(512, 10))
resnet_head = [p for p in resnet.parameters() if p.requires_grad]
r4 = train_network(resnet, resnet_head, 1e-3, 64)

resnet2 = models.resnet18(weights=models.ResNet18_Weights.IMAGENET1K_V1)
setattr(resnet2, "fc", nn.Linear(512, 10))
r5 = train_network(resnet2, resnet2.parameters(), 1e-4, 64)
# %% [output]
# test accuracy 0.6198, 3.31 s per epoch
# test accuracy 0.8830, 8.74 s per epoch
# %%
n = lambda net: sum(p.numel() for p in net.parameters() if p.requires_grad)
table = np.array(
    [[n(m), r[0], r[1]] for m, r in zip([scratch, alexnet, alexnet2, resnet, resnet2], [r1, r2, r3, r4, r5])]
)
df = pd.DataFrame(
    table,
    index=[
        "From scratch",
        "AlexNet (feat_extract)",
        "AlexNet (finetuning)",
        "ResNet18 (feat_extract)",
        "ResNet18 (finetuning)",
    ],
    columns=["Number of trainable params", "Test accuracy", "Training time per epoch"],
)
with pd.option_context("display.float_format", "{:,.4g}".format):
    display(df)
# %% [output]
# <div>
# <table border="1" class="dataframe">
#   <thead>
#     <tr style="text-align: right;">
#       <th></th>
#       <th>Number of trainable params</th>
#       <th>Test accuracy</th>
#       <th>Training time per epoch</th>
#     </tr>
#   </thead>
#   <tbody>
#     <tr>
#       <th>From scratch</th>
#       <td>3.743e+05</td>
#       <td>0.8274</td>
#       <td>1.62</td>
#     </tr>
#     <tr>
#       <th>AlexNet (feat_extract)</th>
#       <td>4.097e+04</td>
#       <td>0.6241</td>
#       <td>1.97</td>
#     </tr>
#     <tr>
#       <th>AlexNet (finetuning)</th>
#       <td>5.704e+07</td>
#       <td>0.7713</td>
#       <td>5.2</td>
#     </tr>
#     <tr>
#       <th>ResNet18 (feat_extract)</th>
#       <td>5,130</td>
#       <td>0.6198</td>
#       <td>3.31</td>
#     </tr>
#     <tr>
#       <th>ResNet18 (finetuning)</th>
#       <td>1.118e+07</td>
#       <td>0.883</td>
#       <td>8.74</td>
#     </tr>
#   </tbody>
# </table>
# </div>
