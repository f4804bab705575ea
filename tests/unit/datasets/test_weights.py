"""Published weights are whole and readable before a kernel is given them."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from grader.datasets.weights import is_whole_archive, weights_folder
from grader.errors import UsageError


def published(folder: Path, content: bytes, name: str = "") -> Path:
    path = folder / (name or f"resnet18-{hashlib.sha256(content).hexdigest()[:8]}.pth")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("below", ["", "checkpoints", "hub/checkpoints"])
def test_files_are_found_where_torch_puts_them(below: str, tmp_path: Path) -> None:
    path = published(tmp_path / "w" / below, b"weights")
    assert weights_folder(tmp_path / "w", tmp_path / "cache") == path.parent
    assert weights_folder(None, tmp_path) is None


def test_a_damaged_file_is_the_instructors_to_replace(tmp_path: Path) -> None:
    path = published(tmp_path / "w", b"weights")
    path.write_bytes(b"weigh")
    published(tmp_path / "w", b"nothing of the kind", "vgg11-8a719046.pth")
    published(tmp_path / "w", b"a file of their own", "own.pth")
    with pytest.raises(UsageError, match="2 problems") as refused:
        weights_folder(tmp_path / "w", tmp_path / "cache")
    assert f"{path.name}: damaged: expected a SHA-256 that begins with {path.stem[-8:]}" in str(refused.value)


def test_an_archive_that_is_whole_may_be_named_after_another(tmp_path: Path) -> None:
    path = tmp_path / "efficientnet_b0-00000000.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data.pkl", bytes(1_000))
    assert weights_folder(tmp_path, tmp_path / "cache") == tmp_path
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UsageError, match="damaged"):
        weights_folder(tmp_path, tmp_path / "cache")


def test_a_file_that_was_whole_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published(tmp_path / "w", b"weights")
    weights_folder(tmp_path / "w", tmp_path / "cache")
    monkeypatch.setattr("hashlib.file_digest", None)
    weights_folder(tmp_path / "w", tmp_path / "cache")


def test_a_file_that_others_may_not_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published(tmp_path, b"weights").chmod(0o600)
    monkeypatch.setattr("os.geteuid", lambda: 12_345)
    assert weights_folder(tmp_path, tmp_path / "cache") == tmp_path
    monkeypatch.setattr("os.geteuid", lambda: 0)
    with pytest.raises(UsageError, match="kernels run as other users"):
        weights_folder(tmp_path, tmp_path / "cache")


def test_a_folder_without_weights_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Expected files by the names"):
        weights_folder(tmp_path, tmp_path / "cache")


@pytest.mark.parametrize("kind", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_parts_that_are_damaged_are_no_whole_archive(kind: int, tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    with zipfile.ZipFile(path, "w", kind) as packed:
        packed.writestr("data", bytes(range(256)) * 40)
    assert is_whole_archive(path)
    intact = path.read_bytes()
    for place in range(34, 90):  # the part's content begins there
        path.write_bytes(intact[:place] + bytes([intact[place] ^ 0xFF]) + intact[place + 1 :])
        assert not is_whole_archive(path)
