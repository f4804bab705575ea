# %% [markdown]
# # Transfer learning lab
# The weights are fetched by hand: the state dict without its last layer goes into a network that already has 10 outputs.
# Images are enlarged on the GPU, inside of the loops.

# %%
import torch
import torch.nn.functional as F
import torchvision
from time import time
from torch import nn, optim
from torch.hub import load_state_dict_from_url
from torchvision.models import resnet18, squeezenet1_1

RESNET_URL = "https://download.pytorch.org/models/resnet18-f37072fd.pth"
SQUEEZE_URL = "https://download.pytorch.org/models/squeezenet1_1-b8a52dc0.pth"
n_epochs = 10
dev = torch.device("cuda:0") if torch.cuda.is_available() else torch.device("cpu")

tf = torchvision.transforms.Compose(
    [
        torchvision.transforms.ToTensor(),
        torchvision.transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    ]
)
trainset = torchvision.datasets.CIFAR10("../data", train=True, transform=tf, download=True)
testset = torchvision.datasets.CIFAR10("../data", train=False, transform=tf, download=True)
trainloader = torch.utils.data.DataLoader(trainset, batch_size=256, shuffle=True, num_workers=6)
testloader = torch.utils.data.DataLoader(testset, batch_size=512, num_workers=6)
print(len(trainset), len(testset))

# %% [output]
# 50000 10000


