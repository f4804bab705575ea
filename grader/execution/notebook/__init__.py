"""A student's notebook or script as a notebook that is ready to run: repaired where it can be, refused where not."""

import io
import tokenize
from collections import Counter

from nbformat import NotebookNode, from_dict

from grader.errors import SubmissionError
from grader.execution.notebook.cells import notebook_cells
from grader.execution.notebook.document import document_of
from grader.execution.notebook.hosted import make_relative
from grader.execution.notebook.script import script_cells
from grader.execution.notebook.text import read_text
from grader.schema.submission import WorkFile

MOST_CELLS = 5_000  # long labs have 200; a million of them would not fit into memory
MOST_REMARKS = 50


def load_work(work: WorkFile) -> tuple[NotebookNode, list[str]]:
    """The notebook to run, format 4.5 with a Python 3 kernel and no outputs, and a remark for each repair.

    Cells keep the order and number they have in the file. A script becomes one cell, or one for each `# %%` or
    `# In[3]:` marker; `grader_first_line` in a cell's metadata is the line of the script that its first line is.
    Paths of Colab and Kaggle in code become relative (hosted.make_relative); no line is added or removed.
    `metadata.grader` holds `directories`, those to create for such paths before the run, relative to the working
    folder, and `script`, the name of the script (None for a notebook), which a kernel does not know.
    Raises SubmissionError, which names the file, when it is no readable notebook or script of Python. Writes nothing.
    """
    name = work.path.name
    remarks: list[str] = []
    text = read_text(work, remarks)
    is_json = text.lstrip().startswith("{") and '"cells"' in text
    if work.kind == "script" and is_json:
        remarks.append("a notebook under the name of a script")
    script = name if work.kind == "script" and not is_json else None
    if script:
        cells = script_cells(text, name, remarks)
        refuse_too_many(len(cells), name)
    else:
        document = document_of(text, name, remarks)
        refuse_too_many(len(document["cells"]), name)
        cells = notebook_cells(document, remarks)
    if not any(cell["cell_type"] == "code" and cell["source"].strip() for cell in cells):
        remarks.append("there is no code in it")
    metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
        "grader": {"directories": make_relative(cells, remarks), "script": script},
    }
    if len(remarks) > MOST_REMARKS:
        remarks[MOST_REMARKS:] = [f"{len(remarks) - MOST_REMARKS} more remarks on its form were left out"]
    notebook = from_dict({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells})
    return notebook, remarks


def refuse_too_many(cells: int, name: str) -> None:
    """Raises SubmissionError."""
    if cells > MOST_CELLS:
        raise SubmissionError(
            f"{name}: {cells:,} cells, more than {MOST_CELLS:,}, not run. Hand in the lab alone."
        )


def is_untouched(notebook: NotebookNode, starter: NotebookNode) -> bool:
    """Whether the student added no line of code to the starter; comments, blanks and deletions do not count."""
    return not _lines_of_code(notebook) - _lines_of_code(starter)


def _lines_of_code(notebook: NotebookNode) -> Counter[str]:
    """Lines of all code cells without comments and white space, with how often each occurs."""
    lines: Counter[str] = Counter()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            lines.update("".join(line.split()) for line in _without_comments(cell.source))
    del lines[""]
    return lines


def _without_comments(source: str) -> list[str]:
    lines = source.split("\n")
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                row, column = token.start
                lines[row - 1] = lines[row - 1][:column]
    except (tokenize.TokenError, SyntaxError):  # magics, unfinished code: only whole lines of comment go
        return [line for line in source.split("\n") if not line.lstrip().startswith("#")]
    return lines
