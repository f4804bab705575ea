"""Files are whole or not there; a hash says whether what is stored still holds."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.schema.evidence import Place
from grader.store import (
    digest,
    flatten,
    open_up,
    read_model,
    remove_drafts,
    remove_folder,
    source_digest,
    write_model,
    write_text,
)

PLAIN_USER = 12_345


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


def test_what_a_killed_write_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    drafts = [tmp_path / ".index.html.41.part", tmp_path / "ann" / ".result.json.42.part"]
    kept = [tmp_path / "ann" / "result.json", tmp_path / "ann" / ".mine.part", tmp_path / "lab.41.part"]
    for path in (*drafts, *kept):
        write_text(path, "x")
    remove_drafts(tmp_path)
    assert not any(path.exists() for path in drafts)
    assert all(path.exists() for path in kept)


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


def as_a_plain_user(folder: Path, action: Callable[[], object]) -> bool:
    """Whether `action` returned in a child without root's rights, to which `folder` belongs and in which it runs."""
    child = os.fork()
    if child == 0:
        done = False
        try:
            os.chdir(folder)  # those above may be closed to it
            if os.getuid() == 0:
                os.chown(folder, PLAIN_USER, PLAIN_USER)
                os.setgroups([])
                os.setresgid(PLAIN_USER, PLAIN_USER, PLAIN_USER)
                os.setresuid(PLAIN_USER, PLAIN_USER, PLAIN_USER)
            action()
            done = True
        finally:
            os._exit(0 if done else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize("mode", [0o000, 0o300, 0o500, 0o600])
def test_folders_that_were_closed_to_their_owner_are_removed(mode: int, tmp_path: Path) -> None:
    def attack() -> None:
        Path("scratch/closed/inside").mkdir(parents=True)
        Path("scratch/closed/inside/file").write_text("x")
        for name in ("scratch/closed/inside", "scratch/closed", "scratch"):
            Path(name).chmod(mode)
        remove_folder(Path("scratch"))

    assert as_a_plain_user(tmp_path, attack)
    assert not (tmp_path / "scratch").exists()


def test_what_cannot_be_removed_stays(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    remove_folder(tmp_path / "file")
    remove_folder(tmp_path / "nowhere")
    assert (tmp_path / "file").read_text() == "x"


def modes(*paths: Path) -> list[int]:
    return [stat.S_IMODE(path.stat().st_mode) for path in paths]


def test_nothing_behind_a_link_and_no_file_is_opened_up(tmp_path: Path) -> None:
    scratch, outside = tmp_path / "scratch", tmp_path / "outside"
    folders = (scratch / "inside", outside / "below", outside)
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "file").write_text("x")
        (folder / "file").chmod(0o400)
        folder.chmod(0o500)
    (scratch / "link").symlink_to(outside)
    open_up(scratch)
    assert modes(*folders) == [0o700, 0o500, 0o500]
    assert modes(*(folder / "file" for folder in folders)) == [0o400] * 3


def test_a_folder_that_is_open_enough_is_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    open_up(tmp_path)
    assert modes(tmp_path) == [0o755]


def test_flat_folders_lie_side_by_side_with_their_files(tmp_path: Path) -> None:
    (tmp_path / "a/b/c").mkdir(parents=True)
    (tmp_path / "a/d").mkdir()
    for name in ("a", "a/b", "a/b/c", "a/d"):
        (tmp_path / name / "file").write_text(name)
    flatten(tmp_path)
    assert sorted(path.read_text() for path in tmp_path.glob("*/file")) == ["a", "a/b", "a/b/c", "a/d"]
    assert len(list(tmp_path.rglob("*"))) == 8


def test_nothing_behind_a_link_is_moved(tmp_path: Path) -> None:
    outside, scratch = tmp_path / "outside", tmp_path / "scratch"
    (outside / "kept").mkdir(parents=True)
    (scratch / "a").mkdir(parents=True)
    for place in (scratch, scratch / "a"):
        (place / "link").symlink_to(outside)
    flatten(scratch)
    assert (outside / "kept").is_dir()
    assert (scratch / "a/link").is_symlink()
