"""DataLoaders: which images each batch holds, and the budget of the quick profile.

A pass over a loader is full until its consumer's budget is used up. After that every pass yields one tiny batch, so that
loops, logs, schedules and plots go on to their end. Which network will consume a pass is not known when the pass begins:
the first batch goes by who consumed last, the later ones by who did consume the first.
"""

import inspect
import itertools
import time
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch.utils.data import BatchSampler, DataLoader, IterableDataset, Sampler
from torch.utils.data import dataloader as module

from grader.probe import training
from grader.probe.looking import OF_A_STEP, SAMPLE_SIZE, first_images
from grader.probe.records import Network
from grader.probe.sources import Batch, labels_in, origins, positions
from grader.probe.tensors import first_tensor
from grader.probe.watcher import Watcher

WHOLE_PASSES = 3  # two changes of the rate between them tell its factor
WHOLE_ROWS = 2  # images of a batch
EVALUATION_BATCHES = 4  # of as many pixels as a training batch
WHOLE_SECONDS = 15.0  # of one pass
FETCHED_AHEAD = 4  # batches that a loop may ask for before it trains on the first one
MOST_ACCUMULATED = (
    64  # tiny batches of one pass, for a loop that adds up the gradients of many before each step
)


@dataclass
class Pass:
    """The state of one pass over a loader."""

    number: int
    dataset: Any
    loader: Any
    split: str | None
    name: str | None
    batches: int = 0
    samples: int = 0
    pixels: int = 0  # rows times columns of an image
    backward_clock: int = -1
    call_clock: int = -1  # when the first batch was yielded
    trained: bool = False
    tiny: bool = False
    whole: bool = False  # tiny batches up to its natural end
    few: bool = False  # the next batch is a tiny one
    steps: int = 0  # of the network trained last, when it began
    cut: bool = False  # ended by the quick profile
    length: int | None = None  # batches of a whole pass, where that is known
    ended: bool = False  # the loader had no more
    asked: bool = False  # the loop was told that this tiny pass has one batch
    over: bool = False  # the cell has ended since its last batch, without an error
    births: int = -1  # when it began
    began: float = field(default_factory=time.monotonic)
    indices: list[int] | None = None

    @property
    def left(self) -> bool:
        """The loop did not ask for the batches that there still were."""
        return self.over and not (self.ended or self.cut or self.asked)


