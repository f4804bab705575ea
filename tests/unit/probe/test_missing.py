"""Which imports get a placeholder: a student's, of a well-known package, where no other way was thought of."""

import importlib
import importlib.util
import linecache
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau

from grader.probe import missing, placeholders
from grader.probe.cells import is_students
from grader.probe.placeholders import Placeholder


@pytest.fixture
def watcher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """What is asked of the real one, with the finders in place."""
    monkeypatch.setattr(placeholders, "KINDS", {})
    monkeypatch.setattr(Placeholder, "watcher", None)
    monkeypatch.setattr(ReduceLROnPlateau, "step", ReduceLROnPlateau.step)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    known = dict(sys.modules)
    one = SimpleNamespace(
        paused=False, errors=[], missing_modules={}, unknown_values=[], networks={}, remarks=[]
    )
    one.remark = one.remarks.append
    one.cells = SimpleNamespace(here=lambda: {"cell": 0, "line": 1})
    missing.install(one, SimpleNamespace(events=SimpleNamespace(register=lambda *_: None)))
    yield one
    for name in sys.modules.keys() - known.keys():
        if isinstance(sys.modules[name], placeholders.Module) or name == "google":
            del sys.modules[name]
    vars(torch.utils).pop("tensorboard", None)
    assert not one.errors


def run(code: str, file: str = "/tmp/ipykernel_7/1.py") -> dict[str, Any]:
    """As a cell, or a file, of this name."""
    linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
    names: dict[str, Any] = {}
    exec(compile(code, file, "exec"), names)
    return names


IMPORTS = {
    "import wandb": "wandb",
    "import seaborn as sns, torchsummary": "sns",
    "from torchmetrics.classification import MulticlassAccuracy as Accuracy": "Accuracy",
    "import plotly.express as px": "px",
    "from google.colab import drive": "drive",
    "import google.colab.files": "google",
    "from torch.utils.tensorboard import SummaryWriter": "SummaryWriter",
    "from torch.utils import tensorboard": "tensorboard",
    "from einops.layers.torch import Rearrange": "Rearrange",
    "def f():\n    import timm.models\n    return timm\nx = f()": "x",
    "import importlib\nx = importlib.import_module('wandb.sdk')": "x",
    "try:\n    import wandb\nexcept ValueError:\n    pass": "wandb",
    "try:\n    import absent_everywhere\nexcept ImportError:\n    import wandb": "wandb",
    "try:\n    import wandb\n    print(wandb.login())\nexcept Exception:\n    raise": "wandb",
}


@pytest.mark.parametrize("code", IMPORTS)
def test_a_students_import_of_a_known_package_goes_on(code: str, watcher: Any) -> None:
    assert run(code)[IMPORTS[code]] is not None
    assert watcher.remarks
    assert all("not available here" in remark and "(cell 1)" in remark for remark in watcher.remarks)
    assert watcher.missing_modules.keys() <= {"absent_everywhere"}


def test_an_import_is_remarked_once_for_a_package(watcher: Any) -> None:
    run("import plotly\nimport plotly.express as px\nfrom plotly import graph_objects\nimport plotly")
    assert watcher.remarks == [
        "plotly: not available here; a placeholder that does nothing stood in for it (cell 1)"
    ]


OTHER_WAYS = [
    "try:\n    import {}\nexcept ImportError:\n    x = 1",
    "try:\n    import {}\nexcept (ValueError, ModuleNotFoundError):\n    x = 1",
    "try:\n    import {}\n    HAVE = True\nexcept:\n    x = 1",
    "def f():\n    import {}\ntry:\n    f()\nexcept ImportError:\n    x = 1",
    "try:\n    import {0}\n    {0}.start()\n    print(3)\nexcept ImportError as error:\n    x = 1",
]


@pytest.mark.parametrize("code", OTHER_WAYS)
@pytest.mark.parametrize("name", ["wandb", "google.colab", "timm", "torch.utils.tensorboard"])
def test_another_way_is_taken(code: str, name: str, watcher: Any) -> None:
    assert run(code.format(name))["x"] == 1
    assert not watcher.remarks
    assert watcher.missing_modules.keys() == ({"timm"} if name == "timm" else set())


@pytest.mark.parametrize("name", ["torhc", "utils_of_mine", "google.generativeai"])
def test_what_nobody_knows_stays_an_error(name: str, watcher: Any) -> None:
    with pytest.raises(ModuleNotFoundError, match=name):
        run(f"import {name}")
    assert watcher.missing_modules == {name: None}


@pytest.mark.parametrize("folder", ["site-packages", "dist-packages"])
def test_installed_packages_go_on_without(folder: str, watcher: Any) -> None:
    for code in (
        "import cupy",
        "import wandb",
        "from torch.utils import tensorboard",
        "import absent_everywhere",
    ):
        with pytest.raises(ImportError):
            run(code, f"/usr/lib/{folder}/pandas/core.py")
    assert not watcher.missing_modules
    assert not watcher.remarks


def test_looking_whether_a_package_is_there_finds_none(watcher: Any) -> None:
    assert run("import importlib.util\nx = importlib.util.find_spec('wandb')")["x"] is None


def test_code_of_the_students_is_told_from_installed_code(tmp_path: Path) -> None:
    assert is_students("/tmp/ipykernel_12/33.py")
    assert is_students(str(tmp_path / "helper.py"))
    assert is_students("helper.py")
    installed = [importlib.__file__, pytest.__file__, missing.__file__, "<string>", "<frozen runpy>"]
    assert not any(map(is_students, installed))


def test_import_star_of_a_placeholder_may_hide_something(watcher: Any) -> None:
    run("from plotly import *")
    assert watcher.missing_modules == {"plotly": None}


def test_every_package_stands_in_one_list() -> None:
    assert not missing.SHOWS & missing.MEASURES
    assert not missing.OTHERS & (missing.SHOWS | missing.MEASURES)
