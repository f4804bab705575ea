"""How a function may be called: by the names of its parameters, by the statement's order, or by both."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.probe.bindings import as_mode, bindings_of, by_name, parameters_of, plain

OTHERS = {
    "x": ["z", "input"],
    "lr": ["rate", "eta"],
    "grad": ["g", "dw"],
    "p": ["prob"],
    "training": ["train", "mode"],
}


def ways(function: Callable[..., Any], roles: list[str], also: tuple[str, ...] = ()) -> list[dict[str, str]]:
    parameters = parameters_of(function)
    assert parameters is not None
    return list(bindings_of(parameters, roles, also, OTHERS))


def test_names_decide_whatever_their_order() -> None:
    assert ways(lambda eta, z, dw: 0, ["x", "grad", "lr"])[0] == {"eta": "lr", "z": "x", "dw": "grad"}


def test_unknown_names_take_the_statement_s_order() -> None:
    assert ways(lambda a, b, c: 0, ["x", "grad", "lr"]) == [{"a": "x", "b": "grad", "c": "lr"}]


def test_what_names_leave_open_is_filled_in_order() -> None:
    assert {"a": "x", "b": "grad", "lr": "lr"} in ways(lambda lr, a, b: 0, ["x", "grad", "lr"])


def test_a_default_may_be_given_or_left() -> None:
    assert ways(lambda x, p=0.5: 0, ["x", "p", "training"])[0] == {"x": "x", "p": "p"}
    assert ways(lambda x, other=3: 0, ["x"])[0] == {"x": "x"}


def test_a_further_argument_is_given_by_its_name_alone() -> None:
    assert ways(lambda x, training: 0, ["x"], ("training",))[0] == {"x": "x", "training": "training"}
    assert ways(lambda x, y: 0, ["x"], ("training",)) == []


def test_a_function_that_wants_more_than_there_is_cannot_be_called() -> None:
    assert ways(lambda a, b, c: 0, ["x", "lr"]) == []
    assert ways(lambda: 0, ["x"]) == []


def test_keyword_only_parameters_are_given_by_name() -> None:
    def step(*, grad: float, x: float) -> None: ...

    assert ways(step, ["x", "grad"]) == [{"grad": "grad", "x": "x"}]


def test_a_dictionary_of_settings_takes_all() -> None:
    assert ways(lambda x, bn_param: 0, ["x", "lr"])[0] == {"x": "x", "bn_param": "*"}


def test_names_are_compared_without_case_and_underscores() -> None:
    assert plain("D_In") == plain("dIn") == "din"
    assert by_name(["ETA", "Z"], ["x", "lr"], OTHERS) == {"ETA": "lr", "Z": "x"}


def test_a_role_s_own_name_counts_before_another_role_s_further_one() -> None:
    others = {"w": ["x"], "x": ["w"]}
    assert by_name(["x", "w"], ["w", "x"], others) == {"x": "x", "w": "w"}


def test_a_mode_is_a_word() -> None:
    assert as_mode("mode", "training", True) == "train"
    assert as_mode("mode", "training", False) == "test"
    assert as_mode("training", "training", False) is False


def test_what_python_knows_no_parameters_of_has_none() -> None:
    assert parameters_of(max) is None


@given(st.lists(st.sampled_from(["a", "x", "z", "lr", "grad", "q", "p"]), unique=True, max_size=5))
def test_every_way_gives_all_that_must_be_given_and_no_role_twice(names: list[str]) -> None:
    parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names]
    for binding in bindings_of(parameters, ["x", "grad", "lr"], ["p"], OTHERS):
        assert set(names) == set(binding)
        assert len(set(binding.values())) == len(binding)


@pytest.mark.parametrize("name", ["bn_param", "dropout_params", "config", "cfg", "hyperparams", "options"])
def test_names_of_dictionaries(name: str) -> None:
    assert by_name([name], ["x"], {}) == {name: "*"}
