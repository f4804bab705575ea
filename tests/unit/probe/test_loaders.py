"""How far a pass over a loader goes after the budget."""

from types import SimpleNamespace
from typing import Any

import pytest

from grader.probe.loaders import FETCHED_AHEAD, MOST_ACCUMULATED, Budget, Pass


class Loop:
    """A training loop after its budget, which steps after every `every` batches, and fetches `ahead` before it trains."""

    def __init__(self, every: int, ahead: int = 0) -> None:
        self.every, self.ahead = every, ahead
        run = SimpleNamespace(
            exhausted=True, steps=40, backwards=40 * every, tiny_passes=0, whole_passes=0, optimizers=[]
        )
        network = SimpleNamespace(run=run)
        config = SimpleNamespace(eval_samples=500, batch_pixels=None, tiny_batch=8, train_steps=40)
        fields = {"backward_clock": 0, "call_clock": 0, "birth_clock": 0, "pixels": 0, "schedulers": []}
        fields["unattributed"] = 0
        self.run = run
        self.watcher: Any = SimpleNamespace(**fields, stepping=network, called=network, config=config)
        self.budget = Budget(self.watcher)
        self.budget.last_trained = network  # type: ignore[assignment]

    def batches(self, most: int = 1000) -> list[str]:
        """What is decided before each batch of one pass."""
        this = Pass(0, "data", "loader", "train", "CIFAR10")
        found: list[str] = []
        while len(found) < most and (decision := self.budget.next_batch(this)) != "stop":
            this.tiny = decision == "tiny"
            found.append(decision)
            this.batches, this.backward_clock = this.batches + 1, self.watcher.backward_clock
            if this.batches == 1:
                this.call_clock = self.watcher.call_clock
            if this.batches <= self.ahead:
                continue
            self.watcher.backward_clock += 1
            self.watcher.call_clock += 1
            self.run.backwards += 1
            self.run.steps += (this.batches - self.ahead) % self.every == 0
        return found


@pytest.mark.parametrize("every", [1, 2, 8])
def test_a_tiny_pass_goes_on_until_the_loop_has_stepped(every: int) -> None:
    loop = Loop(every)
    assert loop.batches() == ["tiny"] * every
    assert loop.batches() == ["tiny"] * every


def test_batches_that_are_fetched_ahead_are_tiny_too() -> None:
    assert Loop(1, ahead=1).batches() == ["tiny"] * 2


def test_a_pass_that_feeds_no_network_goes_on_in_full_batches() -> None:
    assert Loop(1, ahead=1000).batches(20) == ["tiny"] * FETCHED_AHEAD + ["full"] * (20 - FETCHED_AHEAD)


def test_a_loop_that_does_not_step_again_comes_to_an_end() -> None:
    loop = Loop(2)
    loop.every = 10_000
    assert loop.batches() == ["tiny"] * MOST_ACCUMULATED


def test_what_is_no_module_has_a_budget_too() -> None:
    loop = Loop(1)
    loop.watcher.stepping = loop.watcher.called = loop.budget.last_trained = None
    loop.watcher.unattributed = 39
    assert loop.batches(100) == ["full"] * 100
    loop.watcher.unattributed = 40
    assert loop.batches(100) == ["full"]
