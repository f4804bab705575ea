"""Notebooks and scripts as students hand them in: repaired with a remark, or refused with a reason."""

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from nbclient import NotebookClient
from nbformat import NotebookNode

from grader.errors import SubmissionError
from grader.execution.notebook import MOST_CELLS, MOST_REMARKS, is_untouched, load_work
from grader.schema.submission import WorkFile

PYTHON = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def cell(source: Any = "x = 1", kind: str = "code", **more: Any) -> dict[str, Any]:
    return {"cell_type": kind, "id": more.pop("id", "a1"), "metadata": {}, "source": source, **more}


def document(*cells: Any, **more: Any) -> dict[str, Any]:
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": PYTHON, "cells": list(cells), **more}


def load(folder: Path, content: Any, name: str = "lab.ipynb") -> tuple[NotebookNode, list[str]]:
    """The content, bytes, text or a document, handed in as a file of this name; what comes out is valid."""
    text = content if isinstance(content, str | bytes) else json.dumps(content)
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    notebook, remarks = load_work(WorkFile(path=path, kind="script" if name.endswith(".py") else "notebook"))
    nbformat.validate(notebook)
    return notebook, remarks


def refused(folder: Path, content: Any, name: str = "lab.ipynb") -> str:
    with pytest.raises(SubmissionError) as raised:
        load(folder, content, name)
    assert str(raised.value).startswith(f"{name}: ")
    return str(raised.value)


def test_a_right_notebook_loads_without_a_remark(tmp_path: Path) -> None:
    notebook, remarks = load(tmp_path, document(cell(), cell("# Title", "markdown", id="b2")))
    assert remarks == []
    assert [(c.cell_type, c.source, c.id) for c in notebook.cells] == [
        ("code", "x = 1", "a1"),
        ("markdown", "# Title", "b2"),
    ]
    assert notebook.metadata.grader == {"directories": [], "script": None}


def test_stored_outputs_are_cleared(tmp_path: Path) -> None:
    stored = [{"output_type": "stream", "name": "stdout", "text": "10 / 10"}]
    notebook, remarks = load(tmp_path, document(cell(outputs=stored, execution_count=3)))
    assert (notebook.cells[0].outputs, notebook.cells[0].execution_count, remarks) == ([], None, [])


