"""Notebooks that fail, hang, die or misbehave: each gets a page that says so, and the others go on."""

import json
from pathlib import Path

import nbformat
import psutil
import pytest

from grader.execution import client
from grader.execution.client import OUTPUT_BYTES
from grader.execution.provisioner import MARK
from grader.schema.result import CellRun, Result
from tests.harness import grade_scripts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
LIMIT = 6.0  # seconds a cell; far more than any cell here needs that is meant to end

NOTEBOOKS = {
    "errors": [
        "survivor = 1",
        "1 / 0",
        "def broken(:",
        "import sys\nsys.exit('no data')",
        "raise SystemExit",
        "import package_that_is_nowhere",
        "raise ValueError('x' * 3_000_000)",
        "class Odd(Exception):\n    def __str__(self): raise RuntimeError('no text')\nraise Odd()",
        "assert survivor == 1\nprint('after all of them')",
    ],
    "loops": ["import time\nwhile True: time.sleep(0.01)", "while True: pass", "print('after the loops')"],
    "stubborn": [
        "first = 1",
        "import time\nwhile True:\n    try:\n        while True: time.sleep(0.01)\n    except BaseException: pass",
        "never = 1",
    ],
    "exits": ["import os\nprint('so far', flush=True)", "os._exit(1)", "never = 1"],
    "killed": ["import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "never = 1"],
    "dies_often": [f"import os\nprint({n}, flush=True)\nos._exit({n})" for n in range(4)] + ["never = 1"],
    "dies_later": [
        "import os, threading\nthreading.Timer(1, os._exit, [3]).start()",
        "import time\ntime.sleep(60)",
        "never = 1",
    ],
    "prints": [
        "for _ in range(300): print('x' * 100_000)",
        "print('y' * 30_000_000)",
        "from IPython.display import HTML, display\nfor _ in range(300): display(HTML('z' * 100_000))",
        "import sys\nfor _ in range(300): print('w' * 100_000, file=sys.stderr)",
        "print('still here')",
    ],
    "leaves_processes": [
        "import subprocess\nchild = subprocess.Popen(['sleep', '987'], start_new_session=True)",
        "import os\nif os.fork() == 0:\n    os.setsid()\n    import time\n    time.sleep(987)\n    os._exit(0)",
        "get_ipython().system_raw('sleep 987 &')",
    ],
    "no_folder": [
        "import os, shutil\nshutil.rmtree(os.getcwd())",
        "import torch\nprint(torch.zeros(2).sum().item())",
        "import package_that_is_nowhere",
        "print('still here')",
    ],
    "tidies_up": [
        "import glob, os, shutil\nfor p in glob.glob(os.path.expanduser('~/../**/*'), recursive=True):\n"
        "    if os.path.isdir(p): shutil.rmtree(p, ignore_errors=True)",
        "print('still here')",
    ],
    "closes_output": ["import sys\nsys.stdout.close()", "print('lost?')", "import os\nos.close(1); os.close(2)", "x = 1"],
    "odd_messages": [
        "kernel = get_ipython().kernel\n"
        "for content in ({}, {'data': None, 'metadata': None}, {'data': {'text/plain': 5}, 'metadata': []}):\n"
        "    kernel.session.send(kernel.iopub_socket, 'display_data', content, parent=kernel.get_parent())",
        "content = {'ename': 1, 'evalue': None, 'traceback': None}\n"
        "kernel.session.send(kernel.iopub_socket, 'error', content, parent=kernel.get_parent())",
        "print('still here')",
    ],
    "empty": [],
    "only_text": ["# nothing but a comment"],
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trouble")


@pytest.fixture(scope="module")
def results(folder: Path) -> dict[str, Result]:
    scripts = {name: "\n".join(f"# %%\n{code}" for code in cells) for name, cells in NOTEBOOKS.items()}
    return grade_scripts(scripts, folder, cell_seconds=LIMIT, jobs=2)


def cells_of(result: Result) -> tuple[CellRun, ...]:
    return result.files[0].cells


def statuses(result: Result) -> list[str]:
    return [cell.status for cell in cells_of(result)]


def outputs(folder: Path, name: str) -> list[str]:
    """Each code cell's outputs as the executed notebook holds them."""
    notebook = nbformat.read(folder / "results" / name / "executed.ipynb", as_version=4)
    return [json.dumps(cell.outputs) for cell in notebook.cells if cell.cell_type == "code"]


def test_everybody_has_a_result_and_a_page(results: dict[str, Result], folder: Path) -> None:
    assert set(results) == set(NOTEBOOKS)
    assert all((folder / "results" / name / "feedback.html").stat().st_size < 200_000 for name in NOTEBOOKS)


def test_cells_after_an_error_run(results: dict[str, Result], folder: Path) -> None:
    assert "after all of them" in outputs(folder, "errors")[-1]


def test_each_cell_has_its_status(results: dict[str, Result]) -> None:
    error = ["error"]
    assert statuses(results["errors"]) == ["ran", *error * 3, "ran", *error * 3, "ran"]


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (2, "ZeroDivisionError: division by zero"),
        (3, "SyntaxError: invalid syntax (line 1)"),
        (4, "SystemExit: no data"),
        (6, "ModuleNotFoundError"),
    ],
)
def test_an_error_is_in_the_table_and_in_the_notebook(
    number: int, said: str, results: dict[str, Result], folder: Path
) -> None:
    assert cells_of(results["errors"])[number - 1].error.startswith(said)
    assert said.partition(":")[0] in outputs(folder, "errors")[number - 1]


