"""The probe changes nothing: a notebook under the full profile prints, to the last bit, what it prints without the probe."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from grader.datasets.store import default_cache, prepare
from grader.session import SEED
from tests.harness import grade_scripts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

NOTEBOOK = '''
# %%
import hashlib, random
import numpy as np, torch
from torch import nn
from torch.utils.data import DataLoader, Subset
from torchvision import transforms as T
from torchvision.datasets import CIFAR10

norm = T.Normalize((0.491, 0.482, 0.447), (0.202, 0.199, 0.201))
augment = T.Compose([T.RandomCrop(28), T.RandomHorizontalFlip(), T.ColorJitter(0.2), T.ToTensor(), norm])
centre = T.Compose([T.CenterCrop(28), T.ToTensor(), norm])
train = Subset(CIFAR10("data", train=True, transform=augment, download=True), range(WORKERS * 100 + 300))
test = Subset(CIFAR10("data", train=False, transform=centre), range(200))

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 32, 5, padding=2), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 5, padding=2), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(64, 64, 5, padding=2), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True),
        )
        self.fc4, self.fc5 = nn.Linear(1024, 1000), nn.Linear(1000, 10)

    def forward(self, x):
        x = torch.relu(self.fc4(self.body(x).flatten(1)))
        return self.fc5(nn.functional.dropout(x, 0.5, self.training))

def state():
    """Of the weights and of all three random generators."""
    said = hashlib.sha256()
    for tensor in net.state_dict().values():
        said.update(tensor.numpy().tobytes())
    said.update(torch.get_rng_state().numpy().tobytes())
    said.update(repr(np.random.get_state()).encode() + repr(random.getstate()).encode())
    return said.hexdigest()


# %%
net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.95)
for epoch in range(2):
    net.train()
    for x, y in DataLoader(train, 100, shuffle=True, num_workers=WORKERS):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        print(repr(loss.item()))
    scheduler.step()
    net.eval()
    with torch.no_grad():
        for x, y in DataLoader(test, 100, num_workers=WORKERS):
            print((net(x).argmax(1) == y).sum().item())
    print(state())

# %%
print(torch.rand(3).tolist(), np.random.rand(3).tolist(), random.random(), len(train), scheduler.get_last_lr())
print(state())
'''
BARE = """
import json, random, sys
import numpy as np, torch
from grader.probe import images
from grader.probe.config import Config

code, folder, classes, threads, seed = json.loads(sys.stdin.read())
nothing = dict(train_steps=None, train_samples=None, eval_samples=None, tiny_batch=16)
images.install(Config("", {"cifar10": folder}, {"cifar10": classes}, [], **nothing, seed=seed, threads=threads))
torch.set_num_threads(threads)
random.seed(seed); np.random.seed(seed); torch.manual_seed(seed)
exec(compile(code, "bare", "exec"), {"__name__": "__main__"})
"""


def printed_by(notebook: Path) -> str:
    """The text of all streams of an executed notebook."""
    cells = nbformat.read(notebook, as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    assert {output.output_type for output in outputs} == {"stream"}
    return "".join(output.text for output in outputs)


@pytest.mark.parametrize("workers", [0, 2])
def test_outputs_weights_and_random_numbers_are_those_without_the_probe(workers: int, tmp_path: Path) -> None:
    script = NOTEBOOK.replace("WORKERS", str(workers))
    result = grade_scripts({"ada": script}, tmp_path, profile="full")["ada"]
    assert not [cell.error for run in result.files for cell in run.cells if cell.error]
    watched = printed_by(tmp_path / "results" / "ada" / "executed.ipynb")
    assert result.profile.train_steps is None

    images = prepare("cifar10", None, default_cache())
    given = [script, str(images.visible), list(images.classes), os.cpu_count() or 1, SEED]
    bare = subprocess.run(
        [sys.executable, "-c", BARE], input=json.dumps(given), capture_output=True, text=True, cwd=tmp_path
    )
    assert bare.returncode == 0, bare.stderr
    assert watched == bare.stdout
    assert watched.count("\n") > 10
