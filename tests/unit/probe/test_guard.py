"""Faults of the probe stay away from the student, and reach the judge."""

import json
from pathlib import Path

from grader.probe.guard import guarded
from grader.probe.writer import Writer


class Failing:
    """A watcher whose notes cannot be written."""

    def __init__(self, folder: Path) -> None:
        self.paused, self.errors, self.writer = False, list[str](), Writer(folder)

    @guarded
    def flush(self) -> None:
        self.writer.save_notes({"networks": object()})


def test_errors_are_written_where_nothing_else_can_be(tmp_path: Path) -> None:
    (tmp_path / "evidence.json").write_text('{"remarks": ["before"]}')
    watcher = Failing(tmp_path)
    for _ in range(25):
        watcher.flush()
    notes = json.loads((tmp_path / "evidence.json").read_text())
    assert notes["remarks"] == ["before"]
    assert len(notes["probe_errors"]) == 20
    assert watcher.paused
    assert "not JSON serializable" in notes["probe_errors"][0]
