"""Whatever a folder holds: every student gets a result, and what cannot be read says why."""

import csv
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import grader.schema
from grader.pipeline import grade
from grader.schema.result import ClassResult, Result
from grader.session import Options

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
SCHEMAS = Path(grader.schema.__file__).parent / "json"

IMAGE_NAME = "<img src=x onerror=alert(1)>"
FORMULA_NAME = "=cmd|' ⁄C calc'!A1"  # a slash cannot be in a folder's name; this one looks like it
LONG_NAME = "x" * 200
UNICODE_NAME = "Zoë Łukasz 李雷"
SECOND_SCRIPT = """\
import argparse

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=3)
    print("epochs", parser.parse_args().epochs, __file__)
"""


def code(source: str, **more: Any) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "metadata": {},
        "execution_count": None,
        "outputs": [],
        "source": source,
    } | more


def notebook(*sources: str, minor: int = 5, **metadata: Any) -> str:
    cells = [code(source, id=f"c{number}") for number, source in enumerate(sources)]
    document = {"nbformat": 4, "nbformat_minor": minor, "metadata": metadata, "cells": cells}
    return json.dumps(document, ensure_ascii=False)


def lay_out(root: Path) -> None:
    """One student a folder, each with another oddity."""
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}}
    old["worksheets"] = [
        {"cells": [{"cell_type": "code", "input": "print('old')", "outputs": [], "language": "python"}]}
    ]
    twice = [code("a = 1", id="same"), code("assert a == 1", id="same")]
    files: dict[str, str | bytes] = {
        "empty_file/lab.ipynb": b"",
        "truncated/lab.ipynb": notebook("a = 1", "b = 2")[:-40],
        "nothing/photo.jpg": b"\xff\xd8\xff",
        "pdf/lab.ipynb": b"%PDF-1.7",
        "not_utf8/lab.ipynb": notebook("name = 'Amélie'\nassert len(name) == 6").encode("latin-1"),
        "format_3/lab.ipynb": json.dumps(old),
        "duplicate_ids/lab.ipynb": json.dumps(
            {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": twice}
        ),
        "colab/lab.ipynb": notebook(
            "print('from Colab')", colab={"provenance": []}, accelerator="GPU", widgets={"application/x": {"a": {}}}
        ),
        "script_cells/lab.py": "# %%\na = 1\n# %% [markdown]\n# Text\n# %%\nassert a == 1\n",
        "script_main/train.py": SECOND_SCRIPT,
        "stages/stage1.py": "import common\nprint(common.VALUE)\n",
        "stages/stage2.py": "import common\nassert common.VALUE == 7\n",
        "stages/common.py": "VALUE = 7\n",
        "helper/lab.ipynb": notebook("from networks.small import VALUE\nassert VALUE == 8\nopen('data/a.txt').read()"),
        "helper/networks/small.py": "VALUE = 8\n",
        "helper/data/a.txt": "text",
        "several/part1.ipynb": notebook("one = 1"),
        "several/part2.ipynb": notebook("two = 2"),
        "several/part3.ipynb": notebook("three = 3")[:-30],
        f"{IMAGE_NAME}/lab.ipynb": notebook("# <script>alert(2)</script>"),
        f"{FORMULA_NAME}/lab.ipynb": notebook("raise ValueError('<img src=x onerror=alert(3)>\\x1b[2J')"),
        f"{LONG_NAME}/lab.ipynb": notebook(),
        f"{UNICODE_NAME}/lab.ipynb": notebook(),
    }  # fmt: skip
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hand_ins")
    lay_out(folder / "submissions")
    return folder


@pytest.fixture(scope="module")
def graded(folder: Path) -> ClassResult:
    return grade(
        Options(
            submissions=folder / "submissions",
            assignment="cifar_cnn",
            out=folder / "results",
            device="cpu",
            cell_seconds=120.0,
            jobs=2,
        )
    )


@pytest.fixture(scope="module")
def results(graded: ClassResult) -> dict[str, Result]:
    return {result.student: result for result in graded.results}


def test_nobody_is_lost(results: dict[str, Result], folder: Path) -> None:
    assert set(results) == {path.name for path in (folder / "submissions").iterdir()}


@pytest.mark.parametrize(
    ("student", "said"),
    [
        ("empty_file", "the file is empty"),
        ("truncated", "the file ends in the middle"),
        ("nothing", "no notebook or script found (found: photo.jpg)"),
        ("pdf", "a PDF"),
    ],
)
def test_what_cannot_be_read_says_why(
    student: str, said: str, results: dict[str, Result], folder: Path
) -> None:
    result = results[student]
    assert any(said in remark for remark in result.remarks), result.remarks
    assert result.files == ()
    assert said.split(" (")[0] in (folder / "results" / result.slug / "feedback.html").read_text()


@pytest.mark.parametrize(
    ("student", "said"),
    [
        ("not_utf8", "not valid UTF-8"),
        ("format_3", "nbformat 3"),
        ("duplicate_ids", "without an id of their own"),
        ("colab", "widget metadata"),
        ("several", "part3.ipynb: the file ends in the middle"),
        ("script_cells", ""),
        ("script_main", ""),
        ("helper", ""),
        ("stages", ""),
    ],
)
def test_what_can_be_repaired_runs(student: str, said: str, results: dict[str, Result]) -> None:
    cells = [cell for run in results[student].files for cell in run.cells]
    assert cells
    assert {cell.status for cell in cells} == {"ran"}, cells
    assert not said or any(said in remark for remark in results[student].remarks), results[student].remarks


@pytest.mark.parametrize(
    ("student", "files"),
    [("stages", ["stage1.py", "stage2.py"]), ("several", ["part1.ipynb", "part2.ipynb"])],
)
def test_several_files_are_one_result(
    student: str, files: list[str], results: dict[str, Result], folder: Path
) -> None:
    assert [run.file for run in results[student].files] == files
    home = folder / "results" / results[student].slug
    assert all((home / run.executed).is_file() for run in results[student].files)


def test_a_script_knows_its_name_and_its_main_part_runs(results: dict[str, Result], folder: Path) -> None:
    assert "epochs 3 train.py" in (folder / "results" / "script_main" / "executed.ipynb").read_text()


def test_results_follow_the_shipped_schemas(graded: ClassResult, folder: Path) -> None:
    one = json.loads((SCHEMAS / "result.schema.json").read_text())
    for result in graded.results:
        jsonschema.validate(json.loads((folder / "results" / result.slug / "result.json").read_text()), one)
    whole = json.loads((SCHEMAS / "results.schema.json").read_text())
    jsonschema.validate(json.loads((folder / "results" / "results.json").read_text()), whole)


def test_the_gradebook_has_everybody_and_no_formula(results: dict[str, Result], folder: Path) -> None:
    with (folder / "results" / "gradebook.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(results)
    names = [row["student"] for row in rows]
    assert f"'{FORMULA_NAME}" in names
    assert not any(name.startswith(("=", "+", "-", "@")) for name in names)


class Tags(HTMLParser):
    """Elements and attributes that can run or load something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag in ("iframe", "object", "embed") or any(name.startswith("on") for name in names):
            self.found.append(tag)
        if tag == "img" and not (names.get("src") or "").startswith("data:"):
            self.found.append(tag)


def test_hostile_names_and_messages_are_inert(results: dict[str, Result], folder: Path) -> None:
    out = folder / "results"
    pages = [out / "index.html", *(out / result.slug / "feedback.html" for result in results.values())]
    for page in pages:
        reader = Tags()
        reader.feed(page.read_text())
        assert not reader.found, page
        assert "\x1b" not in page.read_text()


def test_folders_of_results_are_safe(results: dict[str, Result], folder: Path) -> None:
    for result in results.values():
        assert len(result.slug) <= 80
        assert result.slug.isascii()
        assert (folder / "results" / result.slug / "result.json").is_file()
