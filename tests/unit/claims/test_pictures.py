"""Pictures that may be the table."""

import pytest

from grader.claims.pictures import picture_of_table
from grader.claims.reading import read_claims
from tests.unit.claims.notebooks import code, notebook, text

CODE = code(source="train(net)")


@pytest.mark.parametrize(
    "cell",
    [
        text("## Results\n![table](attachment:image.png)"),
        text("<img src='tableau.png'>"),
        code(source="ax.table(cellText=rows, loc='center')"),
        code(source="fig = go.Figure(go.Table(header=h, cells=c))"),
        code(source="from IPython.display import Image\nImage('results_table.png')"),
    ],
)
def test_pictures_at_the_end(cell: dict[str, object]) -> None:
    assert read_claims(notebook(CODE, CODE, cell), "lab3.ipynb").pictured == 2


@pytest.mark.parametrize(
    "cells",
    [
        [text("![logo](https://school/logo.png)"), CODE, CODE],
        [CODE, CODE, code(source="plt.imshow(images[0])\nImage('cat.png')")],
        [CODE, text("a [link](page.html)!")],
        [None, {"cell_type": "markdown", "source": 3}],
    ],
)
def test_no_pictures_of_tables(cells: list[object]) -> None:
    assert picture_of_table(cells) is None
