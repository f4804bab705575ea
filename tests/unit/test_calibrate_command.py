"""`grade calibrate` for a lab that compares approaches."""

from pathlib import Path

import pytest

from grader.cli import WRONG_USAGE, main
from grader.evaluation.calibrate_approaches import approach_of, networks_in


def test_accuracies_of_stand_ins_calibrate_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "transfer"]) == WRONG_USAGE
    assert "give --data, the real images, and --weights" in capsys.readouterr().err


def test_networks_are_those_whose_published_file_is_there(tmp_path: Path) -> None:
    for name in (
        "squeezenet1_1-b8a52dc0.pth",
        "resnet18-f37072fd.pth",
        "resnet50-11ad3fa6.pth",
        "alexnet.txt",
    ):
        (tmp_path / name).touch()
    assert networks_in(tmp_path) == ["squeezenet1_1", "resnet18"]


def test_rows_of_the_references_table_name_their_approach() -> None:
    assert approach_of("resnet18 (finetuning)") == ("finetuning", "resnet18")
    assert approach_of("squeezenet1_1 (feat_extract)") == ("feature_extraction", "squeezenet1_1")
    assert approach_of("From scratch") == ("from_scratch", "")
