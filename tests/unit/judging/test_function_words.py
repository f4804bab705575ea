"""What a student reads of a function that is not right: which it is, for which argument, and what to look at."""

import pytest
import torch

from grader.evaluation.functions import argument_of
from grader.judging.candidates import Circumstances
from grader.judging.checks.functions import functions
from grader.schema.assignment import PieceSpec
from grader.schema.evaluation import Part, Tried
from grader.schema.evidence import Place

RELU = PieceSpec(
    id="relu",
    title="ReLU",
    function="reference.toolbox.activations:relu",
    names="relu",
    trials=({"x": "normal 3 0 1"},),
)


def attempt(name: str, observed: str = "it gave 1", error: str = "", mistake: str = "") -> Tried:
    return Tried(
        function=name,
        place=Place(cell=2, line=1),
        named=True,
        error=error,
        parts=(Part(title="result", holds=False, observed=observed),),
        mistake=mistake,
    )


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        ("TypeError: no", "Can f be called as the statement says, with tensors of these shapes?"),
        ("it did not come back within 3 s", "Does every loop of f end?"),
    ],
)
def test_the_hint_names_the_function(error: str, hint: str) -> None:
    verdict = functions(
        ["relu"], [RELU], {"relu": [("lab.ipynb", attempt("f", error=error))]}, Circumstances()
    )
    assert verdict.hint == hint


def test_the_attempt_of_which_most_can_be_said_is_reported() -> None:
    tries = [
        attempt("check_relu", error="TypeError: no"),
        attempt("plot_relu"),
        attempt("relu", mistake="its sign is wrong"),
    ]
    for order in (tries, tries[::-1]):
        verdict = functions(
            ["relu"], [RELU], {"relu": [("lab.ipynb", one) for one in order]}, Circumstances()
        )
        assert "relu: it gave 1. The same numbers come out where its sign is wrong" in verdict.observed
        assert "_relu" not in verdict.observed


def test_an_unwritten_starter_is_said_to_be_unwritten() -> None:
    stub = attempt("relu", error="NotImplementedError")
    verdict = functions(["relu"], [RELU], {"relu": [("lab.ipynb", stub)]}, Circumstances())
    assert (verdict.outcome, verdict.observed) == (
        "not_attempted",
        "it raises NotImplementedError: not written yet",
    )


def test_arguments_are_told_by_number_or_by_shape() -> None:
    x = torch.tensor([1.0, -2.5])
    assert argument_of(1, x, {"x": x}) == "for -2.5 "
    assert (
        argument_of(0, torch.tensor(0.0), {"w": torch.zeros(4, 3), "lam": 0.3}) == "for w (4, 3), lam = 0.3 "
    )
    assert argument_of(0, torch.tensor(0.0), {"epoch": 7, "lr": 0.4}) == "for epoch = 7, lr = 0.4 "