def test_an_endless_error_message_is_cut(results: dict[str, Result], folder: Path) -> None:
    assert len(cells_of(results["errors"])[6].error) <= 300
    assert (folder / "results" / "errors" / "executed.ipynb").stat().st_size < 2 * OUTPUT_BYTES


@pytest.mark.parametrize("number", [1, 2])
def test_an_endless_loop_is_interrupted_within_its_limit(
    number: int, results: dict[str, Result], folder: Path
) -> None:
    loop = cells_of(results["loops"])[number - 1]
    assert (loop.status, loop.error) == ("timeout", "interrupted after 6 s")
    assert loop.seconds is not None
    assert LIMIT <= loop.seconds < LIMIT + 5
    assert "after the loops" in outputs(folder, "loops")[2]


def test_a_loop_that_ignores_the_interrupt_is_killed(results: dict[str, Result]) -> None:
    assert statuses(results["stubborn"]) == ["ran", "killed", "ran"]
    assert "ignored; its kernel was killed" in cells_of(results["stubborn"])[1].error


@pytest.mark.parametrize("name", ["exits", "killed", "dies_later"])
def test_a_dead_kernel_is_said(name: str, results: dict[str, Result]) -> None:
    number = statuses(results[name]).index("killed")
    assert "kernel died" in cells_of(results[name])[number].error
    assert "the others were run again without it" in cells_of(results[name])[number].error
    assert statuses(results[name])[number + 1 :] == ["ran"]
    assert not results[name].decided


def test_after_two_deaths_the_rest_is_not_run(results: dict[str, Result], folder: Path) -> None:
    assert statuses(results["dies_often"]) == ["killed", "killed", "killed", "not_run", "not_run"]
    printed = outputs(folder, "dies_often")
    assert [str(n) in printed[n] for n in range(5)] == [True, True, True, False, False], printed


def test_output_before_a_death_is_kept(results: dict[str, Result], folder: Path) -> None:
    assert "so far" in outputs(folder, "exits")[0]


def test_endless_output_is_cut_and_says_so(results: dict[str, Result], folder: Path) -> None:
    assert statuses(results["prints"]) == ["ran"] * 5
    assert (folder / "results" / "prints" / "executed.ipynb").stat().st_size < 4.1 * OUTPUT_BYTES
    assert all("was left out" in output for output in outputs(folder, "prints")[:4])
    assert "still here" in outputs(folder, "prints")[4]


def test_processes_left_behind_are_ended(results: dict[str, Result]) -> None:
    assert statuses(results["leaves_processes"]) == ["ran"] * 3
    assert not [p.pid for p in psutil.process_iter() if marked(p)]


def marked(process: psutil.Process) -> bool:
    """Whether a kernel started it that this test's process started."""
    try:
        return process.environ().get(MARK, "").startswith(f"{psutil.Process().pid}-")
    except psutil.Error:
        return False


def test_a_notebook_that_deletes_its_folder_goes_on(results: dict[str, Result], folder: Path) -> None:
    assert statuses(results["no_folder"]) == ["ran", "ran", "error", "ran"]
    assert cells_of(results["no_folder"])[2].error.startswith("ModuleNotFoundError")
    assert "still here" in outputs(folder, "no_folder")[3]


def test_a_notebook_that_deletes_the_evidence_is_undecided(results: dict[str, Result]) -> None:
    assert statuses(results["tidies_up"]) == ["ran", "ran"]
    assert any("probe" in remark for remark in results["tidies_up"].remarks) or results["tidies_up"].decided


def test_closed_output_streams_lose_only_themselves(results: dict[str, Result]) -> None:
    assert statuses(results["closes_output"])[-1] == "ran"


def test_messages_of_no_known_form_lose_only_themselves(results: dict[str, Result], folder: Path) -> None:
    assert statuses(results["odd_messages"])[::2] == ["ran", "ran"]
    assert "still here" in outputs(folder, "odd_messages")[2]
    assert not any("could not be run" in remark for remark in results["odd_messages"].remarks)


def test_outputs_that_a_message_too_large_takes_with_it_are_said_to_be_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "MESSAGE_BYTES", 1_000_000)
    cells = ["print('before')", "print('x' * 2_000_000)", "print('after')", "1 / 0"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    result = grade_scripts({"large": notebook}, tmp_path)["large"]
    assert [cell.status for cell in result.files[0].cells] == ["ran", "ran", "ran", "error"]
    assert f"cell 2: {client.LOST}" in result.remarks
    before, large, after, _ = outputs(tmp_path, "large")
    assert ("before" in before, client.LOST in large, after) == (True, True, "[]")


@pytest.mark.parametrize("name", ["empty", "only_text"])
def test_nothing_to_run_is_nothing_attempted(name: str, results: dict[str, Result]) -> None:
    assert results[name].score == 0
    assert results[name].decided, results[name].remarks


def test_no_scratch_is_left(results: dict[str, Result], folder: Path) -> None:
    assert not (folder / "results" / ".work").exists()
