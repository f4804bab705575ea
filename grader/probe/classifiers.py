"""Classifiers of scikit-learn: which were fitted, and on how many numbers for each sample."""

import functools
import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Sequence
from typing import Any

import numpy as np

from grader.probe.guard import guarded
from grader.probe.watcher import Watcher

MODULE = "sklearn.base"
METHODS = ("fit", "partial_fit")
MOST_FITS = 100
LARGEST = 10**9  # number that evidence may hold
WEIGHTS = ("coef_", "intercept_", "coefs_", "intercepts_")


def install(watcher: Watcher) -> None:
    """Watch every classifier, those that are already known and those that are defined later."""
    loaded = sys.modules.get(MODULE)
    if loaded is None:
        sys.meta_path.insert(0, Finder(watcher))
    else:
        watch(loaded, watcher)


class Finder(importlib.abc.MetaPathFinder):
    """Waits for the import of scikit-learn."""

    def __init__(self, watcher: Watcher) -> None:
        self.watcher = watcher

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            loader: Any = spec.loader
            execute = loader.exec_module

            def exec_module(module: types.ModuleType) -> None:
                execute(module)
                watch(module, self.watcher)

            loader.exec_module = exec_module
        return spec


def watch(base: Any, watcher: Watcher) -> None:
    """`base`: scikit-learn's module of that name."""
    root = getattr(base, "ClassifierMixin", None)
    if root is None:
        return
    fits = Fits(watcher)
    todo, seen = [root], set[type]()
    while todo:
        kind = todo.pop()
        if kind not in seen:
            seen.add(kind)
            fits.watch(kind)
            todo += kind.__subclasses__()

    def __init_subclass__(cls: Any, /, **kwargs: Any) -> None:
        super(root, cls).__init_subclass__(**kwargs)
        fits.watch(cls)

    root.__init_subclass__ = classmethod(__init_subclass__)


class Fits:
    """A classifier that fits others, as a forest does, is noted and they are not."""

    def __init__(self, watcher: Watcher) -> None:
        self.watcher = watcher
        self.running = 0

    def watch(self, kind: type) -> None:
        for name in METHODS:
            original = kind.__dict__.get(name)
            if isinstance(original, types.FunctionType):
                setattr(kind, name, self.watched(original))

    def watched(self, original: Any) -> Any:
        @functools.wraps(original)
        def fit(classifier: Any, *args: Any, **kwargs: Any) -> Any:
            self.running += 1
            try:
                fitted = original(classifier, *args, **kwargs)
            finally:
                self.running -= 1
            if not self.running:
                note(self.watcher, classifier, args[0] if args else kwargs.get("X"))
            return fitted

        return fit


@guarded
def note(watcher: Watcher, classifier: Any, samples: Any) -> None:
    """One record of a kind, a width and a cell: the last one, for a search over settings ends with its best."""
    shape = np.shape(samples)
    if len(shape) != 2:
        return
    found: dict[str, Any] = {
        "kind": type(classifier).__name__[:200],
        "samples": min(int(shape[0]), LARGEST),
        "features": min(int(shape[1]), LARGEST),
        "weights": weights_of(classifier),
        "place": watcher.cells.here(),
        "running": watcher.cells.current,
        "phases": len(watcher.phases),
    }
    watcher.note_origins()
    key = (found["kind"], found["features"], found["running"], found["phases"])
    if key in watcher.fits or len(watcher.fits) < MOST_FITS:
        watcher.fits[key] = found


def weights_of(classifier: Any) -> int | None:
    """Numbers that a linear classifier or a network of it has learnt; None: it keeps none that could be counted."""
    held = [vars(classifier)[name] for name in WEIGHTS if name in vars(classifier)]
    arrays = [array for value in held for array in (value if isinstance(value, list) else [value])]
    return min(sum(int(np.size(array)) for array in arrays), LARGEST) or None