@pytest.mark.parametrize(
    ("encoding", "remark"),
    [
        ("utf-8-sig", "byte order mark"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("utf-32", "UTF-32"),
        ("cp1252", "not valid UTF-8"),
    ],
)
def test_any_encoding_is_read(tmp_path: Path, encoding: str, remark: str) -> None:
    text = json.dumps(document(cell("# évaluée")), ensure_ascii=False)
    notebook, remarks = load(tmp_path, text.encode(encoding))
    assert notebook.cells[0].source == "# évaluée"
    assert len(remarks) == 1
    assert remark in remarks[0]


V3 = {"nbformat": 3, "nbformat_minor": 0, "metadata": PYTHON}
V3_CELLS = [
    {"cell_type": "heading", "level": 2, "source": "T"},
    {"cell_type": "code", "input": ["a\n", "b"], "outputs": []},
]


def test_an_old_notebook_is_upgraded(tmp_path: Path) -> None:
    notebook, remarks = load(tmp_path, V3 | {"worksheets": [{"cells": V3_CELLS}]})
    assert [(c.cell_type, c.source) for c in notebook.cells] == [("markdown", "## T"), ("code", "a\nb")]
    assert remarks == ["its format, nbformat 3, is older than 4; upgraded"]


@pytest.mark.parametrize(
    ("content", "remark"),
    [
        (document(cell(), nbformat_minor=9), "nbformat 4.9, is newer"),
        (document(cell(), nbformat=5), "nbformat 5; read as nbformat 4"),
        (document(cell(), metadata=None), "metadata were missing"),
        (document(cell(), metadata={}), "names no kernel"),
        (document(cell(), metadata={"kernelspec": {"name": "python2"}}), "Python 2"),
        (document(cell(), metadata=PYTHON | {"widgets": {"a": {}}}), "widget metadata"),
        (document(cell(), cell()), "cells without an id of their own (1)"),
        (document(cell(id="no blanks")), "cells without an id of their own (1)"),
        (document(cell(), cell(None, id="b")), "cell 2: no source"),
        (document(cell(["x = 1", "y = 2"])), "cell 1: its lines had no line ends"),
        (document(cell("x = '\ud800'")), "cell 1: characters that are not text"),
        (document(cell(outputs="text")), "malformed stored outputs were dropped (1 cell)"),
        (document(cell(outputs=[{}])), "malformed stored outputs were dropped (1 cell)"),
        (document(cell(), cell("t", "markdown", id="b", attachments={"a.png": {}})), "attached images"),
        (document(cell(), 7), "cell 2: not a cell but int"),
        (document(cell(kind="program", outputs=[])), "cell 1: unknown cell type 'program'; taken as code"),
        (document(cell("text", "markdown")), "there is no code in it"),
        (document(), "there is no code in it"),
        ({"type": "notebook", "content": document(cell())}, 'inside another document, under "content"'),
        (json.dumps(json.dumps(document(cell()))), "stored as a string"),
        (json.dumps(document(cell())) + "\n}]}", "text after the end of the notebook (line 2)"),
        (json.dumps(document(cell(extra=float("nan")))), "NaN are not JSON"),
    ],
)
def test_a_repair_is_remarked(tmp_path: Path, content: Any, remark: str) -> None:
    _, remarks = load(tmp_path, content)
    assert len(remarks) == 1
    assert remark in remarks[0]


def test_ids_of_old_minor_versions_are_given_silently(tmp_path: Path) -> None:
    plain = {"cell_type": "code", "metadata": {}, "source": "", "outputs": []}
    notebook, remarks = load(tmp_path, document(plain, plain | {"source": "x"}, nbformat_minor=4))
    assert [c.id for c in notebook.cells] == ["cell-1", "cell-2"]
    assert remarks == []


def test_numbers_of_cells_hold_when_one_cannot_be_understood(tmp_path: Path) -> None:
    notebook, _ = load(tmp_path, document(None, "text", cell("x = 3")))
    assert notebook.cells[2].source == "x = 3"


def test_only_tags_stay_of_a_cells_metadata(tmp_path: Path) -> None:
    metadata = {"tags": ["raises-exception", 3], "collapsed": "maybe"}
    notebook, _ = load(tmp_path, document(cell() | {"metadata": metadata}))
    assert notebook.cells[0].metadata == {"tags": ["raises-exception"]}


@pytest.mark.parametrize("others", [[], ["raises-exception"]])
def test_no_cell_keeps_the_tag_for_which_nbclient_skips_it(tmp_path: Path, others: list[str]) -> None:
    skips = NotebookClient.skip_cells_with_tag.default_value
    notebook, _ = load(tmp_path, document(cell() | {"metadata": {"tags": [skips, *others]}}))
    assert notebook.cells[0].metadata == {"tags": others}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty (0 bytes)"),
        (b"\0" * 9, "the file is empty (9 bytes, none of them text)"),
        (b"PK\x03\x04rest", "a zip archive"),
        (b"%PDF-1.7", "a PDF"),
        ("<!DOCTYPE html><html>", "a web page (HTML); expected a notebook (.ipynb)"),
        (b"\x80\x04abc\0\1\2", "a binary file"),
        ('{"cells": [', "ends in the middle, at line 1"),
        ('{"cells": [{"source": "x', "ends in the middle"),
        ("import torch\n", "If it is a script, name it .py."),
        ('{"cells": [\n<<<<<<< HEAD\n', "line 2 is a merge-conflict marker"),
        ('{"cells": oops}', "line 1, column 11: not a notebook's JSON"),
        ("[" * 100_000, "cannot be read"),
        ("[]", "JSON but not a notebook"),
        ({"a": 1}, "JSON but not a notebook"),
        ({"cells": {}}, '"cells" is not a list'),
        (document(cell(), metadata={"kernelspec": {"language": "R", "name": "ir"}}), "its kernel runs R; expected Python"),
        (document(cell(), metadata={"kernelspec": {"name": "julia-1.9"}}), "its kernel runs julia-1.9"),
        (document(cell(), metadata={"language_info": {"name": "scala"}}), "its kernel runs scala"),
    ],
)  # fmt: skip
def test_what_is_no_python_notebook_is_refused(tmp_path: Path, content: Any, reason: str) -> None:
    assert reason in refused(tmp_path, content)


def test_a_file_that_is_gone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match="it cannot be read"):
        load_work(WorkFile(path=tmp_path / "gone.ipynb", kind="notebook"))


def test_a_script_without_markers_is_one_cell(tmp_path: Path) -> None:
    script = "from __future__ import annotations\nx = 1\nif __name__ == '__main__':\n    main()\n"
    notebook, remarks = load(tmp_path, script, "stage1.py")
    assert [c.source for c in notebook.cells] == [script.removesuffix("\n")]
    assert (notebook.metadata.grader.script, remarks) == ("stage1.py", [])


