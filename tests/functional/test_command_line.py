"""`grade` as typed: answers at once, says what is wrong, and its exit code tells whether somebody must look."""

import csv
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grader.cli import calibrate_parser, check_parser, export_parser, parser, review_parser

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ROOT = Path(__file__).parents[2]
LAB = "# Convolutional network on CIFAR-10\nfc4 = nn.Linear(1024, 1000); conv1 = nn.Conv2d(3, 32, 5); nn.MaxPool2d(2)"


def run(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "grader", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=240)


def write(folder: Path, *cells: nbformat.NotebookNode) -> Path:
    folder.mkdir(parents=True)
    nbformat.write(new_notebook(cells=list(cells)), folder / "lab.ipynb")
    return folder.parent


@pytest.fixture
def text_only(tmp_path: Path) -> Path:
    """A class of one, of the lab by its text, that needs no kernel."""
    return write(tmp_path / "class" / "ann", new_markdown_cell(LAB))


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], []])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys\nfrom grader.cli import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit: pass\n"
        "print([m for m in ('torch', 'numpy', 'nbclient', 'nbformat', 'pydantic', 'rich') if m in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "[]"


def test_help_and_readme_name_the_same_options() -> None:
    rows = dict(re.findall(r"^\| `(--[^`]+)` \| (.+) \|$", (ROOT / "README.md").read_text(), re.MULTILINE))
    documented = {row.split()[0]: row.partition(" ")[2].replace("\\", "") for row in rows}
    actions = [a for a in parser()._actions if a.option_strings and a.dest not in ("help", "version")]
    offered = {
        a.option_strings[-1]: "" if a.nargs == 0 else a.metavar or "|".join(map(str, a.choices or ()))
        for a in actions
    }
    assert documented == offered


