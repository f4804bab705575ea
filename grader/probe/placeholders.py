"""What stands in for a package that is not installed here. It has no value: what asks for one is noted.

`Silent` stands for what shows, logs or measures: it can be called, added, printed, and nothing comes of it.
`Refusing` stands for all else: it can be imported, and using it fails.
"""

import dis
import math
import re
import sys
import types
from collections.abc import Iterator
from typing import Any

import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau

from grader.probe.cells import is_students
from grader.probe.guard import guarded
from grader.probe.watcher import Watcher

NAMED = re.compile(r"placeholder of ([\w.]+)")  # in the text of an error, which a package may have caused
LONGEST_NAME = 80
MOST_PACKAGES = 90  # that evidence names
ARITHMETIC = "add sub mul truediv floordiv mod divmod pow matmul and or xor lshift rshift".split()
UNARY = "neg pos abs invert round floor ceil trunc".split()
ASKING = (
    "call iter enter exit getitem setitem contains len bool float int index lt le gt ge".split() + UNARY
)  # what `Refusing` refuses, arithmetic apart

KINDS: dict[str, "type[Placeholder]"] = {}  # of packages that are stood in for


class Placeholder:
    """One class for each package, whose name is in every message of Python's or PyTorch's about a wrong type."""

    watcher: Any = None
    _package = ""
    _name = ""  # what it stands for
    _counts = True  # calls may hide something that is graded; False: it only shows

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name == "backward":
            raise self._absent()
        found = self.__dict__[name] = made(self._package, f"{self._name}.{name}")
        return found

    def __repr__(self) -> str:
        return f"<placeholder of {self._package}: {self._name}>"

    def __format__(self, _: str) -> str:
        return f"placeholder of {self._package}"

    def __reduce__(self) -> Any:
        return restored, (self._package, self._name)

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        """Beside another base it adds nothing; alone, instances are placeholders but for what the class defines."""
        note_missing(self.watcher, self._package)
        return () if len(bases) > 1 else (type(self),)

    def __instancecheck__(self, _: object) -> bool:
        return False

    __subclasscheck__ = __instancecheck__

    def _ipython_display_(self) -> None:
        """Nothing is shown where it is the value of a cell."""

    def _sets(self) -> bool:
        """It is read from settings, as of a sweep: networks and trainings are made of them."""
        return ".config" in self._name

    def _absent(self) -> ModuleNotFoundError:
        note_missing(self.watcher, self._package)
        return ModuleNotFoundError(
            f"No module named '{self._package}': it is not installed on the grading machine. It could be imported, "
            f"for a placeholder of {self._package} stands in for it; it cannot be used"
        )


class Silent(Placeholder):
    """Of what it is asked for as a number, a truth or an order, nobody knows what it would have been."""

    def __init__(self, *_: Any, **__: Any) -> None:
        """Of a class that inherits from it."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and not kwargs and is_being_defined(args[0], sys._getframe(1)):
            return args[0]  # it is a decorator
        if self._counts or any(map(is_students_function, [*args, *kwargs.values()])):
            note_missing(self.watcher, self._package)  # which might have called that function
        answer = made(self._package, f"{self._name}()")
        if self._name == "wandb.init" and kwargs.get("config"):
            answer.config = sys.modules["wandb"].config = Settings(kwargs["config"])  # type: ignore[attr-defined]
        return answer

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: Any) -> None:
        return None

    def __iter__(self) -> Iterator[Any]:
        """Empty, or as many as names wait for: `a, b = ...`."""
        operation, count = instruction(sys._getframe(1))
        if operation == "UNPACK_SEQUENCE":
            return iter([self] * count)
        if self._sets():
            note_value(self.watcher, self._package)
        return iter(())

    def __getitem__(self, _: object) -> Any:
        return self

    def __setitem__(self, *_: Any) -> None:
        return None

    def __contains__(self, _: object) -> bool:
        note_value(self.watcher, self._package)
        return False

    def __bool__(self) -> bool:
        """As of any object; of a measured value it is a guess."""
        if self._counts or self._sets():
            note_value(self.watcher, self._package)
        return True

    def __lt__(self, _: object) -> bool:
        note_value(self.watcher, self._package)
        return False

    __le__ = __gt__ = __ge__ = __lt__

    def __float__(self) -> float:
        """Not a number: noted, unless it is only printed ("%.2f" % value) or drawn."""
        caller = sys._getframe(1)
        printed = instruction(caller)[0] == "BINARY_OP"
        if not printed and "matplotlib" not in caller.f_code.co_filename:
            note_value(self.watcher, self._package)
        return math.nan

    def __int__(self) -> int:
        note_value(self.watcher, self._package)
        return 0

    def __index__(self) -> int:
        """The size of something, or a number of rounds: none would be right."""
        raise self._absent()


class Refusing(Placeholder):
    """It can be imported and its parts named."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise self._absent()