class Budget:
    """Decides, before each batch, whether a pass goes on."""

    def __init__(self, watcher: Watcher) -> None:
        self.watcher = watcher
        self.last_trained: Network | None = None
        self.trained_on: Any = None  # data set
        self.births = 0
        self.going_on: WeakKeyDictionary[Any, Pass] = WeakKeyDictionary()  # by loader

    def next_batch(self, this: Pass) -> str:
        """full, tiny or stop."""
        watcher = self.watcher
        if this.whole:
            return "tiny" if time.monotonic() - this.began < WHOLE_SECONDS else "stop"
        if watcher.backward_clock != this.backward_clock and this.batches:
            this.trained = True
        network = watcher.stepping if this.trained else watcher.called
        if network is not None and network.run is not None and this.trained:
            self.last_trained, self.births = network, watcher.birth_clock
            self.trained_on = this.dataset
        if this.batches == 0:
            return self._first(this)
        if network is None and watcher.unattributed >= (watcher.config.train_steps or 0):
            return "stop"  # something is trained that is no module: nothing more is learned from it
        exhausted = network is not None and network.run is not None and network.run.exhausted
        if this.trained:
            return "full" if not exhausted else "tiny" if self._adds_up(network, this) else "stop"
        limit = self.evaluation_limit(this)
        if watcher.call_clock == this.call_clock:  # no network consumes it: statistics of the images, perhaps
            return "tiny" if this.tiny and this.batches < FETCHED_AHEAD else "full"
        if exhausted and this.tiny and not self._evaluation_due(network, this):
            return "stop"
        return "stop" if limit is not None and this.samples >= limit else "full"

    def evaluation_limit(self, this: Pass) -> int | None:
        """Images of an evaluation pass: fewer, where they are large."""
        limit = self.watcher.config.eval_samples
        rows = self.most_rows(this.pixels)
        return limit if limit is None or rows is None else min(limit, EVALUATION_BATCHES * rows)

    def most_rows(self, pixels: int) -> int | None:
        """Of a batch of images of so many pixels."""
        most = self.watcher.config.batch_pixels
        return None if most is None or not pixels else max(self.watcher.config.tiny_batch, most // pixels)

    def _first(self, this: Pass) -> str:
        network = self.last_trained
        if network is None or network.run is None or not network.run.exhausted:
            return "full"
        if self.watcher.birth_clock != self.births:  # a new model or optimizer: perhaps a new run
            return "full"
        this.whole = self._whole_pass_due(network, this)
        this.steps = network.run.steps
        return "tiny"

    @staticmethod
    def _adds_up(network: Network | None, this: Pass) -> bool:
        """The loop steps after several batches, and has not yet in this tiny pass: its rate shows in steps only."""
        run = network.run if network is not None else None
        waits = run is not None and run.steps == this.steps and run.backwards > 1.5 * run.steps > 0
        return this.tiny and waits and this.batches < MOST_ACCUMULATED

    def _whole_pass_due(self, network: Network, this: Pass) -> bool:
        """A scheduler that was not stepped by the first tiny pass may wait for the last batch of an epoch."""
        run = network.run
        if run is None or this.dataset is not self.trained_on:
            return False
        run.tiny_passes += 1
        waiting = run.tiny_passes == 2 and training.unstepped(run, self.watcher.schedulers)
        if waiting or 0 < run.whole_passes < WHOLE_PASSES:
            run.whole_passes += 1
            return True
        return False

    def length(self, loader: Any) -> int | None:
        """Batches of the pass that is going on, where that is a tiny one: the loop may ask whether this is the last."""
        this = self.going_on.get(loader)
        if this is None or not this.tiny or this.whole or this.births != self.watcher.birth_clock:
            return None
        this.asked = True
        return 1

    def _evaluation_due(self, network: Network | None, this: Pass) -> bool:
        """After the budget, one whole evaluation pass for each cell and source."""
        key = (self.watcher.cells.current, this.split, id(this.dataset))
        if network is None or key in network.full_evals:
            return False
        network.full_evals.add(key)
        this.tiny = False
        return True


def install(watcher: Watcher) -> None:
    config = watcher.config
    counter = itertools.count()
    iterator = module._BaseDataLoaderIter
    original_init, original_next = iterator.__init__, iterator.__next__
    original_index = iterator._next_index
    budget = Budget(watcher)

    def __init__(self: Any, loader: Any) -> None:
        found = origins(loader.dataset)
        splits, names = {o.split for o in found}, {o.dataset for o in found}
        split = splits.pop() if len(splits) == 1 else ("both" if splits else None)
        self.__dict__["_pass"] = Pass(
            next(counter),
            loader.dataset,
            loader,
            split,
            names.pop() if len(names) == 1 else None,
        )
        original_init(self, loader)  # type: ignore[no-untyped-call]
        self.__dict__["_pass"].length = length_of(loader)

    def _next_index(self: Any) -> Any:
        index = original_index(self)  # type: ignore[no-untyped-call]
        this: Pass | None = self.__dict__.get("_pass")
        if this is not None and isinstance(index, list):
            if this.whole:
                index = index[:WHOLE_ROWS]
            elif this.few:
                index = index[: config.tiny_batch]
            this.indices = index
        return index

    def __next__(self: Any) -> Any:
        this: Pass = self.__dict__["_pass"]
        if config.bounded:
            decision = budget.next_batch(this)
            if decision == "stop":
                watcher.remark(
                    "passes over loaders were cut short by the quick profile: numbers that the notebook divides by the "
                    "length of a data set or loader are too small"
                )
                this.cut = True
                budget.going_on.pop(this.loader, None)
                raise StopIteration
            this.few = decision == "tiny"
            this.tiny = this.few or this.tiny
            if not this.batches:
                this.births = watcher.birth_clock
                budget.going_on[this.loader] = this
        try:
            batch = original_next(self)
        except StopIteration:
            this.ended = True
            budget.going_on.pop(this.loader, None)
            raise
        this.over = False
        batch = cut_to_size(this, batch)
        note(this, batch)
        return batch

    def cut_to_size(this: Pass, batch: Any) -> Any:
        """Large images in large batches: a part of the batch."""
        first = first_tensor(batch)
        if first is None or first.dim() != 4:
            return batch
        this.pixels = max(first.shape[-2] * first.shape[-1], watcher.pixels)
        rows = budget.most_rows(this.pixels)
        if rows is None or len(first) <= rows:
            return batch
        watcher.remark(f"large images: batches were cut to {rows} of them by the quick profile")
        if this.indices is not None:
            this.indices = this.indices[:rows]
        return part_of(batch, len(first), rows)

    def note(this: Pass, batch: Any) -> None:
        labels = labels_in(batch)
        first = first_tensor(batch)
        tell_apart(this)
        size = len(labels) if labels is not None else (len(first) if first is not None and first.dim() else 0)
        if not this.batches:
            this.call_clock = watcher.call_clock
        this.batches += 1
        this.samples += size
        this.backward_clock = watcher.backward_clock
        indices = None
        if this.indices is not None and len(this.indices) == size:
            indices = positions(this.dataset, this.indices[: SAMPLE_SIZE if this.batches == 1 else OF_A_STEP])
        whole = this.batches == 1 and first is not None and first.dim() == 4
        images = (
            first_images(first) if whole and first is not None else None
        )  # the loop may change them in place
        watcher.batch = Batch(
            this.number, size, this.split, this.name, labels, indices, this.loader, images, passing=this
        )
        watcher.batch.clock = watcher.call_clock

    def tell_apart(this: Pass) -> None:
        """Of two loaders that are drawn from in turn, as zip does, the longer one is not left by the loop."""
        last = watcher.batch
        if (
            this.batches
            and last is not None
            and last.passing is not this
            and last.clock == watcher.call_clock
        ):
            this.length = last.passing.length = None

    iterator.__init__ = __init__
    iterator.__next__ = __next__
    iterator._next_index = _next_index
    if config.bounded:
        in_this_process(watcher)
        of_tiny_passes(budget)


def length_of(loader: Any) -> int | None:
    """Batches of a whole pass; None where nothing sure tells them: data without a length, samplers that are not PyTorch's,
    images without batches, workers that outlive a pass."""
    sampler = getattr(loader, "batch_sampler", None)
    if type(sampler) is not BatchSampler or loader.persistent_workers:
        return None
    if isinstance(loader.dataset, IterableDataset) or type(sampler.sampler).__module__ != Sampler.__module__:
        return None
    try:
        return len(sampler)
    except (TypeError, NotImplementedError):
        return None


def part_of(batch: Any, size: int, rows: int) -> Any:
    """The first rows of every tensor of the batch's size."""
    if isinstance(batch, torch.Tensor):
        return batch[:rows] if batch.dim() and len(batch) == size else batch
    if isinstance(batch, dict):
        return {key: part_of(value, size, rows) for key, value in batch.items()}
    if type(batch) in (list, tuple):
        return type(batch)(part_of(value, size, rows) for value in batch)
    return batch


def of_tiny_passes(budget: Budget) -> None:
    """`i == len(loader) - 1` is true in a tiny pass, and a mean over its batches is divided by their number."""
    original = DataLoader.__len__

    def __len__(self: Any) -> int:
        length = budget.length(self)
        return original(self) if length is None else length

    DataLoader.__len__ = __len__  # type: ignore[method-assign]


def in_this_process(watcher: Watcher) -> None:
    """Worker processes would be started again for every thinned epoch: a bounded loader loads in the kernel itself."""
    original = DataLoader.__init__
    signature = inspect.signature(original)

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        given = signature.bind(self, *args, **kwargs).arguments
        workers = given.get("num_workers", 0)
        if isinstance(workers, int) and workers > 0:
            watcher.remark(
                f"num_workers={workers}: under the quick profile images are loaded in the kernel itself"
            )
            given["num_workers"] = 0
            for name in ("prefetch_factor", "persistent_workers", "multiprocessing_context", "timeout"):
                given.pop(name, None)
        if not torch.cuda.is_available():
            given.pop("pin_memory", None)
        given.pop("self")
        original(self, **given)

    DataLoader.__init__ = __init__  # type: ignore[method-assign]
