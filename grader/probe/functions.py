"""After the last cell: the notebook's own functions are called with trial arguments, and what they give is carried out.

What is right is not known here. Each piece of the assignment names its functions by a regular expression; where no function
is called so, all that could take the arguments are tried. One that does not come back within its time is given up.
"""

import contextlib
import io
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
from torch.overrides import TorchFunctionMode

from grader.probe import graphs
from grader.probe.bindings import Binding, as_mode, bindings_of, parameters_of

CALL_SECONDS = 2.0
ALL_SECONDS = 40.0
MOST_NAMED, MOST_OTHERS = 6, 60  # functions tried for a piece
MOST_ATTEMPTS = 2500  # that are told; schema/evidence.py takes 3,000
MOST_LEAVES, MOST_NUMBERS = 12, 100_000  # of what one call gave
MOST_BYTES = 15_000_000
BACK = ("backward", "grad", "gradient", "derivative", "deriv", "prime")
FORTH = ("forward", "__call__")


class TooLate(BaseException):
    """No Exception: a student's `except Exception` must not catch it."""


class Called(TorchFunctionMode):
    """Which functions of PyTorch are called, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, None] = {}

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "")
        if name and len(self.names) < 100:
            self.names.setdefault(str(name)[:100])
        return func(*args, **(kwargs or {}))


def own_functions(
    namespace: Mapping[str, Any], is_own: Callable[[Any], bool]
) -> dict[str, Callable[..., Any]]:
    """Functions by their names in the notebook, in order of definition: its own, those of its modules, methods of classes
    that can be made without arguments, and names that were given to a library's functions."""
    found: dict[str, Callable[..., Any]] = {}
    for name, value in list(namespace.items()):
        if name.startswith("_") or name in ("In", "Out", "exit", "quit", "get_ipython", "open"):
            continue
        if isinstance(value, ModuleType):
            inside = vars(value).items()
            found |= {k: v for k, v in inside if not k.startswith("_") and is_own(v)}
        elif isinstance(value, type):
            found |= methods_of(name, value, is_own)
        elif callable(value) and (is_own(value) or is_library(name, value)):
            found[name] = value
    return found


def is_library(name: str, value: Any) -> bool:
    """`my_relu = torch.relu`; not what an import binds under its own name."""
    known = isinstance(value, BuiltinFunctionType | FunctionType)
    return known and value.__name__ != name and value.__module__ != "__main__"


def methods_of(name: str, kind: type, is_own: Callable[[Any], bool]) -> dict[str, Callable[..., Any]]:
    """A class as a function, and its backward pass as another: Sigmoid and Sigmoid_grad."""
    makers = [(word, getattr(kind, word, None)) for word in (*FORTH, *BACK)]
    if not any(method is not None and is_own(method) for _, method in makers):
        return {}
    try:
        one = kind()
    except Exception:
        one = None
    found: dict[str, Callable[..., Any]] = {}
    for word, method in makers:
        if method is None or not is_own(method):
            continue
        static = isinstance(vars(kind).get(word), staticmethod | classmethod)
        if one is not None or static:
            found.setdefault(
                f"{name}_grad" if word in BACK else name, getattr(one if one is not None else kind, word)
            )
    return found


