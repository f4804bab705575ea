"""Arguments from recipes: of the right form, and the same in every process."""

import numpy as np
import pytest

from grader.catalog import load_assignment
from grader.datasets.trials import tensor, trials_of
from grader.schema.assignment import PieceSpec

PIECE = PieceSpec(
    id="piece",
    title="A piece",
    function="reference.toolbox.activations:relu",
    names="piece",
    trials=({"x": "normal 3x4 1 2", "lr": 0.1}, {"x": "numbers -1 0.5", "lr": 0.2}),
)


def test_a_recipe_gives_the_shape_and_the_range() -> None:
    draw = np.random.default_rng(0)
    assert np.shape(tensor("normal 3x4 0 1", draw)) == (3, 4)
    uniform = np.array(tensor("uniform 1000 2 3", draw))
    assert 2 <= uniform.min() < 2.1 < 2.9 < uniform.max() <= 3
    assert tensor("numbers -10 0 0.5", draw) == [-10.0, 0.0, 0.5]
    labels = tensor("labels 50 3", draw)
    assert set(labels) == {0, 1, 2}
    assert all(isinstance(label, int) for label in labels)
    normal = np.array(tensor("normal 10000 3 2", draw))
    assert normal.mean() == pytest.approx(3, abs=0.1)
    assert normal.std() == pytest.approx(2, abs=0.1)


def test_numbers_are_those_of_float32() -> None:
    drawn = np.array(tensor("normal 100 0 1", np.random.default_rng(0)))
    assert np.array_equal(drawn, drawn.astype(np.float32).astype(np.float64))


def test_trials_are_the_same_each_time_and_differ_between_pieces() -> None:
    other = PIECE.model_copy(update={"id": "other"})
    assert trials_of(PIECE) == trials_of(PIECE)
    assert trials_of(PIECE)[0]["x"] != trials_of(other)[0]["x"]
    assert trials_of(PIECE)[1] == {"x": [-1.0, 0.5], "lr": 0.2}


@pytest.mark.parametrize(
    "recipe", ["", "normal", "normal 3", "normal ax2 0 1", "what 3 0 1", "labels 3", "numbers x"]
)
def test_what_is_no_recipe_is_told(recipe: str) -> None:
    with pytest.raises(ValueError, match="is no recipe for a tensor"):
        tensor(recipe, np.random.default_rng(0))


def test_all_trials_of_the_toolbox_lab_can_be_made() -> None:
    for piece in load_assignment("training_toolbox").pieces:
        assert all(list(made) == list(piece.trials[0]) for made in trials_of(piece))
