"""Functions are called as their authors meant, and what they give is carried out whole."""

import functools
import shutil
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from grader.catalog import load_assignment
from grader.probe import functions
from grader.probe.bindings import bindings_of, parameters_of, without_defaults, written
from grader.probe.functions import Trials, leaves_of

ROLES: dict[str, list[str]] = {
    name: list(names) for name, names in load_assignment("training_toolbox").roles.items()
}
NOWHERE: dict[str, int | None] = {"cell": None, "line": None}


def tried(function: Callable[..., Any], trials: list[dict[str, Any]], **more: Any) -> list[dict[str, Any]]:
    piece = {"id": "piece", "names": "^f$", "trials": trials, "also": {}, "repeats": 1} | more
    one = Trials([piece], ROLES, 0)
    one.run({"f": function}, lambda code: NOWHERE)
    tensors = [[one.tensors[name].tolist() for trial in a["trials"] for name in trial] for a in one.attempts]
    return [attempt | {"gave": gave} for attempt, gave in zip(one.attempts, tensors, strict=True)]


def test_parameters_without_names_are_given_by_place() -> None:
    def f(x: Any, /, slope: float = 0.5) -> Any:
        return slope * x

    bound = next(bindings_of(parameters_of(f) or [], ["x"], ["slope"], ROLES))
    assert bound == {"0": "x", "slope": "slope"}
    assert tried(f, [{"x": [2.0]}])[0]["gave"] == [[1.0]]


def test_a_decorated_function_that_takes_anything_is_called_in_order() -> None:
    def f(*args: Any, **kwargs: Any) -> Any:
        return args[0] - args[1]

    assert tried(f, [{"w": [3.0], "grad": [1.0]}])[0]["gave"] == [[2.0]]


def test_a_default_of_the_students_own_counts() -> None:
    def f(x: Any, slope: float = 0.01) -> Any:
        return slope * x

    def g(slope: float, x: Any) -> Any:
        return slope * x

    also = {"slope": 0.5}
    assert tried(f, [{"x": [2.0]}], also=also)[0]["gave"] == [[pytest.approx(0.02)]]
    assert tried(g, [{"x": [2.0]}], also=also)[0]["gave"] == [[1.0]]


def test_yes_and_no_are_given_in_spite_of_a_default() -> None:
    def f(x: Any, training: bool = True) -> Any:
        return x

    binding = {"x": "x", "training": "training"}
    assert without_defaults(binding, parameters_of(f) or [], {"training": False}) == binding


@pytest.mark.parametrize("test", ["test", "eval", False])
def test_a_mode_is_called_in_several_ways(test: Any) -> None:
    def f(x: Any, mode: Any = "train") -> Any:
        if mode not in ("train", True, test):
            raise ValueError(mode)
        return 2 * x if mode == test else x

    assert [[2.0]] in [one["gave"] for one in tried(f, [{"x": [1.0]}], also={"training": False})]


def test_arguments_that_need_not_be_changed_are_given_where_others_are() -> None:
    def f(w: Any, c: float) -> None:
        w[w > c] = c

    assert tried(f, [{"w": [3.0, 1.0], "c": 2.0}, {"w": [1.0], "c": 2.0}])[0]["gave"] == [[2.0, 1.0], [1.0]]


def test_a_forgotten_return_gives_nothing() -> None:
    def f(x: Any, training: bool) -> Any:
        if training:
            return 2 * x
        return None

    trials = [{"x": [3.0], "training": True}, {"x": [3.0], "training": False}]
    assert tried(f, trials)[0]["gave"] == [[6.0]]


def test_a_step_may_be_wanted_as_a_tensor() -> None:
    def f(step: Any, lr: float) -> Any:
        return torch.where(step < 5, lr * step, lr)

    assert tried(f, [{"step": 2, "lr": 0.5}])[0]["gave"] == [[1.0]]


def test_a_function_that_does_not_come_back_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions, "CALL_SECONDS", 0.1)
    calls = []

    def f(x: Any, y: Any) -> Any:
        calls.append(1)
        while True:
            pass

    (attempt,) = tried(f, [{"a": [1.0], "b": [1.0]}])
    assert "did not come back" in attempt["error"]
    assert len(calls) == 1


def test_a_function_that_catches_everything_is_given_up_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions, "CALL_SECONDS", 0.1)

    def f(x: Any) -> Any:
        try:
            while True:
                pass
        except BaseException:
            while True:
                pass

    assert "did not come back" in tried(f, [{"x": [1.0]}])[0]["error"]


def test_functions_of_other_names_are_tried_beside_those_that_are_named() -> None:
    piece = {"id": "piece", "names": "relu", "trials": [{"x": [-1.0]}], "also": {}, "repeats": 1}
    one = Trials([piece], ROLES, 0)
    one.run({"plot_relu": lambda x: None, "redresse": abs_of}, lambda code: NOWHERE)
    assert [(a["function"], a["named"]) for a in one.attempts] == [("plot_relu", True), ("redresse", False)]


def abs_of(x: Any) -> Any:
    return abs(x)


def test_of_others_those_that_draw_nothing_are_not_repeated() -> None:
    calls = []

    def f(x: Any) -> Any:
        calls.append(1)
        return x

    piece = {"id": "piece", "names": "mixup", "trials": [{"x": [1.0]}], "also": {}, "repeats": 200}
    Trials([piece], ROLES, 0).run({"f": f}, lambda code: NOWHERE)
    assert len(calls) == 2


def test_a_list_of_rows_is_one_array_too() -> None:
    rows = [torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])]
    assert [leaf.tolist() for leaf in leaves_of(rows)] == [[1, 2], [3, 4], [[1, 2], [3, 4]]]


def test_the_function_beneath() -> None:
    assert written(functools.partial(functools.partial(abs_of), 1)) is abs_of
    assert written(np.vectorize(abs_of)) is abs_of
    assert written(functools.lru_cache(abs_of)) is abs_of
    assert written(torch.no_grad()(abs_of)) is abs_of


def test_a_librarys_function_under_another_name_is_called_only_if_it_is_named_so() -> None:
    assert functions.is_strange("rm", shutil.rmtree)
    assert functions.is_strange("my_relu", torch.relu)
    assert not functions.is_strange("redresse", abs_of)


def test_it_is_known_that_time_ran_out(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = [{"id": "piece", "names": "f", "trials": [{"x": [1.0]}], "also": {}, "repeats": 1}]
    for seconds, unfinished in ((60.0, False), (-1.0, True)):
        monkeypatch.setattr(functions, "ALL_SECONDS", seconds)
        one = Trials(pieces, ROLES, 0)
        one.run({"f": abs_of}, lambda code: NOWHERE)
        assert one.unfinished == unfinished