class Trials:
    """The attempts at all pieces, and the tensors that they gave."""

    def __init__(self, pieces: list[dict[str, Any]], roles: dict[str, list[str]], seed: int) -> None:
        self.pieces, self.roles, self.seed = pieces, roles, seed
        self.attempts: list[dict[str, Any]] = []
        self.tensors: dict[str, torch.Tensor] = {}
        self.bytes = 0
        self.end = 0.0

    @property
    def full(self) -> bool:
        late = time.monotonic() > self.end
        return late or self.bytes > MOST_BYTES or len(self.attempts) >= MOST_ATTEMPTS

    def run(
        self, functions: Mapping[str, Callable[..., Any]], place_of: Callable[[Any], dict[str, int | None]]
    ) -> None:
        self.end = time.monotonic() + ALL_SECONDS
        for piece in self.pieces:
            named = [name for name in functions if re.search(piece["names"], name)]
            for name in named[-MOST_NAMED:]:
                self._try(piece, name, functions[name], place_of, named=True)
            if not named:
                for name in list(functions)[-MOST_OTHERS:]:
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
            bindings = list(bindings_of(parameters, roles, list(piece["also"]), self.roles))
        place = place_of(getattr(function, "__code__", getattr(function, "__func__", function)))
        about = {"piece": piece["id"], "function": name[:200], "place": place, "named": named}
        if not bindings:
            if named:
                takes = ", ".join(p.name for p in parameters or ())
                said = f"it takes ({takes}), and is to be called with ({', '.join(roles)})"
                self.attempts.append(about | {"error": said[:400], "trials": [], "called": []})
            return
        for binding in bindings:
            if self.full:
                return
            attempt = about | self._called(piece, function, binding, parameters is None)
            if named or not attempt["error"]:
                self.attempts.append(attempt)

    def _called(
        self, piece: dict[str, Any], function: Callable[..., Any], binding: Binding, by_place: bool
    ) -> dict[str, Any]:
        error, calls = "", Called()
        makers = (torch_values, numpy_values)
        if "torch" not in getattr(function, "__globals__", {"torch": None}):
            makers = (numpy_values, torch_values)
        results: list[list[str]] = []
        for number, trial in enumerate(piece["trials"]):
            prefix = f"{len(self.attempts)}.{number}"
            given = trial | piece["also"]
            for make in makers:
                random.seed(self.seed)
                np.random.seed(self.seed)
                torch.manual_seed(self.seed)
                try:
                    with calls, in_silence(), time_limit(CALL_SECONDS):
                        leaves = [
                            call(function, make(given), binding, by_place) for _ in range(piece["repeats"])
                        ]
                    results.append(self._keep(prefix, leaves))
                    error = ""
                    break
                except (Exception, TooLate, SystemExit) as failure:
                    error = error or in_words(failure)
            if error:
                break
        return {"error": error[:400], "trials": results, "called": list(calls.names)}

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


def torch_values(given: Mapping[str, Any]) -> dict[str, Any]:
    """Lists as tensors: of numbers float32, of whole numbers int64."""
    return {role: torch.tensor(value) if isinstance(value, list) else value for role, value in given.items()}


def numpy_values(given: Mapping[str, Any]) -> dict[str, Any]:
    return {role: np.array(value) if isinstance(value, list) else value for role, value in given.items()}


def call(
    function: Callable[..., Any], values: dict[str, Any], binding: Binding, by_place: bool
) -> list[torch.Tensor]:
    """What it returned, and after that the arguments that it has changed in place."""
    before = {role: copy_of(value) for role, value in values.items()}
    if by_place:
        returned = function(*(values[role] for role in binding.values()))
    else:
        settings = dict(values) | {
            "mode": "train" if values.get("training", "running_mean" in values) else "test"
        }
        returned = function(
            **{
                name: settings if role == "*" else as_mode(name, role, values[role])
                for name, role in binding.items()
            }
        )
        if "*" in binding.values():
            values = {role: settings.get(role, value) for role, value in values.items()}
    changed = [value for role, value in values.items() if differs(value, before[role])]
    return list(leaves_of([returned, *changed]))[:MOST_LEAVES]


def copy_of(value: Any) -> Any:
    return value.clone() if isinstance(value, torch.Tensor) else np.copy(value)


def differs(now: Any, before: Any) -> bool:
    if isinstance(now, torch.Tensor):
        return not torch.equal(now.detach(), before)
    return not np.array_equal(np.asarray(now), before)


def leaves_of(value: Any, depth: int = 0) -> Iterator[torch.Tensor]:
    """Tensors, arrays and numbers in what a function returned, in order; those that are not too large."""
    if isinstance(value, torch.Tensor):
        if value.numel() <= MOST_NUMBERS and not value.is_complex():
            yield value.detach().cpu().to(torch.float64).clone()
    elif isinstance(value, np.ndarray | np.generic | int | float):
        array = np.asarray(value)
        if array.dtype.kind in "bifu" and array.size <= MOST_NUMBERS:
            yield torch.from_numpy(array.astype(np.float64))
    elif depth < 3 and isinstance(value, list | tuple | dict):
        parts = value.values() if isinstance(value, dict) else value
        for part in list(parts)[:50]:
            yield from leaves_of(part, depth + 1)


def in_words(failure: BaseException) -> str:
    if isinstance(failure, TooLate):
        return f"it did not come back within {CALL_SECONDS:.0f} s"
    text = str(failure).strip().split("\n")[0][:200]
    return f"{type(failure).__name__}: {text}" if text else type(failure).__name__


@contextlib.contextmanager
def in_silence() -> Iterator[None]:
    """What a function prints when it is tried belongs to no cell."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises TooLate in the block. Where there is no such clock, nothing is limited but the whole notebook."""
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return

    def late(number: int, frame: FrameType | None) -> None:
        raise TooLate

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
