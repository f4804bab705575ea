"""Files are whole or not there; a hash says whether what is stored still holds."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.schema.evidence import Place
from grader.store import digest, read_model, remove_folder, source_digest, write_model, write_text


def test_a_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    write_model(tmp_path / "new/folder/place.json", Place(cell=3, line=4))
    assert read_model(tmp_path / "new/folder/place.json", Place) == Place(cell=3, line=4)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"cell": -1}', b'{"other": 1}', b"[" * 10**5])
def test_what_is_no_record_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "place.json").write_bytes(content)
    assert read_model(tmp_path / "place.json", Place) is None
    assert read_model(tmp_path / "nowhere.json", Place) is None
    assert read_model(tmp_path, Place) is None


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    write_text(path, "old")
    with path.open() as reader:
        write_text(path, "new")
        assert reader.read() == "old"
    assert path.read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    write_text(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "\ud800")
    assert path.read_text() == "old"


@given(st.lists(st.text()), st.lists(st.text()))
def test_a_digest_keeps_its_parts_apart(left: list[str], right: list[str]) -> None:
    assert (digest(*left) == digest(*right)) == (left == right)


def test_text_and_its_bytes_have_one_digest() -> None:
    assert digest("é", "b") == digest("é".encode(), b"b")
    assert len(digest()) == 24


def test_the_code_of_different_stages_has_different_digests() -> None:
    assert source_digest("judging") == source_digest("judging")
    assert len({source_digest("judging"), source_digest("probe"), source_digest("judging", "probe")}) == 3


def test_folders_nested_deeper_than_python_recurses_are_removed(tmp_path: Path) -> None:
    deep = tmp_path / "scratch"
    deep.mkdir()
    here = os.open(deep, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    remove_folder(deep)
    assert not deep.exists()
