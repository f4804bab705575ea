"""The same right work with one thing gone wrong around it: points are lost only where the work itself is wrong."""

from dataclasses import dataclass

import nbformat
import pytest

from grader import profiles
from grader.pipeline import grade
from grader.schema.result import Result
from grader.session import Options
from tests.harness import as_notebook, checks_of, explain

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
STEPS = 6
CELL_SECONDS = 12.0  # more than the training takes; what does not end is interrupted then

IMPORTS = """\
import torch
from torch import nn
from torchvision import datasets, transforms
"""
NETWORK = """\
class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(64, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(nn.Linear(1024, 1000), nn.ReLU(), nn.Linear(1000, 10))

    def forward(self, images):
        return self.classifier(self.features(images).flatten(1))
"""
DATA = """\
sets = [datasets.CIFAR10("data", train, transforms.ToTensor(), download=True) for train in (True, False)]
loaders = [torch.utils.data.DataLoader(one, 128, shuffle=True) for one in sets]
"""
TRAINING = """\
torch.manual_seed(3)
model = ConvNet()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
for images, labels in loaders[0]:
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(images), labels).backward()
    optimizer.step()
"""
TEST = """\
model.eval()
with torch.no_grad():
    right = sum((model(images).argmax(1) == labels).sum().item() for images, labels in loaders[1])
print("accuracy", right / len(sets[1]))
"""
PLOT = "import matplotlib.pyplot as plt\nplt.imshow(sets[0][0][0].permute(1, 2, 0))\nplt.show()\n"
RIGHT = (IMPORTS, DATA, PLOT, NETWORK, TRAINING, TEST)


@dataclass(frozen=True)
class Fault:
    """`cells`: the code. `fails`: checks of task `network` below full points; all others are as in the right one."""

    cells: tuple[str, ...]
    fails: frozenset[str] = frozenset()
    bare: bool = False  # without any metadata, ids and outputs


def after(number: int, cell: str) -> tuple[str, ...]:
    """The right notebook with one cell more."""
    return (*RIGHT[:number], cell, *RIGHT[number:])


def instead(number: int, cell: str) -> tuple[str, ...]:
    return (*RIGHT[:number], cell, *RIGHT[number + 1 :])


LEAVES = "import subprocess\nchild = subprocess.Popen(['sleep', '986'], start_new_session=True)"
SMALLER = NETWORK.replace("(64, 64, 5, padding=2)", "(64, 64, 5, padding=1)").replace("1024", "576")
NOT_ZEROED = TRAINING.replace("    optimizer.zero_grad()\n", "")
STUBBORN = """\
import time
while True:
    try:
        time.sleep(1)
    except KeyboardInterrupt:
        pass
"""
FAULTS = {
    "right": Fault(RIGHT),
    "near_miss_padding": Fault(instead(3, SMALLER), frozenset({"architecture"})),
    "near_miss_no_eval": Fault(instead(5, TEST.replace("model.eval()\n", "")), frozenset({"training"})),
    "near_miss_no_zero_grad": Fault(instead(4, NOT_ZEROED), frozenset({"training"})),
    "endless_loop": Fault(after(6, "import time\nwhile True: time.sleep(0.01)")),
    "endless_loop_between": Fault(after(3, "while True: pass")),
    "killed_kernel": Fault(after(6, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")),
    "killed_kernel_between": Fault(after(2, "import os\nos._exit(1)")),
    "two_gigabytes": Fault(after(4, "big = torch.ones(2 * 10**9, dtype=torch.uint8)\ndel big")),
    "first_cell_raises": Fault(("from google.colab import drive\ndrive.mount('/content/drive')", *RIGHT)),
    "first_cell_divides": Fault(("1 / 0", *RIGHT)),
    "cells_deleted": Fault((IMPORTS + DATA, NETWORK, TRAINING + TEST)),
    "all_metadata_stripped": Fault(RIGHT, bare=True),
    "asks_for_input": Fault(after(1, "name = input('your name? ')\nprint('hello', name)")),
    "thirty_megabytes_of_prints": Fault(after(3, "for _ in range(300): print('x' * 100_000)")),
    "warnings": Fault(after(1, "import warnings\nfor i in range(1000): warnings.warn(f'number {i}')")),
    "sys_exit": Fault(after(2, "import sys\nsys.exit()")),
    "leaves_a_process": Fault(after(2, LEAVES)),
    "swallows_the_interrupt": Fault(after(6, STUBBORN)),
    "syntax_error": Fault(after(3, "def plot(x:\n    return x")),
}  # fmt: skip


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    folder = tmp_path_factory.mktemp("faulty")
    for name, fault in FAULTS.items():
        notebook = as_notebook("\n".join(f"# %%\n{cell}" for cell in fault.cells))
        if fault.bare:
            notebook.metadata.clear()
            for cell in notebook.cells:
                cell.pop("id")
            notebook.nbformat_minor = 4
        path = folder / "submissions" / name / "lab.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(profiles.QUICK_STEPS, "standin", STEPS)
        done = grade(
            Options(
                folder / "submissions",
                "cifar_cnn",
                folder / "results",
                device="cpu",
                cell_seconds=CELL_SECONDS,
            )
        )
    return {result.student: result for result in done.results}


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_points_are_lost_only_where_the_work_is_wrong(name: str, results: dict[str, Result]) -> None:
    expected = {id: check.outcome for id, check in checks_of(results["right"]).items()}
    got = {id: check.outcome for id, check in checks_of(results[name]).items()}
    below = {id for id, outcome in got.items() if outcome in ("failed", "partial")}
    assert below == FAULTS[name].fails, explain(results[name])
    others = got.keys() - FAULTS[name].fails - ({"accuracy", "parameters"} if FAULTS[name].fails else set())
    assert {id: got[id] for id in others} == {id: expected[id] for id in others}, explain(results[name])


def test_the_right_one_loses_nothing(results: dict[str, Result]) -> None:
    outcomes = {id: check.outcome for id, check in checks_of(results["right"]).items()}
    assert outcomes.pop("accuracy") == "undecided"  # six steps tell nothing
    assert set(outcomes.values()) == {"passed"}


def test_each_fault_is_said(results: dict[str, Result]) -> None:
    def states(name: str) -> list[str]:
        cells = [cell for run in results[name].files for cell in run.cells if cell.status != "ran"]
        print(name, [cell.error for cell in cells])
        return [cell.status for cell in cells]

    assert (
        states("right")
        == states("warnings")
        == states("leaves_a_process")
        == states("all_metadata_stripped")
        == []
    )
    assert states("endless_loop") == states("endless_loop_between") == ["timeout"]
    assert states("killed_kernel_between") == states("killed_kernel") == ["killed"]
    assert states("swallows_the_interrupt") == ["killed"]
    assert states("first_cell_divides") == states("syntax_error") == ["error"]
