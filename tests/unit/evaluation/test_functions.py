"""What functions gave, beside what is right: bounds, words, known mistakes, whatever a kernel may have written."""

import inspect
import math

import pytest
import torch

from grader.catalog import load_assignment
from grader.evaluation.functions import Right, allowed, difference, distance, function_at, tried_functions
from grader.schema.assignment import PieceSpec
from grader.schema.evaluation import Tried
from grader.schema.evidence import Attempt, Evidence, Place

PIECES = {piece.id: piece for piece in load_assignment("training_toolbox").pieces}
EXACT = [piece for piece in PIECES.values() if piece.random is None]
MISTAKES = [(piece, name) for piece in EXACT for name in piece.mistakes]


def tried(piece: PieceSpec, *given: list[torch.Tensor], **more: object) -> Tried:
    """An attempt that gave these tensors, a list for each trial."""
    names = tuple(tuple(f"{t}.{n}" for n in range(len(leaves))) for t, leaves in enumerate(given))
    attempt = Attempt(
        piece=piece.id,
        function="f",
        place=Place(cell=1, line=2),
        named=True,
        trials=names,
        **more,  # type: ignore[arg-type]
    )
    tensors = {f"{t}.{n}": leaf for t, leaves in enumerate(given) for n, leaf in enumerate(leaves)}
    (found,) = tried_functions(tensors, Evidence(attempts=(attempt,)), [piece])[piece.id]
    return found


@pytest.mark.parametrize("piece", EXACT, ids=lambda piece: piece.id)
def test_the_reference_and_other_customs_are_right(piece: PieceSpec) -> None:
    right = Right(piece)
    for way in right.ways:
        found = tried(piece, *way)
        assert found.share == 1
        assert len(found.parts) == len(piece.outputs)


@pytest.mark.parametrize(("piece", "name"), MISTAKES, ids=lambda value: getattr(value, "id", value))
def test_a_known_mistake_is_wrong_by_twenty_times_the_tolerance_and_is_named(
    piece: PieceSpec, name: str
) -> None:
    right = Right(piece)
    made = right.outputs_of(name)
    off = [
        min(distance(leaf, way[trial][output]) / allowed(way[trial][output]) for way in right.ways)
        for trial, outputs in enumerate(made)
        for output, leaf in enumerate(outputs)
    ]
    assert max(off) > 20
    found = tried(piece, *made)
    assert found.share < 1
    assert found.mistake == inspect.getdoc(function_at(name))


@pytest.mark.parametrize("piece", EXACT, ids=lambda piece: piece.id)
def test_rounding_is_forgiven(piece: PieceSpec) -> None:
    rounded = [[leaf * (1 + 1e-5) for leaf in outputs] for outputs in Right(piece).ways[0]]
    assert tried(piece, *rounded).share == 1


def test_shapes_do_not_matter_and_further_outputs_neither() -> None:
    piece = PIECES["sigmoid"]
    outputs = [[torch.ones(3), o[0].reshape(-1, 1)] for o in Right(piece).ways[0]]
    assert tried(piece, *outputs).share == 1


def test_one_output_of_several_earns_its_share() -> None:
    piece = PIECES["batch_norm_train_1d"]
    (right,) = Right(piece).ways[0]
    found = tried(piece, right[:1])
    assert found.share == pytest.approx(1 / 3)
    assert found.parts[1].observed == "it gave (8, 5), and (5,) is wanted"


def test_nothing_and_no_numbers_are_wrong() -> None:
    piece = PIECES["sgd_step"]
    assert tried(piece, [], []).parts[0].observed == "it gave nothing, and (4, 3) is wanted"
    nan = [[torch.full_like(o[0], math.nan)] for o in Right(piece).ways[0]]
    assert "it gave nan" in tried(piece, *nan).parts[0].observed
    assert tried(piece, [torch.ones(4, 3, dtype=torch.int64)], [torch.ones(5)]).share == 0


def test_a_library_that_does_the_work_leaves_no_share() -> None:
    piece = PIECES["sigmoid"]
    found = tried(piece, *Right(piece).ways[0], called=("exp", "sigmoid"))
    assert found.library == ("sigmoid",)
    assert found.share == 0


def test_the_value_that_is_furthest_off_is_told_with_its_argument() -> None:
    x = torch.tensor([-1.0, 0.0, 2.0])
    words = difference([torch.tensor([0.0, 0.0, 5.0])], torch.tensor([0.0, 0.1, 2.0]), {"x": x})
    assert words == "for 2 it gave 5, and 2 is right"
    words = difference([torch.tensor(0.2)], torch.tensor(0.1), {"step": 3, "lr": 0.4})
    assert words == "for step = 3, lr = 0.4 it gave 0.2, and 0.1 is right"


def test_attempts_at_other_pieces_and_missing_tensors_are_passed_over() -> None:
    one = Attempt(piece="no such", function="f", place=Place(), named=True)
    two = Attempt(piece="sgd_step", function="f", place=Place(), named=True, trials=(("a",), ("b",)))
    three = two.model_copy(update={"named": False})
    found = tried_functions({}, Evidence(attempts=(one, two, three)), list(PIECES.values()))
    assert list(found) == ["sgd_step"]
    assert [one.named for one in found["sgd_step"]] == [
        True
    ]  # a wrong function of another name is none of it


def test_a_failed_call_keeps_its_error() -> None:
    found = tried(PIECES["relu"], error="ValueError: no")
    assert found.error == "ValueError: no"
    assert found.share == 0