# %%
def run(net, optimizer, size=None):
    """Returns test accuracy after the last epoch, seconds per epoch."""
    net.to(dev)
    seconds = 0.0
    for epoch in range(n_epochs):
        t0 = time()
        net.train()
        for x, y in trainloader:
            x, y = x.to(dev), y.to(dev)
            if size is not None:
                x = F.interpolate(x, size=(size, size), mode="bilinear", align_corners=False)
            loss = F.cross_entropy(net(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        seconds += time() - t0
        net.eval()
        correct = 0
        with torch.no_grad():
            for x, y in testloader:
                x, y = x.to(dev), y.to(dev)
                if size is not None:
                    x = F.interpolate(x, size=(size, size), mode="bilinear", align_corners=False)
                correct += (net(x).argmax(-1) == y).sum().item()
        acc = correct / len(testset)
        print("epoch %2d   last loss %.3f   test accuracy %.4f" % (epoch + 1, loss.item(), acc))
    return acc, seconds / n_epochs


def load_without(net, url, *prefixes):
    state = load_state_dict_from_url(url, progress=True)
    state = {k: v for k, v in state.items() if not k.startswith(prefixes)}
    print(net.load_state_dict(state, strict=False))
    return net


def count(net):
    return sum(p.numel() for p in net.parameters() if p.requires_grad)


# %% [markdown]
# ### From scratch


# %%
class LeNetLike(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 32, 5, padding=2),
            nn.ReLU(True),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 5, padding=2),
            nn.ReLU(True),
            nn.MaxPool2d(2),
            nn.Conv2d(64, 64, 5, padding=2),
            nn.ReLU(True),
            nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(nn.Linear(1024, 1000), nn.ReLU(True), nn.Linear(1000, 10))

    def forward(self, x):
        return self.classifier(self.features(x).view(-1, 1024))


scratch = LeNetLike()
acc_scratch, time_scratch = run(scratch, optim.SGD(scratch.parameters(), lr=0.05, momentum=0.9))

# %% [output]
# epoch  1   last loss 1.312   test accuracy 0.4977
# epoch  2   last loss 0.979   test accuracy 0.5883
# epoch  3   last loss 0.540   test accuracy 0.6424
# epoch  4   last loss 0.408   test accuracy 0.6682
# epoch  5   last loss 0.277   test accuracy 0.6850
# epoch  6   last loss 0.236   test accuracy 0.6971
# epoch  7   last loss 0.075   test accuracy 0.7128
# epoch  8   last loss 0.093   test accuracy 0.7122
# epoch  9   last loss 0.056   test accuracy 0.7134
# epoch 10   last loss 0.081   test accuracy 0.7244
# %% [markdown]
# ### ResNet-18

# %%
resnet_fe = load_without(resnet18(num_classes=10), RESNET_URL, "fc.")
for name, p in resnet_fe.named_parameters():
    p.requires_grad = name.startswith("fc.")
head = optim.Adam(resnet_fe.fc.parameters(), lr=1e-3)
acc_resnet_fe, time_resnet_fe = run(resnet_fe, head, size=64)

# %% [output]
# _IncompatibleKeys(missing_keys=['fc.weight', 'fc.bias'], unexpected_keys=[])
# epoch  1   last loss 1.321   test accuracy 0.5481
# epoch  2   last loss 1.243   test accuracy 0.5723
# epoch  3   last loss 1.213   test accuracy 0.5944
# epoch  4   last loss 1.134   test accuracy 0.5910
# epoch  5   last loss 1.153   test accuracy 0.6087
# epoch  6   last loss 1.168   test accuracy 0.6052
# epoch  7   last loss 1.134   test accuracy 0.6078
# epoch  8   last loss 1.186   test accuracy 0.6224
# epoch  9   last loss 1.060   test accuracy 0.6130
# epoch 10   last loss 1.102   test accuracy 0.6127
# %%
resnet_ft = load_without(resnet18(num_classes=10), RESNET_URL, "fc.")
everything = optim.SGD(resnet_ft.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
acc_resnet_ft, time_resnet_ft = run(resnet_ft, everything, size=64)

# %% [output]
# _IncompatibleKeys(missing_keys=['fc.weight', 'fc.bias'], unexpected_keys=[])
# epoch  1   last loss 0.521   test accuracy 0.8452
# epoch  2   last loss 0.360   test accuracy 0.8588
# epoch  3   last loss 0.126   test accuracy 0.8723
# epoch  4   last loss 0.100   test accuracy 0.8917
# epoch  5   last loss 0.094   test accuracy 0.8793
# epoch  6   last loss 0.132   test accuracy 0.8957
# epoch  7   last loss 0.039   test accuracy 0.8853
# epoch  8   last loss 0.057   test accuracy 0.9069
# epoch  9   last loss 0.033   test accuracy 0.9024
# epoch 10   last loss 0.012   test accuracy 0.9018
# %% [markdown]
# ### SqueezeNet 1.1

# %%
squeeze_fe = load_without(squeezenet1_1(num_classes=10), SQUEEZE_URL, "classifier.")
for p in squeeze_fe.features.parameters():
    p.requires_grad = False
head = optim.Adam(squeeze_fe.classifier.parameters(), lr=1e-3)
acc_squeeze_fe, time_squeeze_fe = run(squeeze_fe, head, size=64)

# %% [output]
# _IncompatibleKeys(missing_keys=['classifier.1.weight', 'classifier.1.bias'], unexpected_keys=[])
# epoch  1   last loss 1.611   test accuracy 0.4604
# epoch  2   last loss 1.510   test accuracy 0.4892
# epoch  3   last loss 1.542   test accuracy 0.5132
# epoch  4   last loss 1.421   test accuracy 0.5212
# epoch  5   last loss 1.390   test accuracy 0.5287
# epoch  6   last loss 1.346   test accuracy 0.5301
# epoch  7   last loss 1.320   test accuracy 0.5377
# epoch  8   last loss 1.327   test accuracy 0.5478
# epoch  9   last loss 1.287   test accuracy 0.5450
# epoch 10   last loss 1.284   test accuracy 0.5433
# %%
squeeze_ft = load_without(squeezenet1_1(num_classes=10), SQUEEZE_URL, "classifier.")
everything = optim.SGD(squeeze_ft.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
acc_squeeze_ft, time_squeeze_ft = run(squeeze_ft, everything, size=64)

# %% [output]
# _IncompatibleKeys(missing_keys=['classifier.1.weight', 'classifier.1.bias'], unexpected_keys=[])
# epoch  1   last loss 1.021   test accuracy 0.6018
# epoch  2   last loss 0.714   test accuracy 0.6719
# epoch  3   last loss 0.573   test accuracy 0.7274
# epoch  4   last loss 0.459   test accuracy 0.7649
# epoch  5   last loss 0.405   test accuracy 0.7863
# epoch  6   last loss 0.413   test accuracy 0.7970
# epoch  7   last loss 0.263   test accuracy 0.7984
# epoch  8   last loss 0.314   test accuracy 0.8053
# epoch  9   last loss 0.295   test accuracy 0.8053
# epoch 10   last loss 0.312   test accuracy 0.8089
# %% [markdown]
# ### Results

# %%
line = "{:<28}|{:>28} |{:>15} |{:>25}"
print(line.format("Model", "Number of trainable params", "Test accuracy", "Training time per epoch"))
print("-" * 101)
print(line.format("From scratch", f"{count(scratch):,}", f"{acc_scratch:.2%}", f"{time_scratch:.2f} s"))
for name, net, acc, t in [
    ("ResNet18 (feat_extract)", resnet_fe, acc_resnet_fe, time_resnet_fe),
    ("ResNet18 (finetuning)", resnet_ft, acc_resnet_ft, time_resnet_ft),
    ("SqueezeNet (feat_extract)", squeeze_fe, acc_squeeze_fe, time_squeeze_fe),
    ("SqueezeNet (finetuning)", squeeze_ft, acc_squeeze_ft, time_squeeze_ft),
]:
    print(line.format(name, f"{count(net):,}", f"{acc:.2%}", f"{t:.2f} s"))

# %% [output]
# Model                       |  Number of trainable params |  Test accuracy |  Training time per epoch
# -----------------------------------------------------------------------------------------------------
# From scratch                |                   1,191,170 |         72.44% |                   5.02 s
# ResNet18 (feat_extract)     |                       5,130 |         61.27% |                   6.31 s
# ResNet18 (finetuning)       |                  11,181,642 |         90.18% |                  13.85 s
# SqueezeNet (feat_extract)   |                       5,130 |         54.33% |                   5.27 s
# SqueezeNet (finetuning)     |                     727,626 |         80.89% |                   7.44 s