@pytest.mark.parametrize("marker", ["# %%", "#%%", "# %% Training", "# In[3]:", "# In[ ]:"])
def test_markers_split_a_script(tmp_path: Path, marker: str) -> None:
    notebook, _ = load(tmp_path, f"x = 1\n{marker}\ny = 2\n\n{marker}\nz = 3", "lab.py")
    assert [c.source for c in notebook.cells] == ["x = 1", f"{marker}\ny = 2\n", f"{marker}\nz = 3"]
    assert [c.metadata.grader_first_line for c in notebook.cells] == [1, 2, 5]


@pytest.mark.parametrize("text", ["# Why\n# not", '"""\nWhy\nnot\n"""'])
def test_a_markdown_marker_makes_a_text_cell(tmp_path: Path, text: str) -> None:
    notebook, _ = load(tmp_path, f"# %% [markdown]\n{text}\n# %%\nx = 1", "lab.py")
    assert (notebook.cells[0].cell_type, notebook.cells[0].source.strip()) == ("markdown", "Why\nnot")
    assert notebook.cells[0].metadata.grader_first_line == 2


@pytest.mark.parametrize("script", ['x = """\n# %%\n"""\n', "x = 1  # %%\n", "# %%time\n"])
def test_what_only_looks_like_a_marker_splits_nothing(tmp_path: Path, script: str) -> None:
    notebook, remarks = load(tmp_path, script, "lab.py")
    assert len(notebook.cells) == 1
    assert remarks == []


def test_a_marker_inside_a_block_splits_nothing(tmp_path: Path) -> None:
    notebook, remarks = load(tmp_path, "for i in range(3):\n# %%\n    print(i)\n", "lab.py")
    assert len(notebook.cells) == 1
    assert remarks == ["a cell marker stands inside a block of code; run as one cell"]


@pytest.mark.parametrize(
    ("script", "source", "remarks"),
    [
        ("# coding: latin-1\nx = 'é'".encode("latin-1"), "x = 'é'", []),
        ("x = 'é'".encode("cp1252"), "x = 'é'", ["it is not valid UTF-8; read as Windows-1252 or Latin-1"]),
        (b"# coding: klingon\nx = 1", "x = 1", ["its encoding line names no known encoding; read as UTF-8"]),
        ("\ufeffx = 1\r\n".encode(), "x = 1", []),
    ],
)
def test_the_encoding_of_a_script_is_honoured(
    tmp_path: Path, script: bytes, source: str, remarks: list[str]
) -> None:
    notebook, found = load(tmp_path, script, "lab.py")
    assert notebook.cells[0].source.endswith(source)
    assert [remark for remark in found if remark] == remarks


def test_a_notebook_named_like_a_script_is_read_as_one(tmp_path: Path) -> None:
    notebook, remarks = load(tmp_path, document(cell()), "lab.py")
    assert (notebook.cells[0].source, notebook.metadata.grader.script) == ("x = 1", None)
    assert remarks == ["a notebook under the name of a script"]


def test_a_script_with_a_merge_conflict_is_refused(tmp_path: Path) -> None:
    assert "line 2 is a merge-conflict marker" in refused(
        tmp_path, "x = 1\n<<<<<<< HEAD\n=======\n>>>>>>> b\n", "a.py"
    )


LINES = st.sampled_from(
    ["x = 1", "# %%", "#%% a", "# In[2]:", "", "    y", "'''", "# %% b", "def f():", "\ttab", "é"]
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINES, min_size=1).filter(any))
def test_a_script_keeps_every_line(tmp_path: Path, lines: list[str]) -> None:
    notebook, _ = load(tmp_path, "\n".join(lines) + "\n", "lab.py")
    assert [line for c in notebook.cells for line in c.source.split("\n")] == lines
    for c in notebook.cells:
        start = c.metadata.grader_first_line - 1
        assert c.source.split("\n") == lines[start : start + c.source.count("\n") + 1]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("open('/content/drive/MyDrive/lab/x.csv')", "open('./content/drive/MyDrive/lab/x.csv')"),
        ("%cd /content/drive/My\\ Drive/lab", "%cd ./content/drive/My\\ Drive/lab"),
        ("!unzip /content/a.zip -d /content/b/", "!unzip ./content/a.zip -d ./content/b/"),
        ("r = '/kaggle/input/cifar/train'", "r = './content/kaggle/input/cifar/train'"),
        ("os.system('ls /kaggle/working')", "os.system('ls ./content/kaggle/working')"),
        ("p = f'/content/{name}/x'", "p = f'./content/{name}/x'"),
        ("%%bash\nls /content", "%%bash\nls ./content"),
        ("!ls a \\\n  /content", "!ls a \\\n  ./content"),
    ],
)
def test_paths_of_colab_and_kaggle_become_relative(tmp_path: Path, before: str, after: str) -> None:
    notebook, remarks = load(tmp_path, document(cell(before)))
    assert notebook.cells[0].source == after
    assert remarks == ["paths of Colab or Kaggle were made relative (cell 1): /content became ./content"]


