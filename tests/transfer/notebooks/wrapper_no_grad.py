# %% [markdown]
# ## Transfer learning on CIFAR-10: backbone and head
#
# `Transfer` puts a small head on the features of a pretrained network. In feature extraction the backbone runs under `no_grad`.

# %%
import torch, torchvision
import torch.nn as nn
import numpy as np
from torchvision.models import ResNet18_Weights, VGG11_Weights
from timeit import default_timer as timer

torch.manual_seed(1234)
gpu = torch.device("cuda" if torch.cuda.is_available() else "cpu")
epochs, side, bs = 12, 96, 128

# %%
pre = [torchvision.transforms.Resize(side), torchvision.transforms.ToTensor()]
pre += [torchvision.transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]
aug = [torchvision.transforms.RandomHorizontalFlip(), torchvision.transforms.RandomCrop(32, padding=4)]
ds_train = torchvision.datasets.CIFAR10(
    "cifar", True, torchvision.transforms.Compose(aug + pre), download=True
)
ds_test = torchvision.datasets.CIFAR10("cifar", False, torchvision.transforms.Compose(pre), download=True)
dl_train = torch.utils.data.DataLoader(ds_train, bs, shuffle=True, num_workers=14, drop_last=True)
dl_test = torch.utils.data.DataLoader(ds_test, bs, num_workers=14)


# %%
class Transfer(nn.Module):
    def __init__(self, backbone, n_features, frozen):
        super().__init__()
        self.backbone = backbone
        self.frozen = frozen
        self.head = nn.Sequential(nn.Linear(n_features, 256), nn.ReLU(), nn.Dropout(0.3), nn.Linear(256, 10))

    def forward(self, x):
        if self.frozen:
            with torch.no_grad():
                z = self.backbone(x)
        else:
            z = self.backbone(x)
        return self.head(z)

    def train(self, mode=True):
        super().train(mode)
        if self.frozen:
            self.backbone.eval()  # keep the running statistics of the batch norms
        return self

    def learnable(self):
        return self.head.parameters() if self.frozen else self.parameters()


def resnet_backbone():
    net = torchvision.models.resnet18(weights=ResNet18_Weights.IMAGENET1K_V1)
    net.fc = nn.Identity()
    return net


def vgg_backbone():
    vgg = torchvision.models.vgg11(weights=VGG11_Weights.IMAGENET1K_V1)
    return nn.Sequential(vgg.features, nn.AdaptiveAvgPool2d(1), nn.Flatten())


class Scratch(nn.Module):
    def __init__(self):
        super().__init__()
        w = [3, 32, 64, 128, 256]
        self.body = nn.Sequential(
            *[
                nn.Sequential(nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(), nn.MaxPool2d(2))
                for a, b in zip(w[:-1], w[1:])
            ]
        )
        self.out = nn.Linear(256, 10)

    def forward(self, x):
        return self.out(self.body(x).mean((2, 3)))

    def learnable(self):
        return self.parameters()


# %%
def fit(net, lr):
    net = net.to(gpu)
    opt = torch.optim.AdamW(net.learnable(), lr=lr)
    sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, epochs)
    ce = nn.CrossEntropyLoss(label_smoothing=0.1)
    clock = []
    for e in range(epochs):
        start = timer()
        net.train()
        for xb, yb in dl_train:
            opt.zero_grad()
            ce(net(xb.to(gpu)), yb.to(gpu)).backward()
            opt.step()
        sched.step()
        clock.append(timer() - start)
    net.eval()
    with torch.no_grad():
        ok = np.concatenate([(net(xb.to(gpu)).argmax(1).cpu() == yb).numpy() for xb, yb in dl_test])
    params = sum(p.numel() for p in net.learnable())
    print(f"{params} parameters in the optimizer, accuracy {ok.mean():.4f}, {np.mean(clock):.2f} s/epoch")
    return params, ok.mean(), np.mean(clock)


results = {}
results["From scratch"] = fit(Scratch(), 1e-3)

# %% [output]
# 391946 parameters in the optimizer, accuracy 0.8388, 17.41 s/epoch
# %%
results["ResNet18, feature extraction"] = fit(Transfer(resnet_backbone(), 512, frozen=True), 1e-3)
results["ResNet18, finetuning"] = fit(Transfer(resnet_backbone(), 512, frozen=False), 2e-4)

# %% [output]
# 133898 parameters in the optimizer, accuracy 0.7506, 17.22 s/epoch
# 11310410 parameters in the optimizer, accuracy 0.9583, 23.80 s/epoch
# %%
results["VGG11, feature extraction"] = fit(Transfer(vgg_backbone(), 512, frozen=True), 1e-3)
results["VGG11, finetuning"] = fit(Transfer(vgg_backbone(), 512, frozen=False), 2e-4)

# %% [output]
# 133898 parameters in the optimizer, accuracy 0.8041, 18.65 s/epoch
# 9354378 parameters in the optimizer, accuracy 0.9317, 33.09 s/epoch
# %%
from IPython.display import HTML, display

rows = "".join(
    f"<tr><td>{name}</td><td>{n:,}</td><td>{100 * a:.1f}</td><td>{t:.1f}</td></tr>\n"
    for name, (n, a, t) in results.items()
)
head = "<tr><th>Model</th><th>Number of trainable params</th><th>Test accuracy (%)</th><th>Training time per epoch (s)</th></tr>\n"
display(HTML("<table>\n" + head + rows + "</table>"))

# %% [output]
# <table>
# <tr><th>Model</th><th>Number of trainable params</th><th>Test accuracy (%)</th><th>Training time per epoch (s)</th></tr>
# <tr><td>From scratch</td><td>391,946</td><td>83.9</td><td>17.4</td></tr>
# <tr><td>ResNet18, feature extraction</td><td>133,898</td><td>75.1</td><td>17.2</td></tr>
# <tr><td>ResNet18, finetuning</td><td>11,310,410</td><td>95.8</td><td>23.8</td></tr>
# <tr><td>VGG11, feature extraction</td><td>133,898</td><td>80.4</td><td>18.6</td></tr>
# <tr><td>VGG11, finetuning</td><td>9,354,378</td><td>93.2</td><td>33.1</td></tr>
# </table>
