"""Hostile notebooks, graded as one class beside an honest one: no points, no leak, no lasting effect, a result each.

Attacks run only below a sandbox that was probed a moment before, aim at files, sockets and processes of this test, and
bound in themselves what they use.
"""

import ast
import os
import re
import secrets
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import psutil
import pytest

import assignments
import grader
import reference
from grader import profiles, session
from grader.datasets.store import default_cache
from grader.execution.provisioner import MARK
from grader.execution.sandbox.confinement import confinement_here
from grader.execution.sandbox.plan import Limits
from grader.pipeline import grade
from grader.schema.result import Result
from grader.session import Options
from tests.attacks.hostile.attack import BASELINES, HONEST, Attack, Link, Pipe
from tests.attacks.hostile.fates import FATES
from tests.attacks.hostile.forgeries import FORGERIES
from tests.attacks.hostile.handins import HAND_INS
from tests.attacks.hostile.leaks import LEAKS
from tests.attacks.hostile.points import POINTS
from tests.harness import as_notebook

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ATTACKS: dict[str, Attack] = POINTS | FORGERIES | LEAKS | FATES | HAND_INS
STEPS = 4  # of the honest training
CELL_SECONDS = 8.0
OWN_SECONDS = 4.0  # of the grader, on what a kernel that trains nothing left behind
LIMITS = Limits(memory=1_500 * 10**6, cpu_seconds=60, disk=400 * 10**6, file_size=200 * 10**6, processes=96)
SLEEP = f"98{os.getpid()}"  # seconds; tells our sleepers from others


@dataclass
class Class:
    """A graded class, and what the test had laid out around it."""

    folder: Path
    results: dict[str, Result] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)  # what stands for the words in @AT@ signs
    touched: list[str] = field(default_factory=list)  # listeners that somebody spoke to

    def home(self, name: str) -> Path:
        return self.folder / "results" / self.results[name].slug

    def place(self, name: str) -> Path:
        """Where the result of this attack is, whether or not there is one."""
        return self.home(name) if name in self.results else self.folder / "results" / name


def filled(text: str, words: dict[str, str]) -> str:
    for name, value in words.items():
        text = text.replace(f"@{name}@", value)
    return text


def lay_out(folder: Path, name: str, attack: Attack, words: dict[str, str]) -> None:
    """Write one hand-in."""
    if attack.script:
        nbformat.write(as_notebook(filled(attack.script, words)), folder / f"{name}.ipynb")
    for inside, content in attack.files.items():
        path = folder / filled(inside, words)
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Link):
            path.symlink_to(filled(content.target, words))
        elif isinstance(content, Pipe):
            os.mkfifo(path)
        elif isinstance(content, str):
            path.write_text(filled(content, words))
        else:
            path.write_bytes(content)


