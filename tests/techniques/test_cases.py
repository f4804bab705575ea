"""The notebooks and mutants themselves: they parse, edits apply, and the checks they name are in the rubric."""

import ast
import re

import pytest

from grader.catalog import load_assignment
from tests.techniques.cases import ALL, MUTANTS, NOTEBOOKS, NOTHING, TECHNIQUES, notebook_script


def test_every_notebook_is_listed() -> None:
    assert {path.stem for path in NOTEBOOKS.glob("*.py")} == set(TECHNIQUES)


@pytest.mark.parametrize("name", sorted(TECHNIQUES))
def test_notebook_parses(name: str) -> None:
    ast.parse(notebook_script(name))


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_edits_of_mutant_apply_and_it_parses(name: str) -> None:
    mutant = MUTANTS[name]
    assert ast.dump(ast.parse(mutant.script())) != ast.dump(
        ast.parse(mutant.notebook.read_text(encoding="utf-8"))
    )


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_mutant_fails_what_its_notebook_passes(name: str) -> None:
    mutant = MUTANTS[name]
    right = TECHNIQUES[mutant.notebook.stem].passes
    assert mutant.fails <= right
    assert mutant.passes < right  # it loses something: fails it, or has not attempted it any more
    assert mutant.passes.isdisjoint(mutant.fails)
    re.compile(mutant.says)


def test_checks_are_those_of_the_rubric() -> None:
    tasks = {check.partition(".")[0] for check in ALL}
    rubric = load_assignment("cifar_cnn")
    assert {check.id for task in rubric.tasks if task.id in tasks for check in task.checks} == ALL


def test_each_technique_is_seen_right_and_wrong_and_absent() -> None:
    for check in ALL:
        assert any(check in technique.passes for technique in TECHNIQUES.values())
        assert any(check in mutant.fails for mutant in MUTANTS.values())
    assert [name for name, technique in TECHNIQUES.items() if technique.passes == NOTHING]
