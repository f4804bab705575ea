# %% [markdown]
# # Transfer learning: SqueezeNet 1.1 and AlexNet at 96 pixels

# %%
import random
from time import perf_counter

import numpy as np
import pandas as pd
import torch
import torch.nn as nn
import torchvision.transforms as T
from torch.utils.data import DataLoader
from torchvision.datasets import CIFAR10
from torchvision.models import AlexNet_Weights, SqueezeNet1_1_Weights, alexnet, squeezenet1_1
from tqdm.auto import tqdm


def seed_everything(seed=7):
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.cuda.manual_seed_all(seed)


seed_everything()
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
CONFIG = {"epochs": 30, "batch_size": 256, "size": 96, "workers": 8}


# %%
def make_loaders():
    norm = T.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    base = [T.Resize(CONFIG["size"], antialias=True), T.ToTensor(), norm]
    train = CIFAR10("data", train=True, download=True, transform=T.Compose([T.RandomHorizontalFlip(), *base]))
    test = CIFAR10("data", train=False, download=True, transform=T.Compose(base))
    kwargs = dict(batch_size=CONFIG["batch_size"], num_workers=CONFIG["workers"], pin_memory=True)
    return DataLoader(train, shuffle=True, **kwargs), DataLoader(test, shuffle=False, **kwargs)


train_loader, test_loader = make_loaders()
records = []


def run(name, model, lr):
    model = model.to(DEVICE)
    trainable = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trainable, lr=lr, weight_decay=1e-2)
    loss_fn = nn.CrossEntropyLoss()
    seconds = []
    bar = tqdm(range(CONFIG["epochs"]), desc=name)
    for _ in bar:
        begin = perf_counter()
        model.train()
        for xb, yb in train_loader:
            xb, yb = xb.to(DEVICE, non_blocking=True), yb.to(DEVICE, non_blocking=True)
            loss = loss_fn(model(xb), yb)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        seconds.append(perf_counter() - begin)
        bar.set_postfix(loss=f"{loss.item():.3f}")
    model.eval()
    predictions, targets = [], []
    with torch.no_grad():
        for xb, yb in test_loader:
            predictions.append(model(xb.to(DEVICE)).argmax(1).cpu())
            targets.append(yb)
    accuracy = (torch.cat(predictions) == torch.cat(targets)).float().mean().item()
    records.append((name, sum(p.numel() for p in trainable), accuracy, np.median(seconds)))


# %%
class DeepScratch(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        layers, c = [], 3
        for k in range(4):
            layers += [
                nn.Conv2d(c, width << k, 3, padding=1, bias=False),
                nn.BatchNorm2d(width << k),
                nn.ReLU(),
                nn.MaxPool2d(2),
            ]
            c = width << k
        self.trunk = nn.Sequential(*layers)
        self.fc = nn.Linear(c * 6 * 6, 10)

    def forward(self, x):
        return self.fc(self.trunk(x).flatten(1))


run("From scratch", DeepScratch(), lr=1e-3)


# %% [output stderr]
# From scratch: 100%|██████████| 30/30 [04:13<00:00,  8.44s/it, loss=0.004]
# %%
def new_squeezenet(frozen):
    net = squeezenet1_1(weights=SqueezeNet1_1_Weights.DEFAULT)
    net.requires_grad_(not frozen)
    final_conv = nn.Conv2d(512, 10, kernel_size=1)
    nn.init.normal_(final_conv.weight, mean=0.0, std=0.01)
    nn.init.constant_(final_conv.bias, 0)
    net.classifier = nn.Sequential(
        nn.Dropout(p=0.5), final_conv, nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d((1, 1))
    )
    return net


run("SqueezeNet (feat_extract)", new_squeezenet(frozen=True), lr=1e-3)
run("SqueezeNet (finetuning)", new_squeezenet(frozen=False), lr=1e-4)


# %% [output stderr]
# SqueezeNet (feat_extract): 100%|██████████| 30/30 [03:58<00:00,  7.93s/it, loss=1.021]
# SqueezeNet (finetuning): 100%|██████████| 30/30 [05:32<00:00, 11.09s/it, loss=0.108]
# %%
def new_alexnet(frozen):
    net = alexnet(weights=AlexNet_Weights.DEFAULT)
    net.requires_grad_(not frozen)
    *kept, last = net.classifier
    net.classifier = nn.Sequential(*kept, nn.Linear(last.in_features, 10))
    return net


run("AlexNet (feat_extract)", new_alexnet(frozen=True), lr=1e-3)
run("AlexNet (finetuning)", new_alexnet(frozen=False), lr=1e-4)

# %% [output stderr]
# AlexNet (feat_extract): 100%|██████████| 30/30 [04:02<00:00,  8.08s/it, loss=0.655]
# AlexNet (finetuning): 100%|██████████| 30/30 [05:15<00:00, 10.51s/it, loss=0.013]
# %%
columns = ["Model", "Number of trainable params", "Test accuracy", "Training time per epoch (s)"]
results = pd.DataFrame(records, columns=columns).set_index("Model")
results

# %% [output result]
# <div>
# <table border="1" class="dataframe">
#   <thead>
#     <tr style="text-align: right;">
#       <th></th>
#       <th>Number of trainable params</th>
#       <th>Test accuracy</th>
#       <th>Training time per epoch (s)</th>
#     </tr>
#     <tr>
#       <th>Model</th>
#       <th></th>
#       <th></th>
#       <th></th>
#     </tr>
#   </thead>
#   <tbody>
#     <tr>
#       <th>From scratch</th>
#       <td>481066</td>
#       <td>0.8206</td>
#       <td>8.401823</td>
#     </tr>
#     <tr>
#       <th>SqueezeNet (feat_extract)</th>
#       <td>5130</td>
#       <td>0.6617</td>
#       <td>7.918847</td>
#     </tr>
#     <tr>
#       <th>SqueezeNet (finetuning)</th>
#       <td>727626</td>
#       <td>0.8891</td>
#       <td>11.062915</td>
#     </tr>
#     <tr>
#       <th>AlexNet (feat_extract)</th>
#       <td>40970</td>
#       <td>0.7402</td>
#       <td>8.052211</td>
#     </tr>
#     <tr>
#       <th>AlexNet (finetuning)</th>
#       <td>57044810</td>
#       <td>0.8517</td>
#       <td>10.487130</td>
#     </tr>
#   </tbody>
# </table>
# </div>
