"""Imports of packages that are not here: nothing right is lost, nothing wrong is forgiven, no number is made up."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader import profiles, session
from grader.pipeline import grade
from grader.schema.result import CellRun, Result
from grader.session import Options
from tests.functional.test_faulty_hand_ins import DATA, IMPORTS, NETWORK, SMALLER, STEPS, TEST, TRAINING
from tests.harness import checks_of, explain, grade_scripts, hand_in

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

LOST = {"failed", "partial", "blocked"}
METRICS = """\
metric = Accuracy(task="multiclass", num_classes=10).to("cpu")
total, best, history = 0, 0.0, []
model.eval()
with torch.no_grad():
    for images, labels in loaders[1]:
        scores = model(images)
        total += metric(scores, labels)
        metric.update(scores, labels)
acc = metric.compute().item()
history.append(acc)
print(f"accuracy {acc:.3f}", "%.2f" % (100 * acc), round(acc, 3), max(best, acc), int(100 * acc), float(acc))
print({k: f"{v:.3f}" for k, v in MetricCollection([metric]).compute().items()}, sum(history) / len(history))
if acc > best:
    best = acc
    torch.save(model.state_dict(), "best.pt")
metric.reset()
import matplotlib.pyplot as plt
plt.plot(history)
plt.show()
torch.save({"model": model.state_dict(), "acc": acc}, "last.pt")
model.load_state_dict(torch.load("last.pt")["model"])
"""
CONFIGURED = TRAINING.replace("lr=0.05", "lr=config.lr").replace(
    "    optimizer.step()", "    optimizer.step()\n    wandb.log({'images': len(images)})"
)
WRITTEN = TRAINING.replace(
    "model = ConvNet()", "model = ConvNet()\nwriter.add_graph(model, torch.zeros(1, 3, 32, 32))"
).replace("    optimizer.step()", "    optimizer.step()\n    writer.add_scalar('steps', 1, 0)")
CALLED = "def main():\n" + "".join(f"    {line}\n" for line in TRAINING.splitlines())

KEEPS_BEST = """\
model = ConvNet()
best, kept, metric = 0.0, copy.deepcopy(model.state_dict()), Accuracy()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
for images, labels in loaders[0]:
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(images), labels).backward()
    optimizer.step()
    acc = metric(model(images), labels)
    if acc > best:
        best, kept = acc, copy.deepcopy(model.state_dict())
    else:
        break
