"""What placeholders answer, what they refuse, and what is noted of it."""

import copy
import math
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType, MethodType, SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau

from grader.probe import placeholders
from grader.probe.placeholders import Placeholder, Refusing, Silent


@pytest.fixture
def watcher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """What is asked of the real one; packages `measures`, `shows` (no value is expected of it) and `refuses`."""
    monkeypatch.setattr(placeholders, "KINDS", {})
    monkeypatch.setattr(Placeholder, "watcher", None)
    monkeypatch.setattr(ReduceLROnPlateau, "step", ReduceLROnPlateau.step)
    cells = SimpleNamespace(here=lambda: {"cell": 4, "line": 2})
    one = SimpleNamespace(
        paused=False, errors=[], missing_modules={}, unknown_values=[], cells=cells, networks=[0, 0]
    )
    placeholders.begin(one, "measures", Silent)
    placeholders.begin(one, "shows", Silent, counts=False)
    placeholders.begin(one, "refuses", Refusing)
    yield one
    assert not one.errors


@pytest.fixture
def measured(watcher: Any) -> Any:
    return placeholders.made("measures", "measures.Accuracy")


@pytest.fixture
def shown(watcher: Any) -> Any:
    return placeholders.made("shows", "shows.plot")


def by_student(code: str, **names: Any) -> Any:
    """A function `f` of a cell."""
    exec(compile(code, "/tmp/ipykernel_7/1.py", "exec"), names)
    assert isinstance(names["f"], FunctionType)
    return names["f"]


def test_a_measured_value_goes_through_the_usual_lines(measured: Any, watcher: Any) -> None:
    total: Any = 0
    for _ in range(2):
        total += measured(torch.ones(2), 1) * 2
    assert isinstance(round(total / 3, 2), Placeholder)
    assert f"{total.item():.3f} {total}" == "placeholder of measures placeholder of measures"
    assert isinstance(torch.ones(2) * total + sum([total, total]), Placeholder)
    assert watcher.missing_modules == {"measures": None}
    assert not watcher.unknown_values


def test_printing_in_the_old_way_and_drawing_are_no_use_of_a_value(measured: Any, watcher: Any) -> None:
    from matplotlib.figure import Figure

    assert "%.2f %d" % (measured, 3) == "nan 3"  # noqa: UP031
    Figure().subplots().plot([0.5, measured])
    assert not watcher.unknown_values


USES: dict[str, tuple[Callable[[Any], Any], object]] = {
    "greater": (lambda value: value > 0.5, False),
    "less": (lambda value: value < 0.5, False),
    "at_most": (lambda value: value <= 0.5, False),
    "max": (lambda value: max(0.5, value), 0.5),
    "integer": (int, 0),
    "truth": (bool, True),
    "contained": (lambda value: 3 in value, False),
    "number": (lambda value: math.isnan(float(value)), True),
    "tensor": (lambda value: bool(torch.ones(1) > value), False),
}


@pytest.mark.parametrize("name", USES)
def test_a_use_of_its_value_is_noted_once_with_its_place(name: str, measured: Any, watcher: Any) -> None:
    use, answer = USES[name]
    assert use(measured) == answer
    assert use(measured) == answer
    assert watcher.unknown_values == [{"package": "measures", "cell": 4, "networks": 2}]


def test_what_only_shows_hides_nothing(shown: Any, watcher: Any) -> None:
    shown.figure(3)(title="x").write("file")
    with shown as inside:
        assert list(inside.axes) == []
    assert shown
    shown[0] = shown["a"]
    assert not watcher.missing_modules


def test_a_function_of_the_students_that_is_not_called_may_hide_something(shown: Any, watcher: Any) -> None:
    shown.draws(math.sqrt, print, MethodType(math.sqrt, 3))
    assert not watcher.missing_modules
    shown.agent("sweep", function=by_student("def f(): pass"))
    assert watcher.missing_modules == {"shows": None}


def test_settings_are_values(watcher: Any) -> None:
    settings = placeholders.made("shows", "shows.config")
    settings.rate = 0.5
    assert settings.rate == 0.5
    assert not watcher.unknown_values
    assert not list(settings.layers)
    assert watcher.unknown_values[0]["package"] == "shows"


