"""Tensors or arrays: what a function works on decides by what x.var(0) is divided."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from grader.probe.arrays import are_numpys, numbers_as_tensors, numpy_values, torch_values


def of_numpy(x: Any) -> Any:
    return np.exp(x)


def of_torch(x: Any) -> Any:
    return torch.exp(x)


def of_both(x: Any) -> Any:
    return torch.exp(x) / np.sqrt(2)


def of_neither(x: Any) -> Any:
    return x.var(0)


def nested(x: Any) -> Any:
    return (lambda y: np.exp(y))(x)


def test_a_function_that_speaks_of_one_library_works_on_it() -> None:
    of = are_numpys([])
    assert of(of_numpy)
    assert of(nested)
    assert of(functools.partial(of_numpy))
    assert not of(of_torch)
    assert not of(of_both)


def test_one_that_speaks_of_neither_does_what_most_do() -> None:
    assert are_numpys([of_numpy, nested, of_torch, of_neither])(of_neither)
    assert not are_numpys([of_numpy, of_torch, of_both, of_neither])(of_neither)


def test_where_none_speaks_of_any_what_is_imported_counts() -> None:
    assert not are_numpys([of_neither])(of_neither)
    names: dict[str, Any] = {}
    exec("def f(x):\n    return x.var(0)", names)
    assert are_numpys([names["f"]])(names["f"])


def test_words_stand_for_arguments_that_no_number_can_be() -> None:
    given = {"x": [[1.0, 2.0]], "dout": "ones", "criterion": "cross_entropy"}
    made = torch_values(given)
    assert made["dout"].tolist() == [[1, 1]]
    criterion: Callable[..., Any] = made["criterion"]
    assert float(criterion(torch.zeros(1, 4), torch.tensor([0]))) == float(np.log(np.float32(4)))
    assert isinstance(numpy_values(given)["dout"], np.ndarray)


def test_the_first_number_may_be_a_tensor() -> None:
    assert numbers_as_tensors({"step": 3, "lr": 0.1}) == {"step": torch.tensor([3]), "lr": 0.1}
