"""After the last cell: the notebook's own functions are called with trial arguments, and what they give is carried out.

What is right is not known here. Each piece of the assignment names its functions by a regular expression; where no function
is called so, all that could take the arguments are tried. One that does not come back within its time is given up.
"""

import contextlib
import dataclasses
import random
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import BuiltinFunctionType, FrameType, FunctionType, ModuleType
from typing import Any

import numpy as np
import torch
from IPython.utils.capture import capture_output

from grader.probe import graphs
from grader.probe.arrays import are_numpys, numbers_as_tensors, numpy_values, torch_values
from grader.probe.bindings import (
    MODES,
    Binding,
    as_mode,
    bindings_of,
    is_mode,
    parameters_of,
    without_defaults,
    written,
)
from grader.probe.called import Called
from grader.probe.cells import is_beside
from grader.probe.classes import FORTH, methods_of

CALL_SECONDS = 3.0
ALL_SECONDS = 120.0
OTHERS_SECONDS = 40.0  # of which for functions that are called otherwise
MOST_NAMED, MOST_OTHERS = 25, 150  # functions tried for a piece
MOST_ATTEMPTS = 2000  # that are written down; more only of functions that are called as a piece is
MOST_IN_ALL = 3000  # as schema/evidence.py takes them
MOST_ENTRIES = 50  # of a dictionary or list
MOST_LEAVES, MOST_NUMBERS = 12, 100_000  # of what one call gave
MOST_BYTES = 15_000_000


class TooLate(BaseException):
    """No Exception: a student's `except Exception` must not catch it."""


def own_functions(
    namespace: Mapping[str, Any], is_own: Callable[[Any], bool]
) -> dict[str, Callable[..., Any]]:
    """Functions by their names in the notebook, in order of definition: its own, those of its modules, its classes and the
    objects of these, what lies in dictionaries and lists, and names that were given to a library's functions."""
    found: dict[str, Callable[..., Any]] = {}
    for name, value in list(namespace.items()):
        if name in ("In", "Out", "exit", "quit", "get_ipython", "open"):
            continue
        if isinstance(value, ModuleType):
            found |= {k: v for k, v in vars(value).items() if is_own(v)}
        elif isinstance(value, type):
            found |= methods_of(name, value, is_own)
        elif isinstance(value, dict | list | tuple) and not name.startswith("_"):
            found |= {f"{name}.{key}": one for key, one in entries(value) if is_own(one)}
        elif callable(value):
            function = value if is_own(value) or is_library(name, value) else method_of(value, is_own)
            if function is not None:
                found[name] = function
    return found


def entries(value: dict[Any, Any] | list[Any] | tuple[Any, ...]) -> list[tuple[Any, Any]]:
    return list(value.items() if isinstance(value, dict) else enumerate(value))[:MOST_ENTRIES]


def method_of(value: Any, is_own: Callable[[Any], bool]) -> Callable[..., Any] | None:
    """What an object of a class of the notebook does when it is called."""
    for word in reversed(FORTH):
        if is_own(getattr(type(value), word, None)):
            return getattr(value, word, None)
    return None


def is_library(name: str, value: Any) -> bool:
    """`my_relu = torch.relu`; not what an import binds under its own name."""
    known = isinstance(value, BuiltinFunctionType | FunctionType)
    return known and value.__name__ != name and value.__module__ != "__main__"


def is_strange(name: str, function: Any) -> bool:
    """A library's, to be called only where its name says what it is for: it may be shutil.rmtree."""
    file = getattr(getattr(function, "__code__", None), "co_filename", "/")
    return is_library(name, function) and not is_beside(file)


def is_meant(pattern: str, name: str) -> bool:
    """Whether a function is called as a piece is. `name`: relu, Losses.l1, relu (cell 3)."""
    plain = name.partition(" ")[0]
    return any(re.search(pattern, one) for one in {plain.replace(".", "_"), plain.rpartition(".")[2]})


