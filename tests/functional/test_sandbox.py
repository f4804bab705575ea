"""What a notebook can still do inside the sandbox, what it cannot, and what is said when it dies there."""

import json
from pathlib import Path

import nbformat
import psutil
import pytest

from grader import session
from grader.execution.sandbox.plan import Limits
from grader.schema.result import CellRun, Result
from tests.harness import grade_scripts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

STILL_WORKS = {
    "workers": "import torch\nfrom torch.utils.data import DataLoader, TensorDataset\n"
    "data = TensorDataset(torch.arange(64.).reshape(32, 2))\n"
    "print(sum(b[0].sum().item() for b in DataLoader(data, batch_size=8, num_workers=2)))",
    "saved": "torch.save({'x': torch.ones(3)}, 'x.pt')\nprint(torch.load('x.pt')['x'].sum().item())",
    "backward": "net = torch.nn.Conv2d(3, 8, 3)\nnet(torch.rand(8, 3, 32, 32)).sum().backward()\nprint(net.weight.grad)",
    "threads": "print('threads', torch.get_num_threads())\na = torch.rand(600, 600)\nprint((a @ a).shape)",
    "figure": "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.savefig('f.png')\nplt.show()",
    "shell": "!ls",
    "subprocess": "import subprocess\nprint(subprocess.run(['echo', 'from a child'], capture_output=True).stdout)",
    "python": "import sys\nprint(subprocess.run([sys.executable, '-c', 'import numpy; print(\"numpy\", 1)'],\n"
    "    capture_output=True, text=True))",
    "forked": "import os\npid = os.fork()\nif pid == 0:\n    print('a forked child prints', flush=True)\n    os._exit(0)\n"
    "os.waitpid(pid, 0)\nimport time; time.sleep(0.5)",
    "shared": "import torch.multiprocessing as mp\nx = torch.ones(4).share_memory_()\n"
    "p = mp.get_context('fork').Process(target=lambda: x.add_(1)); p.start(); p.join(); print(x.sum().item())",
    "written": "%%writefile helper_of_mine.py\nVALUE = 41",
    "imported": "import helper_of_mine\nprint(helper_of_mine.VALUE + 1)",
    "temporary": "import tempfile\nwith tempfile.TemporaryFile() as f: f.write(b'x')\nopen('/tmp/mine', 'w').write('x')",
    "user": "import getpass, os\nprint(getpass.getuser(), os.path.expanduser('~') == os.environ['HOME'])",
    "pandas": "import pandas, sklearn.metrics\nprint(pandas.DataFrame({'a': [1]}).shape)",
    "images": "import torchvision\nprint(len(torchvision.datasets.CIFAR10('data', download=True)))",
    "random": "print(torch.rand(1).item(), __import__('numpy').random.rand(), __import__('random').random())",
}  # fmt: skip

HIDDEN = """
import importlib, os
for place in {places!r}:
    for folder, folders, files in os.walk(place):
        if not {{'lib', 'site-packages'}} & set(folders) and 'torch' not in folder:
            print(folder, files[:5])
        if 'lib' in folders: folders.remove('lib')
print('processes', len([p for p in os.listdir('/proc') if p.isdigit()]))
for name in ('assignments', 'reference', 'grader.judging.judge', 'grader.execution.server'):
    try: print(name, importlib.import_module(name).__file__, os.path.exists(importlib.import_module(name).__file__))
    except ImportError: print(name, 'not there')
for path in ('/etc/shadow', '/proc/1/environ', '/proc/1/mem'):
    try: print(open(path, 'rb').read(10), 'was read')
    except OSError as error: print(path, type(error).__name__)
"""