REFUSED: dict[str, Callable[[Any], Any]] = {
    "layer": lambda value: nn.Sequential(nn.ReLU(), value),
    "width": lambda value: nn.Linear(2, value),
    "scores": lambda value: nn.functional.cross_entropy(value, torch.zeros(3).long()),
    "images": lambda value: nn.Linear(2, 2)(value),
    "loss": lambda value: (torch.ones(1, requires_grad=True).sum() + value).backward(),
    "tensor": lambda value: torch.tensor([value, value]),
    "batch": lambda value: torch.stack([value, value]),
    "rate": lambda value: torch.add(torch.ones(1), torch.ones(1), alpha=value),
    "rounds": range,
    "batch_size": lambda value: torch.utils.data.DataLoader([1], batch_size=value),  # type: ignore[list-item,var-annotated]
    "parameters": lambda value: torch.optim.SGD(value.parameters(), lr=0.1),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_becomes_no_part_of_a_training(name: str, measured: Any, shown: Any) -> None:
    for value in (measured, shown):
        with pytest.raises((TypeError, ValueError, ModuleNotFoundError)) as raised:
            REFUSED[name](value)
        assert f"placeholder of {value._package}" in str(raised.value) or name == "parameters"


def test_an_error_that_names_a_package_is_noted(shown: Any, watcher: Any) -> None:
    with pytest.raises(TypeError) as raised:
        nn.Linear(2, 2)(shown)
    placeholders.note_error(watcher, SimpleNamespace(error_in_exec=None))
    assert not watcher.missing_modules
    placeholders.note_error(watcher, SimpleNamespace(error_in_exec=raised.value))
    assert watcher.missing_modules == {"shows": None}


def test_a_rate_does_not_fall_because_of_it(measured: Any, watcher: Any) -> None:
    optimizer = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=0.1)
    scheduler: Any = ReduceLROnPlateau(optimizer, patience=0)
    for _ in range(3):
        scheduler.step(measured)
        scheduler.step(float(measured))
    assert optimizer.param_groups[0]["lr"] == 0.1
    assert watcher.unknown_values
    for _ in range(3):
        scheduler.step(0.5)
    assert optimizer.param_groups[0]["lr"] < 0.1


def test_names_are_given_as_many_as_wait(measured: Any) -> None:
    (first, second), third = measured, measured(1)
    assert isinstance(first, Placeholder)
    assert isinstance(second, Placeholder)
    assert [*third] == []


def test_a_decorator_leaves_what_it_decorates(measured: Any) -> None:
    @measured.wraps(3)
    def one() -> int:
        return 1

    @measured
    class Two:
        pass

    assert one() == 1
    assert Two.__name__ == "Two"
    assert isinstance(measured(one), Placeholder)  # not by @
    assert isinstance(measured(nn.ReLU()), Placeholder)
    assert isinstance(measured(lambda: 1), Placeholder)


def test_it_is_inherited_from(measured: Any, watcher: Any) -> None:
    class Own(measured):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(task="multiclass")
            self.count = 2

        def double(self) -> Any:
            return self.count * 2

    class Network(nn.Module, measured):  # type: ignore[misc]
        pass

    assert Own().double() == 4
    assert isinstance(Own().others, Placeholder)
    assert Network.__mro__[1:] == nn.Module.__mro__
    assert watcher.missing_modules == {"measures": None}


def test_it_is_copied_pickled_and_saved(measured: Any, tmp_path: Path) -> None:
    torch.save({"accuracy": measured}, tmp_path / "a.pt")
    copies = [
        copy.deepcopy(measured),
        pickle.loads(pickle.dumps(measured)),
        torch.load(tmp_path / "a.pt")["accuracy"],
    ]
    assert [repr(one) for one in copies] == ["<placeholder of measures: measures.Accuracy>"] * 3


REFUSES: dict[str, Callable[[Any], Any]] = {
    "called": lambda part: part(),
    "called_deep": lambda part: part.models.net(),
    "added": lambda part: 1 + part,
    "iterated": list,
    "entered": lambda part: part.__enter__(),
    "asked": bool,
    "indexed": lambda part: part[0],
    "compared": lambda part: part < 3,
    "subclassed": lambda part: type("Net", part.__mro_entries__((part,)), {})(),
}


@pytest.mark.parametrize("name", REFUSES)
def test_what_computes_can_be_imported_and_not_used(name: str, watcher: Any) -> None:
    part = placeholders.made("refuses", "refuses.create_model")
    assert not watcher.missing_modules
    with pytest.raises(ModuleNotFoundError, match="No module named 'refuses'"):
        REFUSES[name](part)
    assert watcher.missing_modules == {"refuses": None}


def test_settings_given_to_wandb_are_read_back(watcher: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    placeholders.begin(watcher, "wandb", Silent, counts=False)
    module: Any = placeholders.Module("wandb", "wandb")
    monkeypatch.setitem(placeholders.sys.modules, "wandb", module)
    run = module.init(project="lab", config={"rate": 0.1})
    assert module.config.rate == run.config["rate"] == 0.1
    module.init(config=SimpleNamespace(rate=0.2))
    assert module.config.rate == 0.2
    with pytest.raises(AttributeError):
        _ = module.config.epochs