class Trials:
    """The attempts at all pieces, and the tensors that they gave."""

    def __init__(self, pieces: list[dict[str, Any]], roles: dict[str, list[str]], seed: int) -> None:
        self.pieces, self.roles, self.seed = pieces, roles, seed
        self.attempts: list[dict[str, Any]] = []
        self.tensors: dict[str, torch.Tensor] = {}
        self.bytes = 0
        self.end = 0.0
        self.unfinished = False  # time ran out
        self.late: set[str] = set()  # functions that did not come back
        self.numpy: Callable[[Any], bool] = lambda function: False

    def run(
        self, functions: Mapping[str, Callable[..., Any]], place_of: Callable[[Any], dict[str, int | None]]
    ) -> None:
        """Those that are called as a piece first: these are wanted, whatever the time."""
        self.numpy = are_numpys(functions.values())
        self.end = time.monotonic() + ALL_SECONDS
        others = []
        for piece in self.pieces:
            named = [name for name in functions if is_meant(piece["names"], name)]
            others.append([n for n, one in functions.items() if n not in named and not is_strange(n, one)])
            for name in named[-MOST_NAMED:]:
                self._try(piece, name, functions[name], place_of, named=True)
        self.end = min(self.end, time.monotonic() + OTHERS_SECONDS)
        for piece, names in zip(self.pieces, others, strict=True):
            for name in names[-MOST_OTHERS:]:
                if name not in self.late:
                    self._try(piece, name, functions[name], place_of, named=False)

    def _try(
        self,
        piece: dict[str, Any],
        name: str,
        function: Callable[..., Any],
        place_of: Callable[[Any], dict[str, int | None]],
        named: bool,
    ) -> None:
        """Each way of calling it is an attempt; one that cannot be called at all is one, with the reason."""
        roles = list(piece["trials"][0])
        parameters = parameters_of(function)
        if parameters is None:
            bindings: list[Binding] = [{f"{i}": role for i, role in enumerate(roles)}]
        else:
            bound = bindings_of(parameters, roles, list(piece["also"]), self.roles)
            bindings = [without_defaults(binding, parameters, piece["also"]) for binding in bound]
        place = place_of(getattr(written(function), "__code__", None))
        about = {"piece": piece["id"], "function": name[:200], "place": place, "named": named}
        if not bindings:
            if named:
                takes = ", ".join(p.name for p in parameters or ())
                said = f"it takes ({takes}), and is to be called with ({', '.join(roles)})"
                self.attempts.append(about | {"error": said[:400], "trials": [], "called": []})
            return
        for binding in bindings:
            for words in MODES if is_mode(binding) else MODES[:1]:
                count = len(self.attempts)
                full = self.bytes > MOST_BYTES or count >= MOST_ATTEMPTS
                self.unfinished |= time.monotonic() > self.end
                if time.monotonic() > self.end or (full and not named) or count >= MOST_IN_ALL:
                    return
                attempt = about | self._called(piece, function, binding, parameters is None, words, named)
                if named or not attempt["error"]:
                    self.attempts.append(attempt)
                if attempt["error"] == in_words(TooLate()):
                    self.late.add(name)
                    return

    def _called(
        self,
        piece: dict[str, Any],
        function: Callable[..., Any],
        binding: Binding,
        by_place: bool,
        words: tuple[Any, Any],
        named: bool,
    ) -> dict[str, Any]:
        error, calls, in_place = "", Called(), False
        results: list[list[str]] = []
        for number, trial in enumerate(piece["trials"]):
            for make in self._makers(function, trial, named):
                self._seed()
                try:
                    with calls, in_silence(), time_limit(CALL_SECONDS):
                        repeats = []
                        for repeat in range(piece["repeats"]):
                            values = make(trial | piece["also"])
                            returned, changed = given_by(function, values, binding, by_place, words)
                            if in_place and not changed:  # as the other trials' arguments would have been
                                changed = [value for value in values.values() if is_array(value)]
                            repeats.append(list(leaves_of([returned, *changed]))[:MOST_LEAVES])
                            if repeat == 1 and not named and alike(*repeats):
                                break
                    in_place = returned is None and bool(changed)
                    results.append(self._keep(f"{len(self.attempts)}.{number}", repeats))
                    error = ""
                    break
                except TooLate as failure:
                    error = in_words(failure)
                    break
                except (Exception, SystemExit) as failure:
                    error = error or in_words(failure)
            if error:
                break
        return {"error": error[:400], "trials": results, "called": list(calls.names)}

    def _makers(
        self, function: Callable[..., Any], trial: Mapping[str, Any], named: bool
    ) -> list[Callable[[Mapping[str, Any]], dict[str, Any]]]:
        """Kinds of arguments, the likeliest first; the next is tried where one raises."""
        makers = [numpy_values, torch_values] if self.numpy(function) else [torch_values, numpy_values]
        numbers = not any(isinstance(value, list) for value in trial.values())
        return makers[: 2 if named else 1] + [numbers_as_tensors] * numbers

    def _seed(self) -> None:
        random.seed(self.seed)
        np.random.seed(self.seed)
        torch.default_generator.manual_seed(self.seed)  # torch.manual_seed takes a millisecond without a GPU

    def _keep(self, prefix: str, repeats: list[list[torch.Tensor]]) -> list[str]:
        """Leaf by leaf, the repeated calls stacked. Returns the names of the tensors."""
        names = []
        for number, leaf in enumerate(repeats[0]):
            every = [leaves[number] for leaves in repeats if len(leaves) > number]
            if len(every) < len(repeats) or any(one.shape != leaf.shape for one in every):
                continue
            whole = torch.stack(every) if len(every) > 1 else leaf
            name = f"{prefix}.{number}"
            self.tensors[name] = whole
            self.bytes += whole.numel() * whole.element_size()
            names.append(name)
        return names

    def save(self, folder: Path) -> None:
        if self.tensors:
            graphs.write_tensors(self.tensors, folder / "functions.safetensors")


