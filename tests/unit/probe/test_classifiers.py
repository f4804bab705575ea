"""What the probe notes of classifiers, with a stand-in for scikit-learn's base classes."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from grader.probe import classifiers

SOURCE = "class ClassifierMixin:\n    pass\n"


class Watcher:
    """What is asked of the real one."""

    def __init__(self) -> None:
        self.paused = False
        self.errors: list[str] = []
        self.fits: dict[Any, dict[str, Any]] = {}
        self.phases = [0, 0]
        self.note_origins = list
        self.cells = SimpleNamespace(here=lambda: {"cell": 4, "line": 2}, current=4)


@pytest.fixture
def watcher() -> Any:
    return Watcher()


def linear(root: type) -> Any:
    class Linear(root):  # type: ignore[misc, valid-type]
        def fit(self, X: Any, y: Any) -> Any:
            """Their words."""
            self.coef_, self.intercept_ = np.zeros((10, X.shape[1])), np.zeros(10)
            return self

    return Linear


def test_a_fit_is_noted_and_goes_on_as_before(watcher: Any) -> None:
    base = SimpleNamespace(ClassifierMixin=type("ClassifierMixin", (), {}))
    known = linear(base.ClassifierMixin)
    classifiers.watch(base, watcher)
    later = linear(base.ClassifierMixin)
    for kind in (known, later):
        classifier = kind()
        assert classifier.fit(np.zeros((20, 512)), y=np.zeros(20)) is classifier
        assert kind.fit.__doc__ == "Their words."
    (note,) = watcher.fits.values()
    assert (note["kind"], note["samples"], note["features"], note["weights"]) == ("Linear", 20, 512, 5130)
    assert (note["running"], note["phases"]) == (4, 2)
    assert not watcher.errors


def test_only_the_outermost_fit_is_noted(watcher: Any) -> None:
    base = SimpleNamespace(ClassifierMixin=type("ClassifierMixin", (), {}))
    classifiers.watch(base, watcher)
    inner = linear(base.ClassifierMixin)

    class Forest(base.ClassifierMixin):  # type: ignore[misc, name-defined]
        def fit(self, X: Any, y: Any) -> Any:
            inner().fit(X, y)

    Forest().fit(np.zeros((4, 3)), None)
    assert [note["kind"] for note in watcher.fits.values()] == ["Forest"]
    assert next(iter(watcher.fits.values()))["weights"] is None


def test_the_import_is_waited_for(watcher: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_base.py").write_text(SOURCE)
    monkeypatch.setattr(classifiers, "MODULE", "own_base")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    classifiers.install(watcher)
    import own_base  # type: ignore[import-not-found]

    linear(own_base.ClassifierMixin)().fit(np.zeros((4, 3)), None)
    assert len(watcher.fits) == 1
    assert not any(isinstance(finder, classifiers.Finder) for finder in sys.meta_path)