@pytest.mark.parametrize(
    ("code", "directories"),
    [
        ("open('/content/x.csv')", []),
        ("open('/content/a/b/x.csv')", ["a/b"]),
        ("p = '/content/a/'", ["a"]),
        ("open('/content/drive/MyDrive/lab/x.csv')", ["drive/MyDrive", "drive/MyDrive/lab"]),
        ("p = '/content/drive/My Drive/x.pt'", ["drive/My Drive"]),
        ("%cd /content/drive/My\\ Drive/lab", ["drive/My Drive", "drive/My Drive/lab"]),
        ("os.chdir('/content/gdrive/MyDrive/a')", ["gdrive/MyDrive", "gdrive/MyDrive/a"]),
        ("drive.mount('/content/drive')", ["drive", "drive/MyDrive"]),
        ("p = f'/content/{name}/x'", []),
        ("p = '/kaggle/input/cifar/train'", ["kaggle/input", "kaggle/input/cifar"]),
        ("open('/content/../../etc/passwd')", []),
    ],
)
def test_directories_that_such_paths_expect_are_named(
    tmp_path: Path, code: str, directories: list[str]
) -> None:
    notebook, _ = load(tmp_path, document(cell(code)))
    found = notebook.metadata.grader.directories
    assert [name.removeprefix("content/") for name in found if name != "content"] == directories


@pytest.mark.parametrize(
    "code",
    [
        "u = 'https://host/content/x.png'",
        "r = total /content",
        "r = f(a)/content/b",
        "p = 'data/content/x'",
        "p = '/contents/x'",
        "p = '/kaggle/other'",
        "p = f'{root}/content'",
    ],
)
def test_other_code_is_not_rewritten(tmp_path: Path, code: str) -> None:
    notebook, remarks = load(tmp_path, document(cell(code)))
    assert (notebook.cells[0].source, notebook.metadata.grader.directories, remarks) == (code, [], [])


@example("\\ /")
@given(st.text(alphabet="/content{}\"'\\ .*-drive\n%!cd=(", max_size=80))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rewriting_keeps_lines_and_stays_inside(tmp_path: Path, noise: str) -> None:
    code = f"'/content/{noise}'\n!ls /content{noise}"
    notebook, _ = load(tmp_path, document(cell(code)))
    assert notebook.cells[0].source.count("\n") == code.count("\n")
    for directory in notebook.metadata.grader.directories:
        assert directory.split("/")[0] == "content"
        assert not {"", ".", ".."} & set(directory.split("/"))


STARTER = ["import torch\n", "# TODO", "def train():\n    pass  # your code\n"]


@pytest.mark.parametrize(
    ("sources", "untouched"),
    [
        (STARTER, True),
        ([], True),
        (["import  torch # mine\n\n", "def train():\n    pass"], True),
        (["import torch\ndef train():\n    pass"], True),
        ([*STARTER, "# only a comment"], True),
        ([*STARTER, "x = 1"], False),
        ([*STARTER, "import torch"], False),
        (["!pip install x", *STARTER], False),
        (["import torch\n", "def train():\n    return 1\n"], False),
    ],
)
def test_a_starter_without_new_code_is_untouched(tmp_path: Path, sources: list[str], untouched: bool) -> None:
    starter, _ = load(tmp_path, document(*(cell(s, id=f"s{i}") for i, s in enumerate(STARTER))))
    handed_in, _ = load(tmp_path, document(*(cell(s, id=f"h{i}") for i, s in enumerate(sources))))
    assert is_untouched(handed_in, starter) is untouched


def test_cells_without_end_are_refused_before_they_fill_the_memory(tmp_path: Path) -> None:
    many = document(*[cell("")] * (MOST_CELLS + 1))
    assert "5,001 cells, more than 5,000" in refused(tmp_path, many)
    assert "cells, more than 5,000" in refused(tmp_path, "# %%\n" * (MOST_CELLS + 2), "lab.py")


def test_remarks_have_an_end(tmp_path: Path) -> None:
    _, remarks = load(tmp_path, document(*[cell(kind="odd")] * 200))
    assert len(remarks) == MOST_REMARKS + 1
    assert "more remarks" in remarks[-1]
