# %%
import time

import pandas as pd
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader
from torchvision.datasets import CIFAR10
from torchvision.transforms import Compose, Normalize, RandomHorizontalFlip, Resize, ToTensor

EPOCHS = 8
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
HUB = "pytorch/vision:v0.10.0"


# %%
class Trainer:
    """Trains a network on CIFAR-10 and remembers what happened."""

    def __init__(self, name, model, size, lr=1e-3, batch_size=128):
        self.name = name
        self.model = model.to(DEVICE)
        self.criterion = nn.CrossEntropyLoss()
        self.params = [p for p in model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.Adam(self.params, lr=lr)
        norm = Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
        train_tf = Compose([Resize((size, size)), RandomHorizontalFlip(), ToTensor(), norm])
        test_tf = Compose([Resize((size, size)), ToTensor(), norm])
        self.train_set = CIFAR10("~/data", train=True, download=True, transform=train_tf)
        self.test_set = CIFAR10("~/data", train=False, download=True, transform=test_tf)
        self.train_loader = DataLoader(
            self.train_set, batch_size, shuffle=True, num_workers=8, pin_memory=True
        )
        self.test_loader = DataLoader(self.test_set, 2 * batch_size, num_workers=8)
        self.epoch_times = []
        self.accuracies = []

    @property
    def n_params(self):
        return sum(p.numel() for p in self.params)

    def step(self, x, y):
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.criterion(self.model(x), y)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def train_epoch(self):
        self.model.train()
        return [self.step(x.to(DEVICE), y.to(DEVICE)) for x, y in self.train_loader]

    def evaluate(self):
        self.model.eval()
        hits = 0
        with torch.inference_mode():
            for x, y in self.test_loader:
                hits += (self.model(x.to(DEVICE)).argmax(1) == y.to(DEVICE)).sum().item()
        return hits / len(self.test_set)

    def fit(self, epochs=EPOCHS):
        for epoch in range(1, epochs + 1):
            start = time.perf_counter()
            losses = self.train_epoch()
            self.epoch_times.append(time.perf_counter() - start)
            self.accuracies.append(self.evaluate())
            print(
                f"[{self.name}] epoch {epoch}: loss {sum(losses) / len(losses):.4f}, "
                f"test acc {self.accuracies[-1]:.4f}, {self.epoch_times[-1]:.1f} s"
            )
        return self

    def row(self):
        mean_time = sum(self.epoch_times) / len(self.epoch_times)
        return {
            "Model": self.name,
            "Number of trainable params": self.n_params,
            "Test accuracy": self.accuracies[-1],
            "Training time per epoch": f"{mean_time:.1f}s",
        }


# %%
class SmallNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(3, 32, 3, padding=1)
        self.c2 = nn.Conv2d(32, 64, 3, padding=1)
        self.c3 = nn.Conv2d(64, 128, 3, padding=1)
        self.fc1 = nn.Linear(128 * 4 * 4, 256)
        self.fc2 = nn.Linear(256, 10)

    def forward(self, x):
        for conv in (self.c1, self.c2, self.c3):
            x = F.max_pool2d(F.relu(conv(x)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


scratch = Trainer("From scratch", SmallNet(), size=32).fit()

# %% [output]
# [From scratch] epoch 1: loss 1.3921, test acc 0.5613, 4.7 s
# [From scratch] epoch 2: loss 0.9938, test acc 0.6569, 5.0 s
# [From scratch] epoch 3: loss 0.7257, test acc 0.7074, 4.8 s
# [From scratch] epoch 4: loss 0.6019, test acc 0.7272, 4.8 s
# [From scratch] epoch 5: loss 0.5234, test acc 0.7380, 4.7 s
# [From scratch] epoch 6: loss 0.4874, test acc 0.7450, 4.7 s
# [From scratch] epoch 7: loss 0.4409, test acc 0.7567, 4.7 s
# [From scratch] epoch 8: loss 0.4412, test acc 0.7594, 4.6 s


# %%
def pretrained(name):
    return torch.hub.load(HUB, name, pretrained=True)


def freeze(model):
    for parameter in model.parameters():
        parameter.requires_grad = False


def squeezenet(frozen):
    net = pretrained("squeezenet1_1")
    if frozen:
        freeze(net)
    net.classifier = nn.Sequential(
        nn.Dropout(p=0.5),
        nn.Conv2d(512, 10, kernel_size=1),
        nn.ReLU(inplace=True),
        nn.AdaptiveAvgPool2d((1, 1)),
    )
    net.num_classes = 10
    return net


def resnet(frozen):
    net = pretrained("resnet34")
    if frozen:
        freeze(net)
    net.fc = nn.Linear(512, 10)
    return net


squeeze_fe = Trainer("SqueezeNet (feat_extract)", squeezenet(frozen=True), size=128).fit()
squeeze_ft = Trainer("SqueezeNet (finetuning)", squeezenet(frozen=False), size=128, lr=1e-4).fit()
resnet_fe = Trainer("ResNet34 (feat_extract)", resnet(frozen=True), size=128).fit()
resnet_ft = Trainer("ResNet34 (finetuning)", resnet(frozen=False), size=128, lr=1e-4).fit()

# %% [output stderr]
# Downloading: "https://github.com/pytorch/vision/zipball/v0.10.0" to /root/.cache/torch/hub/v0.10.0.zip
# Downloading: "https://download.pytorch.org/models/squeezenet1_1-b8a52dc0.pth" to /root/.cache/torch/hub/checkpoints/squeezenet1_1-b8a52dc0.pth
# 100%|██████████| 4.73M/4.73M [00:00<00:00, 61.3MB/s]
# Using cache found in /root/.cache/torch/hub/pytorch_vision_v0.10.0
# Using cache found in /root/.cache/torch/hub/pytorch_vision_v0.10.0
# Using cache found in /root/.cache/torch/hub/pytorch_vision_v0.10.0
# %% [output]
# [SqueezeNet (feat_extract)] epoch 1: loss 1.1624, test acc 0.6921, 10.1 s
# [SqueezeNet (feat_extract)] epoch 2: loss 1.0033, test acc 0.7068, 10.3 s
# [SqueezeNet (feat_extract)] epoch 3: loss 0.9383, test acc 0.7288, 9.8 s
# [SqueezeNet (feat_extract)] epoch 4: loss 0.8871, test acc 0.7396, 10.1 s
# [SqueezeNet (feat_extract)] epoch 5: loss 0.8590, test acc 0.7345, 9.6 s
# [SqueezeNet (feat_extract)] epoch 6: loss 0.8588, test acc 0.7318, 9.9 s
# [SqueezeNet (feat_extract)] epoch 7: loss 0.8415, test acc 0.7407, 9.6 s
# [SqueezeNet (feat_extract)] epoch 8: loss 0.8361, test acc 0.7418, 9.9 s
# [SqueezeNet (finetuning)] epoch 1: loss 0.9012, test acc 0.8204, 13.7 s
# [SqueezeNet (finetuning)] epoch 2: loss 0.6121, test acc 0.8513, 12.9 s
# [SqueezeNet (finetuning)] epoch 3: loss 0.4394, test acc 0.8786, 13.3 s
# [SqueezeNet (finetuning)] epoch 4: loss 0.3200, test acc 0.8748, 12.3 s
# [SqueezeNet (finetuning)] epoch 5: loss 0.2600, test acc 0.8745, 13.2 s
# [SqueezeNet (finetuning)] epoch 6: loss 0.2478, test acc 0.8901, 13.8 s
# [SqueezeNet (finetuning)] epoch 7: loss 0.2391, test acc 0.8942, 13.9 s
# [SqueezeNet (finetuning)] epoch 8: loss 0.2217, test acc 0.8912, 12.7 s
# [ResNet34 (feat_extract)] epoch 1: loss 1.0523, test acc 0.7033, 16.1 s
# [ResNet34 (feat_extract)] epoch 2: loss 0.8853, test acc 0.7278, 15.7 s
# [ResNet34 (feat_extract)] epoch 3: loss 0.8113, test acc 0.7401, 17.5 s
# [ResNet34 (feat_extract)] epoch 4: loss 0.7423, test acc 0.7475, 16.1 s
# [ResNet34 (feat_extract)] epoch 5: loss 0.7284, test acc 0.7486, 15.9 s
# [ResNet34 (feat_extract)] epoch 6: loss 0.6944, test acc 0.7556, 16.0 s
# [ResNet34 (feat_extract)] epoch 7: loss 0.7055, test acc 0.7557, 15.5 s
# [ResNet34 (feat_extract)] epoch 8: loss 0.6924, test acc 0.7566, 15.4 s
# [ResNet34 (finetuning)] epoch 1: loss 0.3961, test acc 0.9217, 41.1 s
# [ResNet34 (finetuning)] epoch 2: loss 0.2441, test acc 0.9229, 39.4 s
# [ResNet34 (finetuning)] epoch 3: loss 0.1620, test acc 0.9389, 43.5 s
# [ResNet34 (finetuning)] epoch 4: loss 0.0948, test acc 0.9490, 45.8 s
# [ResNet34 (finetuning)] epoch 5: loss 0.0754, test acc 0.9451, 42.3 s
# [ResNet34 (finetuning)] epoch 6: loss 0.0420, test acc 0.9485, 43.5 s
# [ResNet34 (finetuning)] epoch 7: loss 0.0453, test acc 0.9389, 43.5 s
# [ResNet34 (finetuning)] epoch 8: loss 0.0394, test acc 0.9486, 42.8 s
# %%
table = pd.DataFrame([t.row() for t in (scratch, squeeze_fe, squeeze_ft, resnet_fe, resnet_ft)])
print(table.to_string(index=False))

# %% [output]
#                     Model  Number of trainable params  Test accuracy Training time per epoch
#              From scratch                      620362         0.7594                    4.7s
# SqueezeNet (feat_extract)                        5130         0.7418                    9.9s
#   SqueezeNet (finetuning)                      727626         0.8912                   13.2s
#   ResNet34 (feat_extract)                        5130         0.7566                   16.0s
#     ResNet34 (finetuning)                    21289802         0.9486                   42.7s
