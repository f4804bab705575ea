"""Functions of a notebook are found wherever they lie, and stay found when their names are given away."""

from collections.abc import Callable
from types import FunctionType
from typing import Any

import torch

from grader.probe.bindings import written
from grader.probe.definitions import Definitions
from grader.probe.functions import is_meant, own_functions

FIRST = """
import functools
import torch
import torch.nn.functional as F
from torch.nn.functional import elu

def relu(x):
    return x * (x > 0)

def timed(f):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        return f(*args, **kwargs)
    return inner

@timed
@torch.no_grad()
def tanh(x):
    return 2 / (1 + torch.exp(-2 * x)) - 1

power = functools.partial(pow, 2)
double = functools.partial(lambda x, by: by * x, by=2)
derivatives = {"relu": lambda x: 1.0 * (x > 0)}
pair = [relu, lambda x: -x]
my_elu = F.elu
"""


class Notebook:
    """Cells that were run, as the probe knows them."""

    def __init__(self, *cells: str) -> None:
        self.names: dict[str, Any] = {}
        self.definitions = Definitions(self.is_own)
        for number, cell in enumerate(cells):
            exec(compile(cell, f"<cell {number}>", "exec"), self.names)
            self.definitions.note(self.names, number)

    def is_own(self, value: Any) -> bool:
        function = written(value) if callable(value) and not isinstance(value, type) else value
        return isinstance(function, FunctionType) and function.__code__.co_filename.startswith("<cell")

    @property
    def found(self) -> dict[str, Callable[..., Any]]:
        return self.definitions.found


def test_functions_are_found_beneath_decorators_and_in_collections() -> None:
    found = Notebook(FIRST).found
    assert {"relu", "tanh", "double", "derivatives.relu", "pair.0", "pair.1", "my_elu"} <= set(found)
    assert not {"elu", "power", "F", "functools"} & set(found)
    assert float(found["double"](torch.tensor(3.0))) == 6


def test_a_function_whose_name_goes_to_another_one_stays() -> None:
    found = Notebook(FIRST, "print(1)", "def relu(x):\n    return x").found
    x = torch.tensor([-1.0, 2.0])
    assert found["relu"](x).tolist() == [-1, 2]
    assert found["relu (cell 1)"](x).tolist() == [0, 2]


def test_a_function_whose_name_goes_to_a_tensor_stays() -> None:
    found = Notebook(FIRST, "relu = relu(torch.tensor([-1.0, 2.0]))").found
    assert found["relu"](torch.tensor([-3.0])).tolist() == [0]


def test_a_cell_that_defines_nothing_new_changes_nothing() -> None:
    class_cell = "class Sigmoid:\n    def forward(self, x):\n        return x\none = Sigmoid()"
    assert list(Notebook(class_cell, "1").found) == list(Notebook(class_cell).found)


def test_objects_of_own_classes_are_called() -> None:
    methods = "    def __init__(self, by):\n        self.by = by\n    def __call__(self, x):\n        return self.by * x\n"
    notebook = Notebook(f"class Scale:\n{methods}twice = Scale(2)")
    assert own_functions(notebook.names, notebook.is_own)["twice"](3) == 6


def test_names_are_looked_at_whole_and_without_what_stands_before_the_dot() -> None:
    assert is_meant("^relu$", "relu (cell 3)")
    assert is_meant("^l1$", "Penalties.l1")
    assert is_meant("deriv.*relu", "derivatives.relu")
    assert not is_meant("^relu$", "cell.elu")
