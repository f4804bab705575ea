"""A cell that ends its kernel must not cost the cells after it: the notebook is run once more without that cell.

Not where that cell has trained: what was seen of its training until then is worth more than the cells after it.
"""

import copy
from collections.abc import Sequence
from pathlib import Path

import nbformat

from grader.execution.collect import read_evidence
from grader.schema.evidence import TrainingRun
from grader.schema.result import CellRun

MOST_DEATHS = 2  # of kernels, after which the rest is not run
SAID = "the others were run again without it"


def fatal_cell(cells: Sequence[CellRun], home: Path) -> CellRun | None:
    """The cell that ended the kernel, if others wait behind it. `home`: the evidence of that run."""
    fatal = next((cell for cell in cells if cell.status == "killed"), None)
    if fatal is None or not any(cell.status == "not_run" for cell in cells):
        return None
    trained = {run.running for run in trainings_in(home)}
    return None if fatal.cell - 1 in trained else fatal.model_copy(update={"error": f"{fatal.error}; {SAID}"})


def trainings_in(home: Path) -> list[TrainingRun]:
    try:
        return [run for run in read_evidence(home / "evidence.json").runs if run.backwards]
    except (OSError, ValueError, RecursionError):
        return []


def as_good(now: Sequence[CellRun], before: Sequence[CellRun], anew: Path, home: Path) -> bool:
    """All cells that ran before have run again, and no training of theirs is missing."""
    ran = {cell.cell for cell in now if cell.status == "ran"}
    same = all(cell.cell in ran for cell in before if cell.status == "ran")
    return bool(now) and same and len(trainings_in(anew)) >= len(trainings_in(home))


def without(notebook: nbformat.NotebookNode, dead: Sequence[CellRun]) -> nbformat.NotebookNode:
    """A copy in which these cells hold nothing; numbers and everything else stay."""
    left = copy.deepcopy(notebook)
    for cell in dead:
        left.cells[cell.cell - 1].source = ""
    return left


def put_back(left: nbformat.NotebookNode, tried: nbformat.NotebookNode, dead: Sequence[CellRun]) -> None:
    """Code and last outputs of the cells that were left out, of the run before."""
    for cell in dead:
        left.cells[cell.cell - 1] = copy.deepcopy(tried.cells[cell.cell - 1])


def together(cells: Sequence[CellRun], dead: Sequence[CellRun]) -> list[CellRun]:
    return sorted([*cells, *dead], key=lambda cell: cell.cell)
