"""Trying a notebook's functions: which ones, how, and what is kept of what they give."""

import contextlib
import time
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from grader.probe import functions
from grader.probe.functions import Trials, leaves_of, own_functions

PIECE = {
    "id": "double",
    "names": "(?i)double",
    "trials": [{"x": [1.0, -2.0], "by": 2.0}],
    "also": {},
    "repeats": 1,
}
ROLES = {"x": ["z", "values"], "by": ["factor"]}


def tried(*pieces: dict[str, Any], **namespace: Any) -> Trials:
    trials = Trials(list(pieces) or [PIECE], ROLES, seed=0)
    found = own_functions(namespace, lambda value: hasattr(value, "__code__") or hasattr(value, "__func__"))
    trials.run(found, lambda code: {"cell": 0, "line": code.co_firstlineno})
    return trials


def given(trials: Trials, number: int = 0) -> list[list[float]]:
    """What the first trial of an attempt gave."""
    names = trials.attempts[number]["trials"][0]
    return [trials.tensors[name].reshape(-1).tolist() for name in names]


def test_a_function_is_called_and_what_it_gives_is_kept() -> None:
    trials = tried(double=lambda x, by: (by * x, {"twice": 7}))
    assert [a["function"] for a in trials.attempts] == ["double"]
    assert given(trials) == [[2.0, -4.0], [7.0]]


def test_what_was_changed_in_place_is_kept_and_each_call_gets_its_own_arguments() -> None:
    def double(x: torch.Tensor, by: float) -> None:
        x *= by

    trials = tried(PIECE, PIECE, double=double)
    assert given(trials, 0) == given(trials, 1) == [[2.0, -4.0]]


def test_numpy_is_tried_where_tensors_do_not_work() -> None:
    def double(x: Any, by: float) -> Any:
        return by * x.astype(float)

    assert given(tried(double=double)) == [[2.0, -4.0]]


def test_a_function_that_raises_is_an_attempt_with_its_error() -> None:
    def double(x: torch.Tensor, by: float) -> torch.Tensor:
        raise ValueError("no idea\nat all")

    (attempt,) = tried(double=double).attempts
    assert attempt["error"] == "ValueError: no idea"
    assert not attempt["trials"]


def test_a_function_that_cannot_be_called_so_says_what_it_takes() -> None:
    (attempt,) = tried(double=lambda a, b, c: 0).attempts
    assert attempt["error"] == "it takes (a, b, c), and is to be called with (x, by)"


def test_a_function_that_does_not_come_back_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def double(x: torch.Tensor, by: float) -> None:
        while True:
            with contextlib.suppress(Exception):
                time.sleep(0.01)

    monkeypatch.setattr(functions, "CALL_SECONDS", 0.2)
    (attempt,) = tried(double=double).attempts
    assert attempt["error"].startswith("it did not come back within")


def test_where_no_name_tells_all_functions_are_tried_and_failures_are_not_told() -> None:
    def broken(x: torch.Tensor, by: float) -> torch.Tensor:
        raise ValueError

    trials = tried(f1=lambda a, b: a * b, f2=lambda a: a, f3=broken)
    assert [a["function"] for a in trials.attempts] == ["f1", "f2"]
    assert not any(a["named"] for a in trials.attempts)


def test_functions_of_pytorch_that_were_called_are_noted() -> None:
    (attempt,) = tried(double=lambda x, by: F.relu(x) + torch.sigmoid(x) * by).attempts
    assert {"relu", "sigmoid"} <= set(attempt["called"])


def test_a_library_s_function_under_a_name_of_the_student_s_is_tried() -> None:
    found = own_functions({"my_relu": torch.relu, "relu": torch.relu, "math": torch}, lambda value: False)
    assert list(found) == ["my_relu"]


def test_a_class_is_tried_by_its_forward_and_backward_methods() -> None:
    class Double:
        def forward(self, x: torch.Tensor, by: float) -> torch.Tensor:
            return x * by

        def backward(self, x: torch.Tensor) -> torch.Tensor:
            return x

    class Needs:
        def __init__(self, size: int) -> None: ...

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x

    found = own_functions({"Double": Double, "Needs": Needs}, lambda value: hasattr(value, "__code__"))
    assert list(found) == ["Double", "Double_grad", "Double_backward", "Needs"]
    assert given(tried(Double=Double)) == [[2.0, -4.0]]


def test_functions_of_a_module_beside_the_notebook_are_tried() -> None:
    module = ModuleType("toolbox")
    module.double = lambda x, by: x * by  # type: ignore[attr-defined]
    assert given(tried(tb=module)) == [[2.0, -4.0]]


def test_objects_that_raise_when_they_are_looked_at_are_passed_over() -> None:
    class Odd:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError("do not look")

        def __call__(self) -> None: ...

    found = own_functions(
        {"odd": Odd(), "classes": torch.classes, "half": partial(max, 1)}, lambda value: False
    )
    assert not found


def test_what_is_printed_is_nobody_s(capsys: pytest.CaptureFixture[str]) -> None:
    def double(x: torch.Tensor, by: float) -> torch.Tensor:
        print("noise" * 1000)
        return x * by

    tried(double=double)
    assert capsys.readouterr().out == ""


def test_repeated_calls_are_stacked_and_draw_other_numbers() -> None:
    piece = PIECE | {"repeats": 5}
    trials = tried(piece, double=lambda x, by: torch.rand(3))
    (name,) = trials.attempts[0]["trials"][0]
    assert trials.tensors[name].shape == (5, 3)
    assert len(trials.tensors[name].unique()) == 15


def test_leaves_are_bounded_numbers() -> None:
    values = [
        1,
        2.5,
        True,
        np.float32(3),
        np.arange(2),
        torch.ones(1, dtype=torch.int64),
        "text",
        None,
        object(),
    ]
    assert [leaf.reshape(-1).tolist() for leaf in leaves_of(values)] == [[1], [2.5], [1], [3], [0, 1], [1]]
    assert not list(leaves_of([torch.zeros(200_000), torch.zeros(1, dtype=torch.complex64), np.array(["a"])]))


def test_a_dictionary_of_settings_holds_every_argument_and_what_it_gets_back_is_kept() -> None:
    def double(x: torch.Tensor, double_param: dict[str, Any]) -> torch.Tensor:
        double_param["by"] = 5.0
        return x * 2

    assert given(tried(double=double)) == [[2.0, -4.0], [5.0]]


def test_the_number_of_attempts_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions, "MOST_ATTEMPTS", 5)
    others: dict[str, Any] = {f"f{n}": lambda a, b: a * b for n in range(20)}
    assert len(tried(PIECE, **others).attempts) == 5
    monkeypatch.setattr(functions, "MOST_IN_ALL", 8)
    assert len(tried(PIECE, **{f"double{n}": one for n, one in enumerate(others.values())}).attempts) == 8
