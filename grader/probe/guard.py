"""Keeps the probe's own faults away from the student's code."""

import contextlib
import functools
import traceback
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def guarded(method: Callable[P, R]) -> Callable[P, R | None]:
    """A fault of the probe is noted and never reaches the student."""

    @functools.wraps(method)
    def safe(*args: P.args, **kwargs: P.kwargs) -> R | None:
        watcher: Any = args[0]
        if watcher.paused:
            return None
        try:
            return method(*args, **kwargs)
        except Exception:
            watcher.errors.append(traceback.format_exc()[-1500:])
            watcher.paused = len(watcher.errors) >= 20
            with contextlib.suppress(Exception):
                watcher.writer.save_errors(watcher.errors)
            return None

    return safe