DIES = {
    "memory": "import mmap\nshared = mmap.mmap(-1, 1_500_000_000)\nfor _ in range(1500): shared.write(bytes(1_000_000))",
    "many_requests": "import torch\ntry:\n    kept = [torch.ones(50_000_000) for _ in range(40)]\n"
    "except RuntimeError as error:\n    print('refused', error)",
    "one_request": "import torch\ntry: torch.ones(3_000_000_000)\nexcept RuntimeError as error: print('refused', error)",
    "processor": "import threading\nwhile True: pass",
    "segfault": "import ctypes\nctypes.string_at(0)",
    "leaves": "import os\nos._exit(3)",
    "disk": "for i in range(100):\n    open(f'big{i}', 'wb').write(bytes(30_000_000))\nimport time; time.sleep(30)",
    "one_file": "try:\n    f = open('big', 'wb')\n    for _ in range(20): f.write(bytes(10_000_000))\n"
    "except OSError as error: print('refused', error)\nfinally:\n    import os; os.remove('big')",
    "bomb": "import os, time\nstarted = 0\ntry:\n    while True:\n        if os.fork() == 0: time.sleep(60); os._exit(0)\n"
    "        started += 1\nexcept OSError as error: print('refused after', started, error)",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sandbox")


@pytest.fixture(scope="module")
def results(folder: Path) -> dict[str, Result]:
    places = [
        str(folder / "submissions"),
        str(folder / "results" / "works"),
        str(Path.home()),
        str(Path.cwd()),
    ]
    scripts = {
        "works": "".join(f"\n# %%\n{code}" for code in STILL_WORKS.values()),
        "looks": "# %%" + HIDDEN.format(places=places),
        **{name: f"# %%\nkept = 1\n# %%\n{code}\n# %%\nafter = 1" for name, code in DIES.items()},
    }
    limits = Limits(10**9, 12, 10**9, file_size=10**8, processes=64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "limits_of_kernels", lambda profile, jobs: limits)
        return grade_scripts(scripts, folder, cell_seconds=60.0, jobs=2)


def cells_of(result: Result) -> tuple[CellRun, ...]:
    return result.files[0].cells


def said(folder: Path, name: str, position: int) -> str:
    """The outputs of a code cell as the executed notebook holds them."""
    notebook = nbformat.read(folder / "results" / name / "executed.ipynb", as_version=4)
    return json.dumps([cell.outputs for cell in notebook.cells if cell.cell_type == "code"][position])


@pytest.mark.parametrize("name", STILL_WORKS)
def test_what_notebooks_do_still_works(name: str, results: dict[str, Result], folder: Path) -> None:
    position = list(STILL_WORKS).index(name)
    cell = cells_of(results["works"])[position]
    assert cell.status == "ran", cell.error


def test_a_figure_is_drawn(results: dict[str, Result], folder: Path) -> None:
    assert "image/png" in said(folder, "works", list(STILL_WORKS).index("figure"))


def test_output_of_a_forked_child_is_seen(results: dict[str, Result], folder: Path) -> None:
    assert "a forked child prints" in said(folder, "works", list(STILL_WORKS).index("forked"))


def test_nothing_but_its_own_is_seen(results: dict[str, Result], folder: Path) -> None:
    seen = said(folder, "looks", 0)
    assert cells_of(results["looks"])[0].status == "ran", seen
    for secret in ("ipynb", "result.json", "assignment.toml", "held_out", "was read", "judge.py"):
        assert secret not in seen, seen
    assert seen.count("not there") >= 3, seen


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("memory", "it ran out of memory (limit 1 GB)"),
        ("processor", "it used up its processor time (limit 12 s)"),
        ("segfault", "signal SIGSEGV (a memory access violation)"),
        ("leaves", "it ended its own process with exit code 3"),
        ("disk", "its files took more than 1 GB"),
    ],
)
def test_a_death_is_said_in_words(name: str, words: str, results: dict[str, Result]) -> None:
    assert cells_of(results[name])[1].error.split("; ")[0] == f"the kernel died in this cell: {words}"


@pytest.mark.parametrize("name", ["one_request", "many_requests", "one_file", "bomb"])
def test_what_a_limit_refuses_ends_only_its_cell(name: str, results: dict[str, Result], folder: Path) -> None:
    assert "refused" in said(folder, name, 1), cells_of(results[name])
    assert cells_of(results[name])[2].status == "ran"


def test_no_process_is_left(results: dict[str, Result]) -> None:
    mine = psutil.Process()
    assert not [p for p in mine.children(recursive=True) if "grader.execution" in " ".join(p.cmdline())]


def test_the_report_names_the_sandbox(results: dict[str, Result]) -> None:
    assert "none" not in results["works"].sandbox.split(";")[0]
