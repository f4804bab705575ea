"""Grades notebooks end to end, in real kernels, the way `grade` does; shared by variants, mutants and functional tests."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grader.pipeline import grade
from grader.schema.result import CheckResult, Result
from grader.session import Options

ALL = bool(os.environ.get("GRADER_ALL"))  # run every mutant, however long that takes


def some(names: Iterable[str], each: int = 3) -> list[str]:
    """In order; all of them with GRADER_ALL=1, else every third."""
    return sorted(names)[:: 1 if ALL else each]


def as_notebook(script: str) -> nbformat.NotebookNode:
    """A script with `# %%` cells as a notebook; `# %% [markdown]` cells lose their comment signs."""
    cells = []
    for number, part in enumerate(("\n" + script).split("\n# %%")[1:]):
        head, _, body = part.partition("\n")
        if "markdown" in head:
            text = "\n".join(line.removeprefix("#").removeprefix(" ") for line in body.splitlines())
            cell = new_markdown_cell(text)
        else:
            cell = new_code_cell(body.strip("\n"))
        cell["id"] = f"cell-{number}"
        cells.append(cell)
    kernel = {"name": "python3", "display_name": "Python 3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def hand_in(folder: Path, name: str, work: str | nbformat.NotebookNode) -> Path:
    """Write a notebook, or a script as one, as one student's hand-in."""
    path = folder / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(as_notebook(work) if isinstance(work, str) else work, path)
    return path


def grade_scripts(
    scripts: Mapping[str, str | nbformat.NotebookNode], folder: Path, **options: object
) -> dict[str, Result]:
    """Grade a class made of these scripts or notebooks; results by name."""
    submissions = folder / "submissions"
    for name, script in scripts.items():
        hand_in(submissions, name, script)
    given: dict[str, object] = {"assignment": "cifar_cnn", "out": folder / "results", "device": "cpu"}
    graded = grade(Options(submissions=submissions, **(given | options)))  # type: ignore[arg-type]
    return {result.student: result for result in graded.results}


def checks_of(result: Result, task: str = "network") -> dict[str, CheckResult]:
    """The checks of one task by id."""
    return next({c.id: c for c in t.checks} for t in result.tasks if t.id == task)


def explain(result: Result) -> str:
    """What a failed assertion should print."""
    lines = [
        f"{c.id}: {c.outcome} {c.score}/{c.max_score} {c.observed} | {c.expected}"
        for c in checks_of(result).values()
    ]
    return "\n".join([*lines, *result.remarks])
