"""Code that sets a learning rate by hand, and code that does not."""

from pathlib import Path

import nbformat
import pytest

from grader.claims.rates import rate_set_in
from tests.harness import as_notebook

FUNCTION = "def adjust(opt, e):\n    for g in opt.param_groups:\n        g['lr'] = 0.1 * 0.95 ** e\n"


def found(tmp_path: Path, script: str) -> int | None:
    path = tmp_path / "executed.ipynb"
    nbformat.write(as_notebook(script), path)
    return rate_set_in(path)


@pytest.mark.parametrize(
    ("script", "cell"),
    [
        ("# %%\nx = 1\n# %%\nfor g in o.param_groups:\n    g['lr'] *= 0.95\n", 2),
        (f"# %%\n{FUNCTION}# %%\nadjust(o, 1)\n", 1),
        (f"# %%\n{FUNCTION}", None),
        (
            "# %%\nclass T:\n    def fit(self):\n        self.o.param_groups[0]['lr'] = 1\n# %%\nT().fit()\n",
            1,
        ),
        ("# %%\nhistory['rate'] = o.param_groups[0]['lr']\n", None),
        ("# %%\nconfig = {'lr': 0.1}\n", None),
        ("# %%\n!pip list\n%matplotlib inline\no.param_groups[0]['lr'] = 1\n", 1),
        ("# %%\nthis is no code\n", None),
    ],
)
def test_the_first_cell_that_sets_one(tmp_path: Path, script: str, cell: int | None) -> None:
    assert found(tmp_path, script) == cell


def test_what_is_no_notebook_sets_none(tmp_path: Path) -> None:
    path = tmp_path / "x.ipynb"
    for text in ("", "[]", '{"cells": 1}', '{"cells": [1]}', "[" * 100_000):
        path.write_text(text)
        assert rate_set_in(path) is None
