"""Code that may end a training early, and code that does not."""

from pathlib import Path

import nbformat
import pytest

from grader.claims.stopping import stops_early, stops_early_in
from tests.harness import as_notebook

EARLY = [
    """
for epoch in range(1, MAX + 1):
    train(net)
    if loss < best:
        best, wait = loss, 0
    else:
        wait += 1
        if wait >= patience:
            print("stop")
            break
""",
    """
def fit(net):
    for epoch in trange(100):
        for x, y in loader:
            step(x, y)
        if stopper(val_loss(net)):
            return net
""",
    """
for e in tqdm(range(N)):
    une_epoque(net)
    if e - meilleure_epoque > 5:
        break
    if perte < minimum:
        meilleure_epoque = e
""",
    "while not stopper.stop:\n    train(net)\n",
    "while attente < patience:\n    entraine(net)\n",
]
FIXED = [
    "for epoch in range(5):\n    train(net)\n",
    "while e < cfg.epochs:\n    train(net)\n    e += 1\n",
    "for x, y in loader:\n    if n > 3:\n        break\n    train(x, y)\n    n += 1\n",
    "for epoch in range(9):\n    train(net)\n    if epoch == 4:\n        break\n",
    "for epoch in range(9):\n    for x, y in loader:\n        step(x)\n        if bad(x):\n            break\n",
    "for i in range(100):\n    if labels(i) == 3:\n        break\n",
    "while True:\n    train_epoch()\n    e += 1\n    if e == 10:\n        break\n",
    "this is no code\n",
]


@pytest.mark.parametrize("source", EARLY)
def test_loops_that_a_measured_value_ends(source: str) -> None:
    assert stops_early(source)


@pytest.mark.parametrize("source", FIXED)
def test_loops_of_a_fixed_length(source: str) -> None:
    assert not stops_early(source)


def test_thousands_of_conditions_end_nothing() -> None:
    chain = "".join(f"    elif x == {number}:\n        pass\n" for number in range(3000))
    assert not stops_early(f"for e in range(9):\n    train(x)\n    if x == 0:\n        pass\n{chain}")


def test_the_first_cell_that_has_one(tmp_path: Path) -> None:
    path = tmp_path / "executed.ipynb"
    nbformat.write(as_notebook(f"# %%\nx = 1\n# %%\n{EARLY[0]}# %%\n{EARLY[1]}"), path)
    assert stops_early_in(path) == 2
    assert stops_early_in(tmp_path / "none.ipynb") is None
