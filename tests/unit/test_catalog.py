"""Rubrics: every mistake is named in one go, and a class's assignment is recognised or asked for."""

import re
from pathlib import Path

import pytest

from grader.catalog import (
    all_assignments,
    assignment_folder,
    choose_assignment,
    load_assignment,
    load_calibration,
)
from grader.catalog.recognition import recognise, text_of
from grader.errors import RubricError, UsageError
from grader.schema.assignment import Assignment
from grader.schema.submission import WorkFile

RUBRIC = r"""
id = "lab"
title = "A lab"
dataset = "cifar10"
reference = "reference.net:Net"
classes = 10
layers = ["conv1"]
max_score = 3
helper_files = ["base.py"]
starter = "starter.ipynb"
[[recognise]]
pattern = 'cifar\d+'
weight = 3
[[recognise]]
pattern = '\bconv1\b'
weight = 1
[[tasks]]
id = "network"
title = "The network"
[[tasks.checks]]
id = "layers"
title = "The layers"
kind = "architecture"
points = 2
[[tasks.checks]]
id = "count"
title = "The count"
kind = "parameters"
points = 1
requires = ["layers"]
"""


def write(folder: Path, *changes: tuple[str, str], name: str = "lab") -> Path:
    """assignments/<name> with RUBRIC, each change made in it."""
    home = folder / "assignments" / name
    home.mkdir(parents=True)
    text = RUBRIC.replace('"lab"', f'"{name}"')
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (home / "assignment.toml").write_text(text)
    (home / "base.py").touch()
    (home / "starter.ipynb").touch()
    return home.parent


def mistakes(folder: Path) -> str:
    with pytest.raises(RubricError) as raised:
        load_assignment("lab", folder)
    return str(raised.value)


def test_a_right_rubric_loads(tmp_path: Path) -> None:
    folder = write(tmp_path)
    assert load_assignment("lab", folder).tasks[0].points == 3
    assert [one.id for one in all_assignments(folder)] == ["lab"]
    assert assignment_folder("lab", folder) == folder / "lab"


def test_the_shipped_assignments_are_right() -> None:
    assert "cifar_cnn" in [one.id for one in all_assignments()]


@pytest.mark.parametrize("rubric", all_assignments(), ids=lambda rubric: rubric.id)
def test_the_statement_gives_the_points_of_the_rubric(rubric: Assignment) -> None:
    statement = (assignment_folder(rubric.id) / "statement.md").read_text(encoding="utf-8")
    rows = [
        float(n) for n in re.findall(r"(?m)^\| [^*|]+ \| ([\d.]+) \|$", statement.split("| | points |")[1])
    ]
    assert sum(rows) == rubric.max_score
    for task in rubric.tasks:  # a row for each task, or for parts of it
        points, whole = 0.0, sum(check.points for check in task.checks)
        while points < whole:
            points += rows.pop(0)
        assert points == whole, task.id
    assert not rows


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('id = "lab"', "id = lab", "not valid TOML"),
        ('id = "lab"', 'id = "lap"', 'id = "lap"; must be the name of the folder, "lab".'),
        ("classes = 10", "clases = 10", 'unknown key "clases". Did you mean "classes"?'),
        ("classes = 10", "", '"classes" is missing.'),
        ("classes = 10", "classes = 1", "classes = 1; must be greater than or equal to 2."),
        ('"cifar10"', '"cifar"', 'dataset = "cifar"; must be one of cifar10, mnist. Did you mean "cifar10"?'),
        ('"parameters"', '"parameter"', 'task "network", check "count": kind = "parameter"; must be one of'),
        ('"parameters"', '"parameter"', 'Did you mean "parameters"?'),
        ("points = 1", "points = -1", 'task "network", check "count": points = -1; must be 0 or more.'),
        ("points = 1", "point = 1", 'check "count": unknown key "point". Did you mean "points"?'),
        ("points = 1", "points = 2", "max_score = 3; must be the sum of the points of all checks, 4."),
        ('["layers"]', '["layer"]', 'requires "layer", no check of this task. Did you mean "layers"?'),
        ('["layers"]', '["count"]', "checks require each other in a circle: count <- count."),
        ('["layers"]', "5", 'check "count": requires = 5;'),
        ('["conv1"]', "[3]", "layers = 3; must be a valid string."),
        ('"count"', '"layers"', 'task "network": check "layers" occurs 2 times.'),
        (r"'cifar\d+'", "'cifar('", 'recognise 1: pattern = "cifar("; not a regular expression'),
        (
            '["base.py"]',
            '["bass.py"]',
            'helper_files: no file "bass.py" in the folder. Did you mean "base.py"?',
        ),
        ('"starter.ipynb"', '"../../x.ipynb"', 'starter: no file "../../x.ipynb" in the folder.'),
        ("reference.net:Net", "Net", 'reference = "Net"; must match'),
    ],
)
def test_a_mistake_is_named_with_place_found_and_expected(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert message in mistakes(write(tmp_path, (old, new)))


def test_a_misspelt_key_is_one_problem(tmp_path: Path) -> None:
    assert "assignments/lab/assignment.toml: 1 problem. " in mistakes(write(tmp_path, ("classes", "clases")))


def test_all_mistakes_are_reported_at_once(tmp_path: Path) -> None:
    folder = write(tmp_path, ('"cifar10"', '"cifar"'), ('["layers"]', '["layer"]'), ("base.py", "bass.py"))
    assert "assignments/lab/assignment.toml: 3 problems. " in mistakes(folder)


def test_tasks_of_one_id_are_a_mistake(tmp_path: Path) -> None:
    task = RUBRIC[RUBRIC.index("[[tasks]]") :]
    folder = write(tmp_path, ("max_score = 3", "max_score = 6"), (task, task + task))
    assert 'task "network" occurs 2 times.' in mistakes(folder)


def test_every_circle_of_requirements_is_found(tmp_path: Path) -> None:
    folder = write(
        tmp_path, ('["layers"]', '["layers", "count"]'), ("points = 2", 'points = 2\nrequires = ["count"]')
    )
    assert mistakes(folder).count("in a circle") == 2


def test_mistakes_of_all_assignments_come_together(tmp_path: Path) -> None:
    write(tmp_path, ("max_score = 3", "max_score = 4"), name="one")
    folder = write(tmp_path, ("classes = 10", "classes = 0"), name="two")
    with pytest.raises(
        RubricError, match=r"(?s)one/assignment\.toml: 1 problem.*two/assignment\.toml: 1 problem"
    ):
        all_assignments(folder)


def test_a_misspelt_assignment_gets_a_near_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match='Did you mean "lab"'):
        load_assignment("lav", write(tmp_path))
    with pytest.raises(UsageError, match="There are: lab"):
        load_assignment("xyz", tmp_path / "assignments")