def listeners(stack: ExitStack, words: dict[str, str], path: str) -> dict[str, socket.socket]:
    """On loopback and in the test's own folder; nobody accepts, so that whoever came is still waiting afterwards."""
    made: dict[str, socket.socket] = {}
    abstract = f"grader-hostile-{os.getpid()}"
    for name, family, kind, address in (
        ("TCP", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
        ("UDP", socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
        ("SOCKET", socket.AF_UNIX, socket.SOCK_STREAM, path),
        ("ABSTRACT", socket.AF_UNIX, socket.SOCK_STREAM, f"\0{abstract}"),
    ):
        listener = stack.enter_context(socket.socket(family, kind))
        listener.bind(address)
        listener.setblocking(False)
        if kind == socket.SOCK_STREAM:
            listener.listen()
        made[name] = listener
    Path(path).chmod(0o777)
    words |= {name: str(made[name].getsockname()[1]) for name in ("TCP", "UDP")}
    words |= {"SOCKET": path, "ABSTRACT": abstract}
    return made


def spoken_to(listener: socket.socket) -> bool:
    try:
        listener.accept() if listener.type == socket.SOCK_STREAM else listener.recv(1)
    except BlockingIOError:
        return False
    return True


def words_of(folder: Path, outside: Path) -> dict[str, str]:
    """Secrets and paths; makes what is hidden."""
    prefix = "SECRET"
    hidden = outside / "hidden.txt"
    submissions, results = folder / "submissions", folder / "results"
    ours = Path(grader.__file__).parent
    known = {name: f"{prefix}{secrets.token_hex(16)}" for name in ("IN_FILE", "IN_WORK", "IN_ENVIRONMENT")}
    hidden.write_text(known["IN_FILE"])
    hidden.chmod(0o666)
    places = [outside, folder, submissions, results, Path.home(), Path.cwd(), ours, default_cache()]
    places += [Path(name) for name in ("/", "/tmp", "/var/tmp", "/dev/shm", "/etc", "/usr/bin", sys.prefix)]
    return {f"SECRET_{name}": value for name, value in known.items()} | {
        "PREFIX": prefix,
        "HIDDEN": str(hidden),
        "OUTSIDE": str(outside),
        "SUBMISSION": str(submissions / "honest" / "honest.ipynb"),
        "RESULT": str(results / "honest" / "executed.ipynb"),
        "RUBRIC": str(Path(next(iter(assignments.__path__)), "cifar_cnn", "assignment.toml")),
        "REFERENCE": str(Path(next(iter(reference.__path__)), "cifar_net.py")),
        "JUDGE": str(ours / "judging" / "judge.py"),
        "HELD_OUT": str(next(default_cache().rglob("held_out*"), "/nothing")),
        "PLACES": repr([str(place) for place in places]),
        "MARKER": f"hostile-{secrets.token_hex(4)}",
        "PARENT": str(os.getpid()),
        "SLEEP": SLEEP,
    }


@pytest.fixture(scope="module")
def safe(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skips everything where no sandbox hides answers: `grade` would refuse, and no attack runs without one."""
    found = confinement_here(LIMITS, [], [tmp_path_factory.mktemp("hidden")], False)
    if not found.level.usable:
        pytest.skip(f"no attack outside a sandbox: this machine gives {found.level.sentence}")


@pytest.fixture(scope="module")
def graded(
    safe: None, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Class]:
    """All of them, and those that they are measured by."""
    folder, outside = tmp_path_factory.mktemp("hostile"), tmp_path_factory.mktemp("outside")
    outside.chmod(0o777)
    items = [getattr(item, "callspec", None) for item in request.session.items]
    wanted = {item.params.get("name") for item in items if item is not None}
    words = words_of(folder, outside)
    made = Class(folder, words=words)
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        heard = listeners(stack, words, str(outside / "socket"))
        students = {"honest": Attack("", HONEST)} | {n: Attack("", s) for n, s in BASELINES.items()}
        students |= {name: ATTACKS[name] for name in ATTACKS if name in wanted}
        called = {}
        for name, attack in students.items():
            called[filled(attack.name or name, words)] = name
            home = folder / "submissions" / (attack.name or name)
            home.mkdir(parents=True)
            lay_out(home, name, attack, words)
        patch.setenv("GRADER_TEST_SECRET", words["SECRET_IN_ENVIRONMENT"])
        patch.setitem(profiles.QUICK_STEPS, "standin", STEPS)
        patch.setattr(session, "limits_of_kernels", lambda profile, jobs: LIMITS)
        results = folder / "results"
        done = grade(
            Options(
                folder / "submissions", "cifar_cnn", results, device="cpu", jobs=2, cell_seconds=CELL_SECONDS
            )
        )
        made.results = {called[result.student]: result for result in done.results}
        made.touched = [name for name, listener in heard.items() if spoken_to(listener)]
    yield made
    shutil.rmtree(folder, ignore_errors=True)


every_attack = pytest.mark.parametrize("name", ATTACKS)


def killed_with(result: Result) -> list[str]:
    return [cell.error for run in result.files for cell in run.cells if cell.status == "killed"]


@every_attack
def test_the_student_has_a_result_and_a_page(name: str, graded: Class) -> None:
    fault = graded.place(name) / "fault.txt"
    assert name in graded.results, fault.read_text()[-1500:] if fault.exists() else "not among the results"
    assert (graded.home(name) / "result.json").stat().st_size < 2_000_000
    assert 1_000 < (graded.home(name) / "feedback.html").stat().st_size < 1_000_000
    assert not [r for r in graded.results[name].remarks if "could not be run" in r or "evaluation" in r]


@every_attack
def test_no_task_earns_more_than_without_the_attack(name: str, graded: Class) -> None:
    bound = ATTACKS[name].at_most
    most = {task.id: task.score for task in graded.results[bound].tasks} if bound else {}
    earned = {task.id: task.score for task in graded.results[name].tasks}
    assert not {task: score for task, score in earned.items() if score > most.get(task, 0.0)}, graded.results[
        name
    ].tasks


@pytest.mark.parametrize("name", list(FORGERIES))
def test_notes_do_not_hold_up_the_class(name: str, graded: Class) -> None:
    timings = graded.results[name].timings
    assert timings["judging"] <= OWN_SECONDS, timings


@every_attack
def test_nothing_hidden_comes_out(name: str, graded: Class) -> None:
    secret = [value.encode() for word, value in graded.words.items() if word.startswith("SECRET_")]
    signs = [*secret, b"READ-IT", b"FOUND-IT", b"DONE-IT"]
    for path in graded.place(name).rglob("*"):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            assert not [sign for sign in signs if sign in data], path


@pytest.mark.parametrize("name", [name for name in ATTACKS if ATTACKS[name].says])
def test_a_death_is_said_in_words(name: str, graded: Class) -> None:
    said = killed_with(graded.results[name])
    assert any(ATTACKS[name].says in error for error in said), graded.results[name].files
    assert ATTACKS[name].says in (graded.home(name) / "feedback.html").read_text()


def test_the_honest_student_is_not_affected(graded: Class) -> None:
    honest = graded.results["honest"]
    statuses = {cell.status for run in honest.files for cell in run.cells}
    outcomes = {c.id: c.outcome for t in honest.tasks if t.id == "network" for c in t.checks}
    assert statuses == {"ran"}
    assert [outcomes[name] for name in ("architecture", "parameters", "training")] == ["passed"] * 3
    assert not [remark for remark in honest.remarks if "quick profile" not in remark]


def test_pages_of_the_class_hold_no_markup_of_students(graded: Class) -> None:
    results = graded.folder / "results"
    pages = [results / "index.html", *results.glob("*/feedback.html")]
    for page in pages:
        text = page.read_text()
        assert '<script>alert("hostile")' not in text, page
        assert "\x1b" not in text, page
    rows = (results / "gradebook.csv").read_text().splitlines()
    assert not [row for row in rows if re.match(r'"?[=+\-@]', row)]


def test_nobody_spoke_to_a_listener(graded: Class) -> None:
    assert graded.touched == []


def test_no_file_is_left_outside(graded: Class) -> None:
    marker, outside = graded.words["MARKER"], Path(graded.words["OUTSIDE"])
    assert sorted(path.name for path in outside.iterdir()) == ["hidden.txt", "socket"]
    assert (outside / "hidden.txt").read_text() == graded.words["SECRET_IN_FILE"]
    for place in map(Path, ast.literal_eval(graded.words["PLACES"])):
        assert not (place / marker).exists(), place
        assert not (place.parent / marker).exists(), place.parent
    assert not [path for path in graded.folder.rglob(marker) if "evidence" not in path.parts]
    assert not list(Path("/tmp").glob(f"grade-{os.getpid()}-*"))
    assert not list(Path("/sys/fs/cgroup").glob(f"**/grade-{os.getpid()}-*"))
    assert not (graded.folder / "results" / ".work").exists()


def test_no_process_is_left(graded: Class) -> None:
    assert not [process.pid for process in psutil.process_iter() if ours(process)]


def ours(process: psutil.Process) -> bool:
    """Whether a kernel of this test started it, or something that such a kernel started."""
    try:
        started = process.environ().get(MARK, "").startswith(f"{os.getpid()}-")
        return started or SLEEP in process.cmdline()
    except psutil.Error:
        return False