def _same(self: Any, *_: Any) -> Any:
    return self


def _refuse(self: Any, *_: Any, **__: Any) -> Any:
    raise self._absent()


for _operation in ARITHMETIC:
    for _prefix in ("__", "__r"):
        setattr(Silent, f"{_prefix}{_operation}__", _same)
        setattr(Refusing, f"{_prefix}{_operation}__", _refuse)
for _operation in UNARY:
    setattr(Silent, f"__{_operation}__", _same)
for _operation in ASKING:
    setattr(Refusing, f"__{_operation}__", _refuse)


class Settings(dict[str, Any]):
    """The student's own, given to wandb.init(config=...) and read back as items or attributes."""

    def __init__(self, given: Any) -> None:
        super().__init__(given if isinstance(given, dict) else vars(given))

    def __getattr__(self, name: str) -> Any:
        if name not in self:
            raise AttributeError(name)
        return self[name]

    __setattr__ = dict.__setitem__


class Module(types.ModuleType):
    """A placeholder's module. `import *` finds nothing in it."""

    def __init__(self, name: str, package: str) -> None:
        super().__init__(name)
        self.__path__: list[str] = []
        self.__version__ = "not installed"
        self._package = package

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            note_missing(Placeholder.watcher, self._package)
        if name.startswith("_"):
            raise AttributeError(name)
        found = made(self._package, f"{self.__name__}.{name}")
        setattr(self, name, found)
        return found


def made(package: str, name: str) -> Any:
    kind = KINDS[package]
    one = kind.__new__(kind)
    one.__dict__["_name"] = name[-LONGEST_NAME:]
    return one


def restored(package: str, name: str) -> Any:
    """From a file, perhaps of another kernel."""
    if package not in KINDS:
        begin(Placeholder.watcher, package, Silent)
    return made(package, name)


def begin(watcher: Any, package: str, base: type[Placeholder], counts: bool = True) -> None:
    """A package is stood in for from now on."""
    if not KINDS:
        torch.serialization.add_safe_globals([restored])  # torch.load reads back what torch.save wrote
        spare_schedules(watcher)
    Placeholder.watcher = watcher
    KINDS[package] = type(f"placeholder of {package}", (base,), {"_package": package, "_counts": counts})


def is_being_defined(thing: Any, frame: Any) -> bool:
    """A function or class that has no name yet where it is handed over: by @, not by a call like any other."""
    if not isinstance(thing, types.FunctionType | type) or thing.__name__ == "<lambda>":
        return False
    return (
        frame.f_locals.get(thing.__name__) is not thing and frame.f_globals.get(thing.__name__) is not thing
    )


def is_students_function(thing: Any) -> bool:
    code = (
        getattr(thing, "__code__", None) if isinstance(thing, types.FunctionType | types.MethodType) else None
    )
    return code is not None and is_students(code.co_filename)


def instruction(frame: Any) -> tuple[str, int]:
    """What a frame is at: the operation, and its argument."""
    code, at = frame.f_code.co_code, frame.f_lasti
    return dis.opname[code[at]], code[at + 1]


def spare_schedules(watcher: Watcher) -> None:
    """A rate must not fall because a placeholder did not improve."""
    original = ReduceLROnPlateau.step

    def step(self: Any, metrics: Any, *args: Any, **kwargs: Any) -> None:
        if isinstance(metrics, Placeholder):
            note_value(watcher, metrics._package)
        elif not (isinstance(metrics, float) and math.isnan(metrics) and watcher.unknown_values):
            original(self, metrics, *args, **kwargs)

    ReduceLROnPlateau.step = step  # type: ignore[assignment]


@guarded
def note_missing(watcher: Watcher, package: str) -> None:
    if len(watcher.missing_modules) < MOST_PACKAGES:
        watcher.missing_modules.setdefault(package[:200])


@guarded
def note_value(watcher: Watcher, package: str) -> None:
    """What the code does from here on may rest on a value that nobody knows."""
    note_missing(watcher, package)
    if not watcher.unknown_values:
        cell = watcher.cells.here()["cell"]
        watcher.unknown_values.append({"package": package, "cell": cell, "networks": len(watcher.networks)})


@guarded
def note_error(watcher: Watcher, result: Any) -> None:
    """A cell has ended, perhaps with an error that names a placeholder."""
    error = result.error_in_exec
    for package in NAMED.findall(str(error)) if error is not None and KINDS else ():
        note_missing(watcher, package)