def test_no_calibration_is_an_empty_one(tmp_path: Path) -> None:
    assert load_calibration("lab", write(tmp_path)).runs == ()


def test_a_broken_calibration_is_reported_with_its_place(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "lab/calibration.json").write_text('{"runs": [{"steps": "many"}]}')
    with pytest.raises(RubricError, match=r"lab/calibration\.json: \d+ problems\. .*runs\.0\.steps"):
        load_calibration("lab", folder)


def lab(name: str, *cues: tuple[str, float]) -> Assignment:
    """An assignment of which only the cues matter."""
    check = {"id": "x", "title": "x", "kind": "written", "points": 1}
    return Assignment.model_validate(
        {"id": name, "title": name, "dataset": "mnist", "reference": "a:B", "classes": 2, "layers": ["a"]}
        | {"max_score": 1, "tasks": [{"id": "t", "title": "t", "checks": [check]}]}
        | {"recognise": [{"pattern": pattern, "weight": weight} for pattern, weight in cues]}
    )


CNN = lab("cnn", ("cifar10", 3), ("conv", 1))
GAN = lab("gan", ("generator", 3), ("conv", 1))


def test_a_class_is_recognised_by_its_texts() -> None:
    texts = {"ann": "cifar10 conv", "bob": "cifar10", "cy": "generator", "dan": "  "}
    assert recognise(texts, [GAN, CNN]) is CNN


def test_the_only_assignment_is_not_taken_without_evidence() -> None:
    with pytest.raises(UsageError, match="cnn 25%"):
        recognise({"ann": "conv"}, [CNN])


@pytest.mark.parametrize(
    "texts",
    [
        {"ann": "cifar10 conv", "bob": "generator conv"},
        {"ann": "conv", "bob": "conv"},
        {"ann": "cifar10 generator conv", "bob": "cifar10 generator conv"},
    ],
)
def test_a_doubtful_class_is_asked_for(texts: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=r"cnn \d+%, gan \d+%\. Say which one with --assignment ID"):
        recognise(texts, [CNN, GAN])


def test_a_class_without_text_is_asked_for() -> None:
    with pytest.raises(UsageError, match="there are: cnn"):
        recognise({"ann": ""}, [CNN])


def test_the_assignment_asked_for_needs_no_text() -> None:
    assert choose_assignment("cifar_cnn", []).id == "cifar_cnn"


def test_text_leaves_outputs_out(tmp_path: Path) -> None:
    path = tmp_path / "x.ipynb"
    path.write_text('{"cells": [{"source": ["a\\n", "b"], "outputs": ["secret"]}, {"source": "c"}]}')
    assert text_of(WorkFile(path=path, kind="notebook")) == "a\nb\nc"


@pytest.mark.parametrize(
    ("kind", "content"), [("script", "conv1 = 3"), ("notebook", '{"cells": [{"source": "\\nconv1')]
)
def test_text_of_a_script_or_a_broken_notebook_is_what_it_holds(
    tmp_path: Path, kind: str, content: str
) -> None:
    (tmp_path / "x").write_text(content)
    work = WorkFile.model_validate({"path": tmp_path / "x", "kind": kind})
    assert " conv1" in " ".join(text_of(work).split("\n")) or text_of(work) == content
    assert text_of(WorkFile(path=tmp_path / "gone", kind="script")) == ""
