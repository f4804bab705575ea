"""What students' notebooks do on Colab, on a GPU or at a keyboard: made harmless, said, and never an error."""

import re
from collections.abc import Mapping

import pytest

from grader.pipeline import grade
from grader.schema.result import CellRun, Result
from grader.session import Options
from tests.harness import hand_in

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CHANGED = {  # habit: its code, and what the remark says
    "pip": ("!pip install -q torchsummary", "not run: !pip install"),
    "pip_percent": ("%pip install torchinfo", "not run: %pip install"),
    "pip_this_python": ("import sys\n!{sys.executable} -m pip install torchsummary", "not run: !.*-m pip"),
    "pip_after_cd": ("!cd .. && pip install torchsummary", "not run: !cd .. && pip"),
    "pip_subprocess": (
        "import subprocess, sys\nsubprocess.check_call([sys.executable, '-m', 'pip', 'install', 'torchsummary'])",
        "not run: .*-m pip install",
    ),
    "pip_os_system": ("import os\nassert os.system('pip install torchsummary') == 0", "not run: pip install"),
    "sudo_variable": ("!DEBIAN_FRONTEND=noninteractive sudo apt-get install -y ffmpeg", "not run: !DEBIAN"),
    "nvidia_smi": ("!nvidia-smi", "not run: !nvidia-smi"),
    "output_of_shell": ("lines = !git log\nprint(lines)", "not run: !git log"),
    "wget_helper": ("!wget -q https://example.org/lab/base.py\nimport base\nbase.ConvNet", "own base.py lies"),
    "bash_cell": ("%%bash\npip install torchsummary", "not run: a %%bash cell"),
    "colab_shell_cell": ("%%shell\necho from the shell > shell.txt", "%%shell"),
    "unknown_cell_magic": ("%%wandb\nwatched = 1", "%%wandb"),
    "unknown_magic": ("%tensorflow_version 2.x", "not run: %tensorflow_version"),
    "extension": ("%load_ext tensorboard\n%tensorboard --logdir runs", "tensorboard"),
    "drive": (
        "from google.colab import drive\ndrive.mount('/content/drive')\nimport torch\n"
        "torch.save({'a': 1}, '/content/drive/MyDrive/weights.pt')",
        "google.colab.*: not available here",
    ),
    "drive_loads": (
        "assert torch.load('/content/drive/MyDrive/weights.pt') == {'a': 1}",
        "paths of Colab .* were made relative",
    ),
    "colab_files": ("from google.colab import files\nfiles.download('model.pth')", "google.colab"),
    "input": ("epochs = int(input('How many epochs? '))", "nobody is there to type"),
    "getpass": ("from getpass import getpass\nkey = getpass('API key: ')", "nobody is there to type"),
    "exit": ("exit()", "ended the cell"),
    "quit_bare": ("quit", "ended the cell"),
    "plots_notebook": ("%matplotlib notebook", "%matplotlib notebook: plots are drawn inline"),
    "plots_widget": ("%matplotlib widget", "%matplotlib widget: plots are drawn inline"),
    "plots_qt": (
        "import matplotlib\nmatplotlib.use('TkAgg')\nimport matplotlib.pyplot as plt\nplt.plot([1])\nplt.show()",
        "TkAgg",
    ),
    "style_gone": ("plt.style.use('seaborn')", "style 'seaborn'"),
    "style_unknown": ("plt.style.use(['seaborn-darkgrid', 'mylab'])", "style 'mylab' does not exist"),
    "cuda": (
        "net = torch.nn.Linear(2, 2).cuda()\nnet(torch.ones(1, 2).cuda(non_blocking=True)).sum().backward()",
        "written for a GPU",
    ),
    "torchsummary": ("from torchsummary import summary\nsummary(net, (2,))", "torchsummary: not available"),
    "tensorboard": (
        "from torch.utils.tensorboard import SummaryWriter\nw = SummaryWriter('runs/a')\n"
        "w.add_scalar('loss', 1.0, 0)\nw.close()",
        "tensorboard",
    ),
    "compile": ("net = torch.compile(net)\nnet(torch.ones(1, 2))", "torch.compile"),
    "workers": (
        "from torch.utils.data import DataLoader, TensorDataset\n"
        "loader = DataLoader(TensorDataset(torch.zeros(64, 2)), batch_size=32, num_workers=14,\n"
        "                    persistent_workers=True, prefetch_factor=4, pin_memory=True)\n"
        "assert len(list(loader)) == 2",
        "num_workers",
    ),
}  # fmt: skip

