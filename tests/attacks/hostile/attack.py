"""What a hostile hand-in is, and the pieces that several of them are made of.

Words in @AT@ signs are replaced by the test: @HIDDEN@ and the like are paths and ports of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Link:
    """A symbolic link in a hand-in folder."""

    target: str


@dataclass(frozen=True)
class Pipe:
    """A named pipe in a hand-in folder: who opens it to read waits for ever."""


@dataclass(frozen=True)
class Attack:
    """`script`: the notebook, "" if `files` hold it. `at_most`: what every task may earn, as that notebook of BASELINES
    does, or nothing. `says`: in the killed cell's error."""

    description: str
    script: str = ""
    files: Mapping[str, str | bytes | Link | Pipe] = field(default_factory=dict)
    at_most: str = ""
    says: str = ""
    name: str = ""  # of the hand-in folder; "": the name in the table


NETWORK = """
# %%
import itertools
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 32, kernel_size=5, stride=1, padding=2), nn.ReLU(), nn.MaxPool2d(2, 2),
            nn.Conv2d(32, 64, kernel_size=5, stride=1, padding=2), nn.ReLU(), nn.MaxPool2d(2, 2),
            nn.Conv2d(64, 64, kernel_size=5, stride=1, padding=2), nn.ReLU(), nn.MaxPool2d(2, 2),
        )
        self.classifier = nn.Sequential(nn.Linear(64 * 4 * 4, 1000), nn.ReLU(), nn.Linear(1000, 10))

    def forward(self, images):
        return self.classifier(self.features(images).flatten(1))

def loader(train):
    data = datasets.CIFAR10('data', train=train, download=True, transform=transforms.ToTensor())
    return DataLoader(data, batch_size=128, shuffle=train)
"""

LOOKS = """
# %%
model = ConvNet().eval()
images, labels = next(iter(loader(False)))
with torch.no_grad():
    scores = model(images)
"""

TRAINS = """
# %%
def train(model, rate, batches=10**6):
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    for images, labels in itertools.islice(loader(True), batches):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

def test(model):
    model.eval()
    right = seen = 0
    with torch.no_grad():
        for images, labels in loader(False):
            right += (model(images).argmax(1) == labels).sum().item()
            seen += len(labels)
    print('accuracy', right / seen)
"""

UNTRAINED = NETWORK + LOOKS
LAZY = NETWORK + TRAINS + "# %%\nmodel = ConvNet()\ntrain(model, 0.0, 4)\ntest(model)\n"
HONEST = NETWORK + TRAINS + "# %%\nmodel = ConvNet()\ntrain(model, 0.1)\ntest(model)  # @SECRET_IN_WORK@\n"
BASELINES = {"untrained": UNTRAINED, "lazy": LAZY}

FOLDER = """
# %%
import json, os
from pathlib import Path
from grader.probe.kernel import WatchedKernel
folder = Path(WatchedKernel.config_of_probe.evidence)
def last_word(forge):
    'Whatever the probe writes after this cell, what forge writes comes later.'
    get_ipython().events.register('post_run_cell', lambda result: forge())
"""


def cells(*code: str) -> str:
    """A script of these cells."""
    return "".join(f"\n# %%\n{text.strip()}\n" for text in code)
