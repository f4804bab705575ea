"""Folders of kernels: short enough for sockets, and removed after a run that was killed."""

import os
import tempfile
from pathlib import Path

import pytest

from grader.execution.provisioner import clear_after, socket_folder


def test_sockets_have_short_paths_wherever_temporary_files_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / ("x" * 120)
    home.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(home))
    made = Path(socket_folder())
    assert len(os.fsencode(made / "channels" / "kernel-65535")) <= 107
    clear_after(os.getpid())
    assert not made.exists()
