"""Functions that a rubric asks for: each mistake in their description is named."""

from pathlib import Path

import pytest

from grader.catalog import load_assignment
from grader.errors import RubricError

RUBRIC = r"""
id = "lab"
title = "A lab"
dataset = "cifar10"
classes = 10
max_score = 1
[[recognise]]
pattern = 'relu'
weight = 3
[[tasks]]
id = "pieces"
title = "Pieces"
[[tasks.checks]]
id = "values"
title = "Values"
kind = "functions"
pieces = ["relu"]
points = 1
[roles]
x = ["z"]
[[pieces]]
id = "relu"
title = "ReLU"
function = "reference.toolbox.activations:relu"
names = 'relu'
trials = [{ x = "normal 4x5 0 1" }, { x = "numbers -1 0 1" }]
"""


def folder_of(tmp_path: Path, old: str = "", new: str = "") -> Path:
    assert old in RUBRIC
    home = tmp_path / "assignments" / "lab"
    home.mkdir(parents=True)
    (home / "assignment.toml").write_text(RUBRIC.replace(old, new) if old else RUBRIC)
    return home.parent


def test_a_rubric_with_pieces_loads(tmp_path: Path) -> None:
    loaded = load_assignment("lab", folder_of(tmp_path))
    assert [piece.id for piece in loaded.pieces] == ["relu"]
    assert not loaded.looks_at_images


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('["relu"]', '["rely"]', 'task "pieces", check "values": no piece "rely".'),
        ('["relu"]', '["rely"]', 'piece "relu" belongs to no check.'),
        ('pieces = ["relu"]\n', "", '"pieces" go with kind = "functions", and with no other.'),
        ('kind = "functions"', 'kind = "written"', '"pieces" go with kind = "functions"'),
        ("names = 'relu'", "names = '(relu'", "names = '(relu'; not a regular expression"),
        ("activations:relu", "activations:rely", "no function reference.toolbox.activations:rely."),
        ("toolbox.activations", "toolbox.nowhere", "no function reference.toolbox.nowhere:relu."),
        ('function = "reference', 'function = "no.such', "no function no.such.toolbox.activations:relu."),
        ("normal 4x5 0 1", "normal 4x5", 'piece "relu": "normal 4x5" is no recipe for a tensor'),
        ("normal 4x5 0 1", "nomal 4x5 0 1", '"nomal 4x5 0 1" is no recipe for a tensor'),
        ("numbers -1 0 1", "numbers one", '"numbers one" is no recipe for a tensor'),
        ("{ x = \"numbers", "{ z = \"numbers", 'piece "relu": trial 2 has other arguments than the first: z.'),
        ("title = \"ReLU\"", "titel = \"ReLU\"", 'piece "relu": unknown key "titel". Did you mean "title"?'),
        ('x = ["z"]', "x = [3]", "x = 3; must be a valid string."),
    ],
)  # fmt: skip
def test_a_mistake_in_a_piece_is_named(old: str, new: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(RubricError) as raised:
        load_assignment("lab", folder_of(tmp_path, old, new))
    assert message in str(raised.value)
