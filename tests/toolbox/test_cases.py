"""The hand-ins and mutants themselves: they parse, edits apply, each known mistake is made; the statement and the rubric."""

import ast
import re

import nbformat
import pytest

from grader.catalog import assignment_folder, load_assignment
from grader.schema.assignment import PieceSpec
from tests.toolbox.cases import CHECKS, MUTANTS, NOTEBOOKS, VARIANTS, notebook_script

RUBRIC = load_assignment("training_toolbox")
FOLDER = assignment_folder("training_toolbox")


def test_every_notebook_is_listed() -> None:
    assert {path.stem for path in NOTEBOOKS.glob("*.py")} == set(VARIANTS)


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_notebook_parses(name: str) -> None:
    ast.parse(notebook_script(name))


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_edits_of_mutant_apply_and_it_parses(name: str) -> None:
    mutant = MUTANTS[name]
    assert ast.dump(ast.parse(mutant.script())) != ast.dump(ast.parse(notebook_script(mutant.notebook.stem)))
    assert mutant.fails
    assert mutant.fails <= CHECKS
    re.compile(mutant.says)


def test_each_check_has_a_mutant_that_fails_no_other() -> None:
    assert {next(iter(m.fails)) for m in MUTANTS.values() if len(m.fails) == 1} == CHECKS


def test_each_piece_is_in_one_check() -> None:
    asked = [piece for task in RUBRIC.tasks for check in task.checks for piece in check.pieces]
    assert sorted(asked) == sorted(piece.id for piece in RUBRIC.pieces)


def test_points_of_the_statement_are_those_of_the_rubric() -> None:
    statement = (FOLDER / "statement.md").read_text(encoding="utf-8")
    stated = [float(points) for points in re.findall(r"^\| [^|*]+ \| ([\d.]+) \|$", statement, re.MULTILINE)]
    assert stated == [check.points for task in RUBRIC.tasks for check in task.checks]
    assert sum(stated) == RUBRIC.max_score


def signature(name: str) -> ast.FunctionDef:
    return next(node for node in STUBS if node.name == name)


STARTER = nbformat.read(FOLDER / "starter.ipynb", as_version=4)
STUBS = [
    node
    for cell in STARTER.cells
    if cell.cell_type == "code"
    for node in ast.parse(cell.source).body
    if isinstance(node, ast.FunctionDef)
]


@pytest.mark.parametrize("piece", RUBRIC.pieces, ids=lambda piece: str(piece.id))
def test_stub_and_statement_have_the_arguments_of_the_trials(piece: PieceSpec) -> None:
    name, trial = piece.id, list(piece.trials[0])
    stub = signature(name)
    arguments = [argument.arg for argument in stub.args.args]
    assert arguments[: len(trial)] == trial
    assert set(arguments[len(trial) :]) <= {"slope", "alpha"}
    statement = (FOLDER / "statement.md").read_text(encoding="utf-8")
    arguments_as_stated = ast.unparse(stub.args).replace("1e-05", "1e-5")
    assert f"`{name}({arguments_as_stated})`" in statement


def test_starter_runs_as_it_is() -> None:
    names: dict[str, object] = {}
    for cell in STARTER.cells:
        if cell.cell_type == "code":
            exec(cell.source, names)
    nbformat.validate(STARTER)