def given_by(
    function: Callable[..., Any],
    values: dict[str, Any],
    binding: Binding,
    by_place: bool,
    words: tuple[Any, Any] = MODES[0],
) -> tuple[Any, list[Any]]:
    """What it returned, and the arguments that it has changed."""
    before = {role: copy_of(value) for role, value in values.items()}
    settings = values | {
        "mode": as_mode("mode", "training", values.get("training", "running_mean" in values))
    }
    given = {
        name: settings if role == "*" else as_mode(name, role, values[role], words)
        for name, role in binding.items()
    }
    in_order = [value for name, value in given.items() if by_place or name.isdigit()]
    returned = function(
        *in_order, **{name: value for name, value in given.items() if not by_place and not name.isdigit()}
    )
    if "*" in binding.values():
        values = {role: settings.get(role, value) for role, value in values.items()}
    return returned, [value for role, value in values.items() if differs(value, before[role])]


def is_array(value: Any) -> bool:
    return isinstance(value, torch.Tensor | np.ndarray)


def alike(one: list[torch.Tensor], other: list[torch.Tensor]) -> bool:
    """Two calls gave the same: nothing is drawn."""
    return len(one) == len(other) and all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def copy_of(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.clone()
    return value.copy() if isinstance(value, np.ndarray) else value


def differs(now: Any, before: Any) -> bool:
    if isinstance(now, torch.Tensor) and isinstance(before, torch.Tensor):
        return not torch.equal(now.detach(), before)
    return now is not before and not np.array_equal(np.asarray(now), np.asarray(before))


def leaves_of(value: Any, depth: int = 0) -> Iterator[torch.Tensor]:
    """Tensors, arrays and numbers in what a function returned, in order; those that are not too large. Weights may be given
    row by row: arrays of one shape in a list are also one."""
    if isinstance(value, torch.Tensor):
        if value.numel() <= MOST_NUMBERS and not value.is_complex():
            yield value.detach().cpu().to(torch.float32).clone()
    elif isinstance(value, np.ndarray | np.generic | int | float):
        array = np.asarray(value)
        if array.dtype.kind in "bifu" and array.size <= MOST_NUMBERS:
            yield torch.from_numpy(array.astype(np.float32))
    elif depth < 3 and (isinstance(value, list | tuple | dict) or is_record(value)):
        inside = value if isinstance(value, list | tuple | dict) else vars(value)
        parts = list(inside.values() if isinstance(inside, dict) else inside)[:MOST_ENTRIES]
        for part in parts:
            yield from leaves_of(part, depth + 1)
        if (
            len(parts) > 1
            and len({getattr(part, "shape", None) for part in parts}) == 1
            and is_array(parts[0])
        ):
            yield from leaves_of(np.stack([as_numpy(part) for part in parts]), depth + 1)


def as_numpy(value: Any) -> Any:
    return value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else value


def is_record(value: Any) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def in_words(failure: BaseException) -> str:
    if isinstance(failure, TooLate):
        return f"it did not come back within {CALL_SECONDS:.0f} s"
    text = str(failure).strip().split("\n")[0][:200]
    return f"{type(failure).__name__}: {text}" if text else type(failure).__name__


@contextlib.contextmanager
def in_silence() -> Iterator[None]:
    """What a function prints or draws when it is tried belongs to no cell."""
    with capture_output():
        yield


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises TooLate in the block, again each second if that is caught. Where there is no such clock, nothing is limited but
    the whole notebook."""
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return

    def late(number: int, frame: FrameType | None) -> None:
        raise TooLate

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
