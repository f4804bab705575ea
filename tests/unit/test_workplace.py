"""What dead runs have left is removed when the next one starts, and nothing of those that are alive."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from grader.store import locked
from grader.workplace import unpacking_folder


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def gone() -> int:
    """The number of a process that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def left(home: Path, process: int, kind: str = "unpacked") -> Path:
    folder = home / f"grade-{process}-{kind}-abc"
    (folder / "class").mkdir(parents=True)
    (folder / "class" / "lab.ipynb").write_text("{}")
    return folder


def test_the_folder_is_empty_and_ends_with_the_run(home: Path) -> None:
    with unpacking_folder() as folder:
        assert (folder.parent, list(folder.iterdir())) == (home, [])
        assert folder.name.startswith(f"grade-{os.getpid()}-")
    assert not folder.exists()


def test_what_a_run_unpacked_before_it_was_killed_is_removed(home: Path, gone: int) -> None:
    folders = left(home, gone), left(home, os.getpid())  # numbers come again, in containers at once
    with unpacking_folder():
        assert not any(folder.exists() for folder in folders)


def test_what_may_be_in_use_stays(home: Path, gone: int) -> None:
    other_kind, living = left(home, gone, "sockets"), left(home, os.getppid())
    link = home / f"grade-{gone}-unpacked-link"
    link.symlink_to(other_kind)
    with unpacking_folder() as first, unpacking_folder():
        assert all(folder.exists() for folder in (other_kind / "class", living, link, first))


def test_what_another_run_holds_stays_although_its_number_is_not_known_here(home: Path, gone: int) -> None:
    held = left(home, gone)
    with locked(held), unpacking_folder():
        assert held.exists()


def test_another_users_folders_stay(home: Path, gone: int, monkeypatch: pytest.MonkeyPatch) -> None:
    foreign = left(home, gone)
    monkeypatch.setattr(os, "getuid", lambda: foreign.stat().st_uid + 1)
    with unpacking_folder():
        assert foreign.exists()