def test_readme_commands_are_accepted() -> None:
    blocks = re.findall(r"^    grade (.+?)(?:\s+#.*)?$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert len(blocks) >= 4
    for line in blocks:
        word, *rest = line.split()
        own = {
            "calibrate": calibrate_parser,
            "check": check_parser,
            "export": export_parser,
            "review": review_parser,
        }
        if word in own:
            own[word]().parse_args(shlex.split(" ".join(rest)))
        else:
            parser().parse_args(line.split())


def test_exit_codes_of_the_help_are_those_of_the_readme() -> None:
    help_text, readme = parser().format_help(), (ROOT / "README.md").read_text()
    for code in ("0", "1", "2", "130"):
        assert re.search(rf"^.*\b{code} +[a-z]", help_text, re.MULTILINE)
        assert re.search(rf"\b{code}: ", readme)


def test_the_labs_are_listed(tmp_path: Path) -> None:
    (tmp_path / "assignments").mkdir()  # as in the project's own folder
    ended = run("assignments", cwd=tmp_path)
    assert ended.returncode == 0
    assert re.search(r"^cifar_cnn +\S.*\(\d+ points\)$", ended.stdout, re.MULTILINE)


def test_every_mark_decided_is_0(text_only: Path, tmp_path: Path) -> None:
    ended = run(text_only, "--device", "cpu", cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert {path.name for path in (tmp_path / "results").iterdir()} == {
        "index.html",
        "results.json",
        "gradebook.csv",
        "review.csv",
        "ann",
    }
    assert "index.html" in ended.stdout


def test_something_undecided_is_1(text_only: Path, tmp_path: Path) -> None:
    write(text_only / "bob", new_code_cell(f"import os\nos._exit(1)\n{LAB}"))
    ended = run(text_only, "--device", "cpu", cwd=tmp_path)
    assert ended.returncode == 1, ended.stderr
    assert "a person must look: bob" in ended.stdout


def test_a_run_that_is_ended_clears_up_as_after_ctrl_c(text_only: Path, tmp_path: Path) -> None:
    write(text_only / "bob", new_code_cell(f"import time\ntime.sleep(60)\n{LAB}"))
    command = [sys.executable, "-m", "grader", "class", "--device", "cpu"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as running:
        evidence = tmp_path / "results" / ".work" / str(running.pid)
        while running.poll() is None and not list(evidence.glob("*/*")):
            time.sleep(0.1)
        running.terminate()
        assert running.wait(60) == 130
    assert not (tmp_path / "results" / ".work").exists()
    assert not list(Path(tempfile.gettempdir()).glob(f"grade-{running.pid}-*"))


def test_one_file_can_be_graded(text_only: Path, tmp_path: Path) -> None:
    ended = run(text_only / "ann" / "lab.ipynb", "--out", "here", "--device", "cpu", cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "here" / "lab" / "feedback.html").is_file()


def test_a_class_is_graded_as_the_platform_packed_it(text_only: Path, tmp_path: Path) -> None:
    notebook = text_only / "ann" / "lab.ipynb"
    with zipfile.ZipFile(tmp_path / "rendu.zip", "w") as packed:
        packed.write(notebook, "tp/lab.ipynb")
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as packed:
        packed.write(notebook, "Ann B_31_assignsubmission_file_/lab.ipynb")
        packed.write(tmp_path / "rendu.zip", "Zoé C_32_assignsubmission_file_/rendu.zip")
    ended = run("class.zip", "--device", "cpu", cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    results = json.loads((tmp_path / "results" / "results.json").read_text())["results"]
    assert [(one["student"], one["lms_id"]) for one in results] == [("Ann B", "31"), ("Zoé C", "32")]
    assert "rendu.zip: unpacked" in results[1]["remarks"]
    again = run("class.zip", "--device", "cpu", "--rejudge", cwd=tmp_path)
    assert again.returncode == 0, again.stderr


def test_work_in_an_archive_that_cannot_be_opened_is_undecided(text_only: Path, tmp_path: Path) -> None:
    (text_only / "bob.rar").write_bytes(b"Rar!")
    ended = run(text_only, "--device", "cpu", cwd=tmp_path)
    assert ended.returncode == 1, ended.stderr
    assert "a person must look: bob" in ended.stdout
    assert (
        "bob.rar: an archive, not looked into" in (tmp_path / "results" / "bob" / "feedback.html").read_text()
    )


def test_a_second_run_of_an_archive_executes_nothing(text_only: Path, tmp_path: Path) -> None:
    notebook = text_only / "ann" / "lab.ipynb"
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as packed:
        packed.write(notebook, "tp/annb_1_2_lab.ipynb")
        packed.write(notebook, "tp/benc_2_3_lab.ipynb")
    assert run("class.zip", "--device", "cpu", cwd=tmp_path).returncode == 0
    records = [tmp_path / "results" / name / "execution.json" for name in ("annb", "benc")]
    before = [record.stat().st_mtime_ns for record in records]
    assert run("class.zip", "--device", "cpu", cwd=tmp_path).returncode == 0
    assert [record.stat().st_mtime_ns for record in records] == before


def test_results_go_into_a_grade_book(text_only: Path, tmp_path: Path) -> None:
    assert run(text_only, "--device", "cpu", cwd=tmp_path).returncode == 0
    (tmp_path / "book.csv").write_text("Student,ID,Section,Lab (1)\nAnn,5,A,\n")
    ended = run("export", "canvas", "--template", "book.csv", cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "book-graded.csv").read_text().splitlines()[1] == "Ann,5,A,0"


def test_a_person_s_points_stay_until_something_else_is_handed_in(text_only: Path, tmp_path: Path) -> None:
    def points() -> float:
        return float(json.loads((tmp_path / "results" / "ann" / "result.json").read_text())["score"])

    assert run(text_only, "--device", "cpu", cwd=tmp_path).returncode == 0
    sheet = tmp_path / "results" / "review.csv"
    (line,) = csv.DictReader(sheet.read_text(encoding="utf-8-sig").splitlines())
    with sheet.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(line))
        table.writeheader()
        table.writerow(line | {"points": "3", "comment": "Well reasoned."})
    ended = run("review", cwd=tmp_path)
    assert (ended.returncode, points()) == (0, 3), ended.stderr
    assert "1 mark settled by a person, 0 waiting." in ended.stdout
    assert run(text_only, "--device", "cpu", "--force", cwd=tmp_path).returncode == 0
    assert points() == 3
    assert "Well reasoned." in (tmp_path / "results" / "ann" / "feedback.html").read_text()
    write(tmp_path / "more" / "ann", new_markdown_cell(LAB + "\nAnd more."))
    ended = run("more", "--device", "cpu", cwd=tmp_path)
    assert (ended.returncode, points()) == (0, 0)
    assert "1 mark for a person" in ended.stdout
    assert "3 points for an earlier hand-in" in sheet.read_text(encoding="utf-8-sig")


def test_a_student_checks_their_own_notebook(text_only: Path, tmp_path: Path) -> None:
    ended = run("check", text_only / "ann" / "lab.ipynb", "--device", "cpu", cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    page = tmp_path / "check-results" / "lab" / "feedback.html"
    assert page.is_file()
    said = " ".join(ended.stdout.split())
    for words in ("0 of 16 points so far", "Standardisation not attempted 0/2", "Look at next 1 ", str(page)):
        assert words in said
    assert "median" not in said


def test_what_a_notebook_prints_of_itself_needs_no_terminal(text_only: Path, tmp_path: Path) -> None:
    (tmp_path / "random.py").write_text("raise SystemExit('a module beside the notebook')")
    notebook = text_only / "ann" / "lab.ipynb"
    forced = {"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1", "TERM": "xterm-color"}  # as in Jupyter's kernels
    code = f"import grader; grader.check({str(notebook)!r})"
    command = [sys.executable, "-P", "-c", code]
    ended = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | forced,
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )
    assert "0 of 16 points so far" in ended.stdout
    assert "\x1b" not in ended.stdout


def test_a_notebook_may_check_itself_while_it_is_graded(tmp_path: Path) -> None:
    cell = f"import grader\ngrader.check()\n{LAB}".replace("fc4", "pass  # fc4")
    folder = write(tmp_path / "class" / "ann", new_code_cell(cell))
    ended = run("check", folder / "ann" / "lab.ipynb", "--device", "cpu", cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    executed = (tmp_path / "check-results" / "lab" / "executed.ipynb").read_text()
    assert "this notebook is being graded" in executed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["export", "canvas"], "no results.json"),
        (["export", "excel"], "invalid choice: 'excel'"),
        (["check", "class"], "class: a folder; give your notebook"),
        (["check", "lab.ipynb"], "lab.ipynb: no such file; give your notebook"),
        (["check", "class.zip"], "class.zip: no notebook; give your notebook"),
        (["nowhere"], "nowhere: no such file or folder"),
        (["class", "--assignment", "cifar_cn"], 'Did you mean "cifar_cnn"?'),
        (["class", "--device", "gpu"], "expected auto, cpu, cuda or cuda:N"),
        (["class", "--device", "cpu:0"], "expected auto, cpu, cuda or cuda:N"),
        (["class", "--jobs", "0"], "--jobs 0: expected 1 or more"),
        (["class", "--jobs", "two"], "invalid int value: 'two'"),
        (["class", "--profile", "fast"], "invalid choice: 'fast'"),
        (["class", "--force", "--rejudge"], "give one of them"),
        (["class", "--only", "anna"], "Did you mean ann?"),
        (["class", "--data", "nowhere"], "nowhere"),
        (["class", "--rejudge"], "nothing is stored"),
        (["class", "--out", "class/ann/lab.ipynb"], "--out class/ann/lab.ipynb"),
        (["class", "--out", "class"], "--out class: the hand-ins lie there"),
        (["class", "--data", "~nobody-of-that-name/x"], "no such user"),
        (["c" * 300], "File name too long"),
        ([""], "an empty name was given"),
        (["/dev/null"], "/dev/null: neither a folder, an archive of one, nor a notebook"),
        (["calibrate", "cifar_cnn", "--device", "gpu"], "expected auto, cpu, cuda or cuda:N"),
        (["calibrate", "cifar_cnn", "--steps", "0"], "--steps 0: expected 1 or more"),
        (["empty"], "empty: no submissions"),
        (["class", "--strict"], "unrecognized arguments: --strict"),
    ],
)
def test_wrong_usage_is_2_and_says_what_is_wrong(
    arguments: list[str], said: str, text_only: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as packed:
        packed.write(text_only / "ann" / "lab.ipynb", "lab.ipynb")
    ended = run(*arguments, cwd=tmp_path)
    assert ended.returncode == 2, ended.stderr
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "results").exists()
    assert not (tmp_path / "check-results").exists()


def test_an_unrecognised_class_lists_the_candidates(tmp_path: Path) -> None:
    ended = run(write(tmp_path / "poems" / "ann", new_markdown_cell("# Roses are red")), cwd=tmp_path)
    assert ended.returncode == 2
    assert re.search(r"cannot tell which assignment .*cifar_cnn \d+%.* --assignment ID", ended.stderr)


def test_results_are_json_for_machines(text_only: Path, tmp_path: Path) -> None:
    run(text_only, "--device", "cpu", cwd=tmp_path)
    result = json.loads((tmp_path / "results" / "ann" / "result.json").read_text())
    assert (result["student"], result["score"], result["max_score"]) == ("ann", 0.0, 20.0)
