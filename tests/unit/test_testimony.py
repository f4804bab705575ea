"""What is read back from a student's folder."""

from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grader.schema.evidence import Evidence
from grader.testimony import (
    headings_in,
    other_inputs_in,
    unreadable_in,
    watching_failed_in,
    without_network_in,
)
from tests.unit.judging.networks import Small, a_run, seen

NO_HEADING: tuple[str, ...] = ()
PICTURES = (64, 3, 32, 32)


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


def test_evidence_of_another_version_is_named(tmp_path: Path) -> None:
    for folder, text in (("1", Evidence().model_dump_json()), ("2", '{"runs": [], "of_old": 1}')):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "evidence.json").write_text(text)
    files = [SimpleNamespace(file=name) for name in ("a.ipynb", "b.ipynb", "c.ipynb")]
    execution = SimpleNamespace(evidence=("1", "2", ""), files=files)
    assert unreadable_in(tmp_path, execution) == ["b.ipynb"]  # type: ignore[arg-type]


def told(home: Path, *files: tuple[tuple[int, ...], int], channels: int = 3) -> str:
    """other_inputs_in for files with a network each, of this input shape and trained for so many steps."""
    for number, (shape, steps) in enumerate(files):
        network = seen(Small()).model_copy(update={"input_shape": shape})
        evidence = Evidence(networks=(network,), runs=(a_run(steps=steps),))
        (home / str(number)).mkdir()
        (home / str(number) / "evidence.json").write_text(evidence.model_dump_json())
    folders = ("", "nowhere", *(str(number) for number in range(len(files))))
    return other_inputs_in(home, SimpleNamespace(evidence=folders), channels)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("shape", "channels", "words"),
    [
        ((64, 32, 32, 3), 3, "64 x 32 x 32 x 3"),
        ((64, 28, 28, 3), 3, "64 x 28 x 28 x 3"),
        ((64, 3072), 3, "64 x 3072"),
        ((64, 32, 96), 3, "64 x 32 x 96"),
        ((3, 32, 32), 3, ""),  # one image, 32 of 3 x 32 would be none
        (PICTURES, 3, ""),
        ((64, 10), 3, ""),
        ((), 3, ""),
        ((64, 28, 28, 1), 1, "64 x 28 x 28 x 1"),
        ((64, 1, 28, 28), 1, ""),
        ((64, 784), 3, ""),
    ],
)
def test_images_in_another_layout_are_told_by_their_size(
    tmp_path: Path, shape: tuple[int, ...], channels: int, words: str
) -> None:
    assert told(tmp_path, (shape, 120), channels=channels) == words


def test_only_trained_networks_tell_of_another_layout(tmp_path: Path) -> None:
    assert told(tmp_path, ((64, 3072), 0)) == ""


@pytest.mark.parametrize(("steps", "words"), [(120, ""), (0, "64 x 3072")])
def test_a_trained_network_of_images_in_any_file_is_enough(tmp_path: Path, steps: int, words: str) -> None:
    assert told(tmp_path, ((64, 3072), 120), (PICTURES, steps)) == words


@pytest.mark.parametrize(
    ("errors", "networks", "failed"), [(0, 0, False), (1, 0, True), (1, 1, False), (20, 1, True)]
)
def test_a_probe_that_gave_up_or_saw_nothing_has_failed(
    tmp_path: Path, errors: int, networks: int, failed: bool
) -> None:
    evidence = Evidence(networks=(seen(Small()),) * networks, probe_errors=("Traceback",) * errors)
    (tmp_path / "1").mkdir()
    (tmp_path / "1/evidence.json").write_text(evidence.model_dump_json())
    assert watching_failed_in(tmp_path, SimpleNamespace(evidence=("1", ""))) is failed  # type: ignore[arg-type]


NO_NAME = "URLError: <urlopen error [Errno -3] Temporary failure in name resolution>"
NO_FILE = "FileNotFoundError: [Errno 2] No such file or directory: 'cifar-10-batches-py/data_batch_1'"
REFUSED = "ConnectionError: HTTPSConnectionPool(host='x', port=443): Max retries exceeded (Caused by Failed to resolve 'x')"


@pytest.mark.parametrize(
    ("error", "remark", "steps", "says"),
    [
        (NO_NAME, "", 0, "asked for the internet"),
        (REFUSED, "", 0, "asked for the internet"),
        (NO_FILE, "not run: !wget https://x/cifar-10-python.tar.gz", 0, "commands that download are not run"),
        (NO_FILE, "not run: !pip install torchinfo", 0, ""),
        (NO_FILE, "", 0, ""),
        ("NameError: name 'wget' is not defined", "not run: !wget x", 0, ""),
        (NO_NAME, "", 5, ""),
    ],
)
def test_a_notebook_that_trained_nothing_for_want_of_the_internet_is_excused(
    tmp_path: Path, error: str, remark: str, steps: int, says: str
) -> None:
    remarks = (remark,) if remark else ()
    runs = (a_run(steps=steps),) if steps else ()
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "evidence.json").write_text(Evidence(remarks=remarks, runs=runs).model_dump_json())
    cells = [SimpleNamespace(cell=4, status="error", error=error)]
    execution = SimpleNamespace(evidence=("1",), files=[SimpleNamespace(file="a.ipynb", cells=cells)])
    told = without_network_in(tmp_path, execution)  # type: ignore[arg-type]
    assert (says in told) if says else told == ""
    assert told.startswith("a.ipynb, cell 4 ") or not says
