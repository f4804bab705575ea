"""What is read back from a student's folder."""

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grader.testimony import headings_in

NO_HEADING: tuple[str, ...] = ()


def test_each_cell_stands_under_its_headings_innermost_first(tmp_path: Path) -> None:
    cells = [
        new_code_cell("import torch"),
        new_markdown_cell("# Part 3\n\nSome text"),
        new_code_cell("1"),
        new_markdown_cell("## Dropout"),
        new_code_cell("2"),
        new_markdown_cell("## Batch norm\n### Results"),
        new_code_cell("3"),
        new_markdown_cell("# Part 4"),
        new_code_cell("4"),
    ]
    nbformat.write(new_notebook(cells=cells), tmp_path / "executed.ipynb")
    found = headings_in(tmp_path / "executed.ipynb")
    assert [found[i] for i in (0, 2, 4, 6, 8)] == [
        NO_HEADING,
        ("Part 3",),
        ("Dropout", "Part 3"),
        ("Results", "Batch norm", "Part 3"),
        ("Part 4",),
    ]


def test_what_is_no_notebook_has_no_headings(tmp_path: Path) -> None:
    path = tmp_path / "executed.ipynb"
    for text in ("", "[]", '{"cells": 3}', '{"cells": [{"cell_type": "markdown"}]}'):
        path.write_text(text)
        assert headings_in(path) == {}
    assert headings_in(tmp_path) == {}