model.load_state_dict(kept)
"""


@dataclass(frozen=True)
class Work:
    """`imports`: beside the usual ones, in the first cell. `ends`: what each cell that fails says."""

    imports: str
    cells: tuple[str, ...]
    remark: str = ""
    ends: tuple[str, ...] = ()


SHOWN = {  # only shows: as if it was not there
    "torchsummary": Work(
        "from torchsummary import summary",
        (DATA, NETWORK, "summary(ConvNet(), (3, 32, 32))", TRAINING, TEST),
        r"torchsummary: not available here; a placeholder .* \(cell 1\)",
    ),
    "seaborn": Work(
        "import seaborn as sns\nsns.set_theme(style='whitegrid')",
        (
            DATA,
            NETWORK,
            TRAINING,
            TEST + "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\n"
            "sns.heatmap(torch.eye(10).numpy(), annot=True, fmt='.2f', cmap='Blues', ax=ax)\n"
            "g = sns.FacetGrid([1]).map(plt.hist, 'x')\nfor one in ax.containers + list(g.axes.flat): print(one)\n"
            "ax.set_title('confusion')\nplt.show()",
        ),
        "seaborn",
    ),
    "tensorboard": Work(
        "from torch.utils.tensorboard import SummaryWriter\nwriter = SummaryWriter('runs/a')",
        (DATA, NETWORK, WRITTEN, TEST + "writer.close()"),
        "torch.utils.tensorboard",
    ),
    "wandb": Work(
        "import wandb\nwandb.login()\nrun = wandb.init(project='lab', config={'lr': 0.05})\nconfig = wandb.config",
        (DATA, NETWORK, "wandb.watch(ConvNet())", CONFIGURED, TEST + "if wandb.run: wandb.finish()"),
        "wandb",
    ),
    "others": Work(
        "from livelossplot import PlotLosses\nimport plotly.express as px\nfrom ipywidgets import interact\n"
        "from google.colab import drive, files\ndrive.mount('/content/drive')\nimport google.colab.output",
        (
            DATA,
            NETWORK,
            "plot = PlotLosses()",
            TRAINING + "plot.update({'loss': 0.5})\nplot.send()",
            TEST + "px.line(x=[1], y=[2]).show()",
        ),
        "livelossplot",
    ),
    "unused": Work(
        "import cv2, timm, pytorch_lightning as pl\nimport albumentations as A\n"
        "from albumentations.pytorch import ToTensorV2\nfrom einops.layers.torch import Rearrange\n"
        "from transformers import AutoModel\nimport kaggle\nfrom torchmetrics.classification import Accuracy",
        (DATA, NETWORK, TRAINING, TEST),
        r"cv2: not available here; a placeholder let it be imported \(cell 1\)",
    ),
    "another_way": Work(
        "try:\n    from torchsummary import summary\nexcept ImportError:\n    summary = None\nassert summary is None\n"
        "try:\n    import google.colab\n    IN_COLAB = True\nexcept:\n    IN_COLAB = False\nassert not IN_COLAB\n"
        "import importlib.util\nassert importlib.util.find_spec('wandb') is None",
        (DATA, NETWORK, TRAINING, TEST),
    ),
}  # fmt: skip

MEASURED = {  # may have hidden something; all that was seen is judged
    "torchmetrics": Work(
        "from torchmetrics import Accuracy, MetricCollection",
        (DATA, NETWORK, TRAINING, METRICS),
        "torchmetrics: .* without any value",
    ),
    "thop": Work(
        "from thop import profile",
        (DATA, NETWORK, "macs, params = profile(ConvNet(), inputs=(torch.zeros(1, 3, 32, 32),))\n"
         "print(f'{macs / 1e6:.1f} M', params)", TRAINING, TEST),
        "thop",
    ),
}  # fmt: skip

WRONG = {  # work: the checks that it fails, and no others
    "padding": (
        Work("from torchmetrics import Accuracy, MetricCollection", (DATA, SMALLER, TRAINING, METRICS)),
        {"architecture"},
    ),
    "padding_shown": (
        Work(
            "from torchsummary import summary",
            (DATA, SMALLER, "summary(ConvNet(), (3, 32, 32))", TRAINING, TEST),
        ),
        {"architecture"},
    ),
    "no_zero_grad": (
        Work(
            "import seaborn as sns",
            (DATA, NETWORK, TRAINING.replace("    optimizer.zero_grad()\n", ""), TEST),
        ),
        {"training"},
    ),
}

HIDDEN = {  # nothing of the training is seen, or a placeholder has decided what happened
    "timm": Work(
        "import timm",
        (DATA, "model = timm.create_model('resnet18')", TRAINING.replace("model = ConvNet()\n", ""), TEST),
        ends=("No module named 'timm'", "NameError", "NameError"),
    ),
    "einops": Work(
        "from einops import rearrange",
        (DATA, NETWORK.replace("self.features(images).flatten(1)", "rearrange(self.features(images), 'b c h w')"),
         TRAINING, TEST),
        ends=("No module named 'einops'",) * 2,
    ),
    "albumentations": Work(
        "import albumentations as A",
        (DATA.replace("transforms.ToTensor()", "A.Compose([A.HorizontalFlip(0.5)])"), NETWORK, TRAINING, TEST),
        ends=("No module named 'albumentations'", "NameError", "NameError"),
    ),
    "lightning": Work(
        "import lightning as L\nclass Lit(L.LightningModule):\n    def forward(self, x): return x",
        (DATA, "model = Lit()\nL.Trainer(max_epochs=1).fit(model)"),
        ends=("No module named 'lightning'",),
    ),
    "sweep": Work(
        "import wandb",
        (DATA, NETWORK, CALLED, "wandb.agent(wandb.sweep({'method': 'grid'}), function=main, count=2)"),
    ),
    "settings": Work(
        "import wandb\nwandb.init()",
        (DATA, NETWORK, TRAINING.replace("lr=0.05", "lr=wandb.config.lr"), TEST),
        ends=("must be Number, not placeholder of wandb",),
    ),
    "loss": Work(
        "from torchmetrics import Accuracy",
        (DATA, NETWORK, TRAINING.replace("nn.functional.cross_entropy(", "Accuracy()("), TEST),
        ends=("No module named 'torchmetrics'",),
    ),
    "until_good": Work(
        "from torchmetrics import Accuracy",
        (DATA, NETWORK, "model = ConvNet()\nacc = Accuracy()(model(torch.zeros(1, 3, 32, 32)), 0)\n"
         "while acc < 0.6:\n    pass", TEST),
    ),
    "best_of": Work("import copy\nfrom torchmetrics import Accuracy", (DATA, NETWORK, KEEPS_BEST, TEST)),
}  # fmt: skip

NOT_HERE = {  # no package: an error, named
    "typo": Work("", (DATA, NETWORK, "import torhc", TRAINING, TEST), ends=("No module named 'torhc'",)),
    "own_file": Work(
        "",
        (DATA, NETWORK, "from my_model import train\ntrain(ConvNet())"),
        ends=("No module named 'my_model'",),
    ),
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    folder = tmp_path_factory.mktemp("missing")
    wrong = {name: work for name, (work, _) in WRONG.items()}
    right = {"right": Work("", (DATA, NETWORK, TRAINING, TEST))}
    for name, work in (right | SHOWN | MEASURED | wrong | HIDDEN | NOT_HERE).items():
        cells = (f"{IMPORTS}{work.imports}", *work.cells)
        hand_in(folder / "submissions", name, "\n".join(f"# %%\n{cell}" for cell in cells))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(profiles.QUICK_STEPS, "standin", STEPS)
        done = grade(Options(folder / "submissions", "cifar_cnn", folder / "results", device="cpu"))
    return {result.student: result for result in done.results}


def failed(result: Result) -> list[CellRun]:
    return [cell for cell in result.files[0].cells if cell.status != "ran"]


def outcomes(result: Result, *tasks: str) -> dict[str, str]:
    return {c.id: c.outcome for t in result.tasks if not tasks or t.id in tasks for c in t.checks}


@pytest.mark.parametrize("name", SHOWN)
def test_what_only_shows_changes_nothing(name: str, results: dict[str, Result]) -> None:
    assert not failed(results[name])
    assert outcomes(results[name]) == outcomes(results["right"]), explain(results[name])
    said = SHOWN[name].remark
    assert not said or any(re.match(said, remark) for remark in results[name].remarks), results[name].remarks


@pytest.mark.parametrize("name", MEASURED)
def test_what_measures_costs_nothing(name: str, results: dict[str, Result]) -> None:
    assert not failed(results[name])
    assert outcomes(results[name], "network") == outcomes(results["right"], "network"), explain(results[name])
    assert any(re.match(MEASURED[name].remark, remark) for remark in results[name].remarks)
    assert LOST.isdisjoint(outcomes(results[name]).values())


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_and_seen_stays_wrong(name: str, results: dict[str, Result]) -> None:
    got = checks_of(results[name])
    below = {id for id, check in got.items() if check.outcome in ("failed", "partial")}
    assert below == WRONG[name][1], explain(results[name])


@pytest.mark.parametrize("name", HIDDEN)
def test_what_a_placeholder_hides_or_decides_costs_nothing(name: str, results: dict[str, Result]) -> None:
    cells = failed(results[name])
    assert len(cells) == len(HIDDEN[name].ends), cells
    assert all(said in cell.error for said, cell in zip(HIDDEN[name].ends, cells, strict=True)), cells
    got = outcomes(results[name])
    assert LOST.isdisjoint(got.values()), explain(results[name])
    seen = {"dropout.place", "batch_norm.place", "normalization.test"}  # without any training
    assert {id for id, outcome in got.items() if outcome == "not_attempted"} <= seen
    assert got["training"] == got["accuracy"] == "undecided" or name == "best_of"


@pytest.mark.parametrize("name", NOT_HERE)
def test_a_module_that_nobody_can_install_stays_an_error(name: str, results: dict[str, Result]) -> None:
    (cell,) = failed(results[name])
    assert NOT_HERE[name].ends[0] in cell.error


def test_no_number_stands_where_there_is_none(
    results: dict[str, Result], tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = (
        tmp_path_factory.getbasetemp() / "missing0" / "results" / "torchmetrics" / "executed.ipynb"
    ).read_text()
    assert "accuracy placeholder of torchmetrics nan" in text


def test_kernels_that_import_for_themselves_have_them_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "forking_works", lambda: False)
    imports = "from torch.utils.tensorboard import SummaryWriter\nimport timm, torchmetrics"
    code = f"# %%\n{imports}\nprint(torchmetrics.Accuracy())"
    (result,) = grade_scripts({"ann": code}, tmp_path, sandbox="off").values()
    assert not failed(result)
    assert sum("not available here" in remark for remark in result.remarks) == 3
