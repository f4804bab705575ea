"""Only known names, regular files and bounded sizes come home from the kernel."""

import json
import os
from pathlib import Path

import pytest

from grader.execution import collect as collecting
from grader.execution.collect import collect, read_evidence


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The kernel's folder, with an empty evidence.json."""
    folder = tmp_path / "kernel"
    folder.mkdir()
    (folder / "evidence.json").write_text("{}")
    return folder


def brought(source: Path) -> list[str]:
    home = source.parent / "home"
    collect(source, home)
    return sorted(path.name for path in home.iterdir())


def test_known_names_are_copied_and_others_are_not(source: Path) -> None:
    known = ["net0.eval.json", "net0.safetensors", "net0.train.json", "phase12.safetensors"]
    unknown = [
        "net0.pt",
        "net00000.eval.json",
        "evidence.json.bak",
        "evidence.json\n",
        ".evidence.json",
        "..json",
    ]
    for name in known + unknown:
        (source / name).write_bytes(b"x")
    (source / "net1.safetensors").mkdir()
    assert brought(source) == ["evidence.json", *known]
    assert collect(source, source.parent / "home") == ""


def test_links_are_not_followed(source: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("labels")
    (source / "net0.eval.json").symlink_to(tmp_path / "secret")
    (source / "evidence.json").unlink()
    (source / "evidence.json").symlink_to(tmp_path / "secret")
    assert brought(source) == []


def test_a_folder_that_became_a_link_is_empty(source: Path) -> None:
    other = source.parent / "other"
    other.symlink_to(source)
    assert brought(other) == []
    assert brought(source.parent / "nowhere") == []


@pytest.mark.timeout(10)
def test_a_pipe_does_not_block(source: Path) -> None:
    os.mkfifo(source / "net0.eval.json")
    os.mkfifo(source / "phase0.safetensors")
    assert brought(source) == ["evidence.json"]


def test_what_cannot_be_opened_is_left(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (source / "net0.eval.json").write_bytes(b"x")
    (source / "net0.eval.json").chmod(0)
    opened = os.open

    def refusing(path: Path, flags: int) -> int:
        if path.name == "net0.eval.json":
            raise PermissionError(path)
        return opened(path, flags)

    monkeypatch.setattr(os, "open", refusing)
    assert brought(source) == ["evidence.json"]


def test_a_file_that_is_too_large_is_left(source: Path) -> None:
    for name, size in (("net0.eval.json", 5_000_001), ("net1.eval.json", 5_000_000)):
        with (source / name).open("wb") as file:
            file.truncate(size)
    assert brought(source) == ["evidence.json", "net1.eval.json"]


def test_all_files_together_are_bounded(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "TOTAL", 10)
    for number in range(4):
        (source / f"net{number}.safetensors").write_bytes(b"x" * 3)
    assert brought(source) == ["evidence.json", "net0.safetensors", "net1.safetensors"]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"networks": 5}', '{"grade": 20}', '{"device": NaN}', "[" * 10**6],
)
def test_broken_notes_are_told(source: Path, text: str) -> None:
    (source / "evidence.json").write_text(text)
    assert collect(source, source.parent / "home").startswith("the probe's notes are not what it writes: ")


def test_bytes_that_are_no_text_are_told(source: Path) -> None:
    (source / "evidence.json").write_bytes(b"\xff\xfe\x00")
    assert "not what it writes" in collect(source, source.parent / "home")


def test_missing_notes_are_told(source: Path) -> None:
    (source / "evidence.json").unlink()
    assert collect(source, source.parent / "home") == "the kernel ended before the probe had written anything"


def test_wrong_fields_are_a_value_error(tmp_path: Path) -> None:
    (tmp_path / "evidence.json").write_text(json.dumps({"device": 1, "grade": 20}))
    with pytest.raises(ValueError, match="2 fields are wrong"):
        read_evidence(tmp_path / "evidence.json")


def test_graphs_are_bounded_together(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "GRAPHS", 5)
    for number in range(4):
        (source / f"net{number}.eval.json").write_bytes(b"xx")
        (source / f"net{number}.safetensors").write_bytes(b"xx")
    assert len([name for name in brought(source) if name.endswith("eval.json")]) == 2
    assert len([name for name in brought(source) if name.endswith("safetensors")]) == 4


def test_no_more_than_is_left_for_a_student_comes_home(source: Path) -> None:
    (source / "net0.safetensors").write_bytes(b"x" * 10)
    home = source.parent / "home"
    collect(source, home, 9)
    assert sorted(path.name for path in home.iterdir()) == ["evidence.json"]


def test_notes_that_changed_are_read_again(source: Path) -> None:
    path = source / "evidence.json"
    assert read_evidence(path) is read_evidence(path)
    path.write_text('{"device": "other"}')
    assert read_evidence(path).device == "other"