LEFT_ALONE = {  # nothing is changed, so nothing is said
    "shell": "!echo hello > hello.txt\nassert open('hello.txt').read().strip() == 'hello'",
    "progress_bars": "from tqdm.notebook import tqdm, trange\nfor _ in tqdm(range(3), desc='epoch'): pass",
    "progress_auto": "from tqdm.auto import tqdm\nfor _ in tqdm(range(3)): pass\nfrom tqdm import tqdm_notebook",
    "cuda_strings": (
        "device = torch.device('cuda:0')\nx = torch.zeros(2, 2, device='cuda').to(device)\n"
        "y = torch.nn.Linear(2, 2, device='cuda').to('cuda')(x)\n"
        "z = x.new_zeros(2, device='cuda') + torch.from_numpy(__import__('numpy').ones(2)).to(device=device)\n"
        "assert z.shape == (2,) and x.type('torch.FloatTensor') is not None"
    ),
    "cuda_module": (
        "torch.cuda.manual_seed_all(0)\ntorch.cuda.empty_cache()\ntorch.cuda.synchronize()\n"
        "torch.cuda.get_device_name(0)\ntorch.cuda.get_device_properties(0).total_memory\n"
        "torch.cuda.memory_allocated()\ntorch.zeros(1).to(torch.cuda.current_device())\n"
        "torch.zeros(1).type(torch.cuda.FloatTensor)\nscaler = torch.amp.GradScaler('cuda')"
    ),
    "cuda_parallel": "net = torch.nn.DataParallel(torch.nn.Linear(2, 2)).cuda()\nnet(torch.ones(1, 2))",
    "cuda_events": (
        "a, b = (torch.cuda.Event(enable_timing=True) for _ in range(2))\na.record()\nb.record()\n"
        "torch.cuda.synchronize()\nprint(a.elapsed_time(b))"
    ),
    "checkpoints": (
        "import os\nos.makedirs('checkpoints/best', exist_ok=True)\n"
        "torch.save(net.state_dict(), 'checkpoints/best/net.pth')\n"
        "net.load_state_dict(torch.load('checkpoints/best/net.pth', map_location='cuda'))"
    ),
    "change_folder": "%mkdir -p deep/er\n%cd deep\n!ls\n%cd ..",
    "run_helper": "%run helper.py\nassert from_helper == 42",
    "run_python": "!python helper.py --epochs 3 > said.txt\n!python3 -u helper.py --no-such-option",
    "run_with_arguments": "%run helper.py --epochs 3\nassert arguments.epochs == 3",
    "arguments": (
        "import argparse, sys\nparser = argparse.ArgumentParser()\nparser.add_argument('--epochs', default=5)\n"
        "assert parser.parse_args().epochs == 5 and len(sys.argv) == 1"
    ),
    "warnings": "import sys, warnings\nwarnings.warn('careful')\nprint('to stderr', file=sys.stderr)",
    "reload": "%load_ext autoreload\n%autoreload 2",
    "capture": "%%capture output\nprint('hidden')",
    "timed": "%%time\ntimed = 1",
    "timed_line": "%timeit -n 1 -r 1 sum(range(10))\nassert timed == 1",
    "writefile": "%%writefile written.py\nvalue = 3",
    "import_written": "import written\nassert written.value == 3 and watched == 1",
    "shell_cell_ran": "assert open('shell.txt').read().startswith('from the shell')",
    "help": "torch.nn.Linear?",
    "interactive_backend": "plt.ion()\nplt.figure()\nplt.pause(0.01)\nplt.close('all')",
    "history": "%history -l 1\n%who",
    "display": "from IPython.display import HTML, clear_output, display\ndisplay(HTML('<b>x</b>'))\nclear_output(wait=True)",
    "await": "import asyncio\nawait asyncio.sleep(0)",
    "nested_loop": "asyncio.get_event_loop().create_task(asyncio.sleep(0))",
    "seed": "def seed(n):\n    torch.manual_seed(n); torch.backends.cudnn.deterministic = True\nseed(0)",
    "bare_underscore": "1 + 1\n_",
}  # fmt: skip

HELPER = """\
import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=1)
arguments = parser.parse_args()
from_helper = 42
"""


def as_script(cells: Mapping[str, str]) -> str:
    return "\n".join(f"# %%\n{code}" for code in cells.values())


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("habits")
    submissions = folder / "submissions"
    cells = {name: code for name, (code, _) in CHANGED.items()} | LEFT_ALONE
    hand_in(submissions, "habits", as_script(cells))
    (submissions / "habits" / "helper.py").write_text(HELPER)
    given = Options(submissions=submissions, assignment="cifar_cnn", out=folder / "results", device="cpu")
    return grade(given).results[0]


def cell_of(result: Result, name: str) -> CellRun:
    return result.files[0].cells[[*CHANGED, *LEFT_ALONE].index(name)]


@pytest.mark.parametrize("name", [*CHANGED, *LEFT_ALONE])
def test_a_habit_is_no_error(result: Result, name: str) -> None:
    cell = cell_of(result, name)
    assert cell.status == "ran", cell.error


@pytest.mark.parametrize("name", CHANGED)
def test_what_was_changed_is_remarked(result: Result, name: str) -> None:
    said = CHANGED[name][1]
    assert any(re.search(said, remark) for remark in result.remarks), "\n".join(result.remarks)


def test_nothing_is_undecided_for_habits(result: Result) -> None:
    assert result.decided, result.remarks


def test_no_package_was_taken_for_missing(result: Result) -> None:
    assert not any("not installed" in remark for remark in result.remarks)
