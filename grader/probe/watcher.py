"""The notebook's networks, phases and training runs, as they happen.

Every method is called by a patch (patches.py) at a point of PyTorch that any style of code passes through: a module is
called, a loss is computed, a backward pass begins, an optimizer has stepped, a loader yields.
"""

import time
from pathlib import Path
from typing import Any

import torch
from torch import nn

from grader.probe import looking, phases, stages, training
from grader.probe.cells import Cells
from grader.probe.chains import Chains
from grader.probe.config import Config
from grader.probe.guard import guarded
from grader.probe.origins import Origins
from grader.probe.pipelines import Pipelines
from grader.probe.records import Network, Phase, Run, Scheduled, Stream
from grader.probe.sources import Batch, holds_tensors, tensors_of
from grader.probe.tensors import digest, first_tensor, kind_of_scores
from grader.probe.writer import Writer, drop_rates

MAX_NETWORKS = 60  # more than any lab needs; a sweep over hundreds of models must not fill the disk
MOST_REWRITTEN = 12  # times that a network's training graph is written again
STALE = 4  # steps after which a loader's batch is no longer what is being trained on
FLUSH_SECONDS = 20.0


class Watcher:
    """All that is known so far, and the folder it is written to."""

    def __init__(self, config: Config, cells: Cells) -> None:
        self.config = config
        self.cells = cells
        self.writer = Writer(Path(config.evidence), config.kept_weights)
        self.networks: dict[int, Network] = {}
        self.phases: list[Phase] = []
        self.remarks: dict[str, None] = {}
        self.missing_modules: dict[str, None] = {}
        self.unknown_values: list[dict[str, Any]] = []  # of placeholders: the first that was used
        self.errors: list[str] = []
        self.paused = False
        self.batch: Batch | None = None  # what a loader yielded last
        self.called: Network | None = None  # the network called last
        self.awaiting_backward: Network | None = None  # called last with gradients on
        self.stepping: Network | None = None  # whose loss was propagated last
        self.call_clock = 0
        self.backward_clock = 0
        self.birth_clock = 0  # counts new networks and optimizers: a sign that a new run begins
        self.entered: torch.Tensor | None = None  # what the first convolution of the running call received
        self.computed = True  # the network has run on all images of the call, which a spent one may not
        self.pixels = 0  # of an image, as the network that was called last had it: it may have enlarged it
        self.pipelines = Pipelines(Path(config.evidence))
        self.chains = Chains()
        self.schedulers: list[Scheduled] = []
        self.origins = Origins()
        self.fits: dict[Any, dict[str, Any]] = {}  # of scikit-learn's classifiers
        self.unattributed = 0  # backward passes of no known network
        self.attempts: list[dict[str, Any]] = []  # at the functions that the assignment asks for
        self._samples = 0
        self._flushed = time.monotonic()

    @guarded
    def remark(self, sentence: str) -> None:
        """Something about the run that a person should read."""
        if len(self.remarks) < 150:
            self.remarks.setdefault(sentence[:480])

    @guarded
    def network_called(self, module: nn.Module, images: torch.Tensor, output: Any) -> None:
        """The outermost module of a forward pass has returned."""
        self.call_clock += 1
        entered, self.entered = self.entered, None
        self._note_call(module, images, output, entered)
        joined = self.chains.joined(module, images, known=id(module) in self.networks)
        if joined is not None:
            module, images, entered = joined.module, joined.images, joined.entered
            self._note_call(module, images, output, entered)
        self.chains.called(module, images, first_tensor(output), entered)

    def _note_call(
        self, module: nn.Module, images: torch.Tensor, output: Any, entered: torch.Tensor | None
    ) -> None:
        network = self.networks.get(id(module)) or self._meet(module, images)
        if network is None:
            return
        self._settle_manual_step(network)
        scores = first_tensor(output)
        worked_on = images if entered is None else entered
        self.pixels = worked_on.shape[-2] * worked_on.shape[-1] if worked_on.dim() == 4 else 0
        network.note_output(scores)
        gradients = torch.is_grad_enabled()
        phase = self._phase(network, images, scores, gradients, entered)
        phase.batches += 1
        phase.samples += len(images)
        self.called = network
        if gradients and scores is not None and scores.requires_grad:
            self.awaiting_backward = network
        batch = self.batch_of(images)
        if gradients and module.training and not phase.after_budget:
            looking.follow(network, images if entered is None else entered, batch)
        if batch is not None and batch.labels is not None:
            if not gradients or not module.training:
                training.count(phase, scores, batch.labels)
            if phase.batches == 1 and phase.sample is not None:
                phase.sample.labels = batch.labels[: looking.SAMPLE_SIZE].detach().clone()
                phase.sample.indices = batch.indices[: looking.SAMPLE_SIZE] if batch.indices else None

    @guarded
    def network_failed(self, module: nn.Module, images: torch.Tensor, error: Exception) -> None:
        """A forward pass raised; kept only for a network that has not got through one."""
        network = self.networks.get(id(module)) or self._meet(module, images)
        if network is not None and network.phase is None:
            network.export_error = f"forward: {type(error).__name__}: {error}"[:1500]

    @guarded
    def loss_computed(self, kind: str, scores: torch.Tensor, target: Any) -> None:
        """A loss function of torch.nn.functional was called outside of any network."""
        network = self.called
        if network is None or network.phase is None:
            return
        phase = network.phase
        if isinstance(target, torch.Tensor) and len(target) and len(target) == len(scores):
            labels = target.argmax(1) if target.dim() == 2 and target.is_floating_point() else target
            if phase.batches == 1 and phase.sample is not None and labels.dim() == 1:
                phase.sample.target(labels[: looking.SAMPLE_SIZE].detach().clone())
        if not torch.is_grad_enabled():
            return
        run = self._run(network)
        seen = sum(run.losses_used.values())
        if seen < 5 or seen % 200 == 0:
            key = (kind, kind_of_scores(scores), scores.grad_fn is not None)
        else:
            key = next(reversed(run.losses_used))
        run.losses_used[key] = run.losses_used.pop(key, 0) + 1

    @guarded
    def backward_begins(self, roots: Any) -> None:
        """torch.autograd.backward was called; gradients are still those from before."""
        self.backward_clock += 1
        root = first_tensor(roots)
        forced = root is not None and root.grad_fn is None  # the loss of a network that is frozen as a whole
        network = self.called if forced else self.awaiting_backward or self.called
        if network is None:
            self.unattributed += 1
            return
        self.stepping = network
        run = self._run(network)
        training.note_backward(run, network.module, roots)
        size = network.phase.samples // network.phase.batches if network.phase else 0
        run.samples_since_step += size
        if training.budget_used(run, self.config):
            self._exhaust(network, run)

    @guarded
    def backward_ended(self, given: dict[int, torch.Tensor]) -> None:
        """`given`: gradients that autograd.grad has returned, by the id of their parameter."""
        network = self.stepping
        if network is not None and network.run is not None:
            training.note_gradient(network.run, network.module, given)

    @guarded
    def weights_loaded(self, file: str, kind: str, state: Any) -> None:
        """A file of weights has been read, or stood in for."""
        self.origins.add(file, kind, state)

    @guarded
    def optimizer_steps(self, optimizer: Any) -> None:
        """Any torch.optim optimizer is about to step()."""
        network = self.stepping or self.called
        if network is not None and stages.begins(network, self._run(network), optimizer):
            self._begin_stage(network, optimizer)

    @guarded
    def optimizer_stepped(self, optimizer: Any) -> None:
        """Any torch.optim optimizer has finished step()."""
        network = self.stepping or self.called
        if network is None:
            return
        run = self._run(network)
        first = not run.gradient_is_old  # of the optimizers that step after one backward pass
        training.note_step(run, network.module, optimizer, first)
        if first:
            self._stepped(network, run)

    @guarded
    def scheduler_made(self, scheduler: Any) -> None:
        if len(self.schedulers) < 200 and all(scheduler is not known.scheduler for known in self.schedulers):
            runs = [network.run for network in self.networks.values() if network.run]
            since = max((run.steps for run in runs if training.drives(scheduler, run)), default=0)
            self.schedulers.append(Scheduled(scheduler, self.cells.here(), since))

    def network_or_optimizer_made(self) -> None:
        """A constructor ran: what comes next may be a new training run."""
        self.birth_clock += 1

    def _meet(self, module: nn.Module, images: torch.Tensor) -> Network | None:
        if len(self.networks) >= MAX_NETWORKS:
            self.remark(f"more than {MAX_NETWORKS} networks: the later ones were not watched")
            return None
        network = Network(
            f"net{len(self.networks)}", module, self.cells.place_of_class(module), images.detach()
        )
        self.networks[id(module)] = network
        return network

    def batch_of(self, images: torch.Tensor) -> Batch | None:
        """The loader's last batch, if these images can be it: a loop over tensors may follow a loop over a loader."""
        batch = self.batch
        return batch if batch is not None and batch.size == len(images) and batch.steps < STALE else None

    @guarded
    def shows_images(self, network: Network, images: torch.Tensor) -> bool:
        """The call that comes begins a phase whose first images will be kept: they must go through all of the network."""
        gradients, batch = torch.is_grad_enabled(), self.batch_of(images)
        key = phases.key_of(network, self.cells.current, gradients, batch)
        begun = network.phase is not None and network.phase.key == key
        return not begun and phases.keeps_images(network, key, batch)

    def _phase(
        self,
        network: Network,
        images: torch.Tensor,
        scores: Any,
        gradients: bool,
        entered: torch.Tensor | None,
    ) -> Phase:
        batch = self.batch_of(images)
        key = phases.key_of(network, self.cells.current, gradients, batch)
        if network.phase is not None and network.phase.key == key:
            return network.phase
        if network.phase is None:
            network.export_error = ""
        phase = phases.begun(network, self.cells.here(), key, images, scores, batch)
        network.phase = phase
        if not network.exported:
            network.example = images.detach()
        elif not network.module.training and images.shape[1:] != network.example.shape[1:]:
            network.example = images.detach()  # evaluated at another size than trained
            network.exported.discard("eval")
            self.export(network)
        if len(self.phases) < 15_000:
            self.phases.append(phase)
        if self.computed and phases.keeps_images(network, key, batch):
            network.kept[phases.kind_of(key, batch)] += 1
            phase.sample = looking.sample(f"phase{self._samples}", images, entered)
            self._samples += 1
            self._ask_loader(network, phase, batch)
            looking.note_repeated(self.phases)
        return phase

    @guarded
    def _ask_loader(self, network: Network, phase: Phase, batch: Batch | None) -> None:
        """Find out what the loader does to images, and whether anything is done to them after it."""
        if batch is None or batch.images is None or phase.sample is None:
            return
        self.paused = True
        try:
            phase.pipeline = self.pipelines.of(batch.loader)
        finally:
            self.paused = False
        phase.as_loaded = looking.as_loaded(phase.sample, batch.images)
        phase.stored = bool(phase.as_loaded) and holds_tensors(batch.loader)
        if phase.stored and phase.gradients and network.renewed(tensors_of(batch.loader)):
            for one in self.phases:
                one.stored = one.stored and one.network != network.id
        if phase.gradients and (phase.pipeline is None or not phase.as_loaded) and network.stream is None:
            network.stream = Stream()

    def _run(self, network: Network) -> Run:
        if network.run is None:
            initial = {name: digest(p) for name, p in network.module.named_parameters()}
            network.run = Run(network.id, self.cells.here(), self.cells.current, initial)
            network.run.trainable = {name for name, p in network.module.named_parameters() if p.requires_grad}
            network.run.origins = self.origins.of(network.module)
            network.run.statistics = stages.frozen_statistics(network.module)
            spent = sum(other.run is not None and other.run.exhausted for other in self.networks.values())
            if spent >= self.config.full_runs:
                network.run.share = self.config.later_share
        return network.run

    def _begin_stage(self, old: Network, optimizer: Any) -> None:
        if len(self.networks) >= MAX_NETWORKS:
            return
        self.save_weights(old)
        new = stages.next_record(old, f"net{len(self.networks)}")
        self.networks[id(old)] = old
        self.networks[id(old.module)] = new
        self.stepping = self.called = new
        stages.carry_on(old, self._run(new), optimizer)

    def _settle_manual_step(self, network: Network) -> None:
        """A step made without an optimizer object shows in a parameter that moved since the last backward pass."""
        run = network.run
        if run is not None and training.stepped_by_hand(run, network.module):
            self._stepped(network, run)

    def _stepped(self, network: Network, run: Run) -> None:
        run.steps += 1
        run.seconds = time.monotonic() - run.began
        run.gradient_is_old = True
        run.samples_since_step = 0
        phase = network.phase
        size = 0
        if phase is not None:
            iteration = phase.key[-1]
            if phase.steps == 0 and (iteration is None or iteration != run.iteration):
                run.epochs += 1
                run.iteration = iteration
            if not phase.steps and network.rewritten < MOST_REWRITTEN and run.steps > 1:
                self._write_again_if_changed(network)
            phase.steps += 1
            size = phase.samples // phase.batches
        if self.batch is not None:
            self.batch.steps += 1
        run.batch_size = max(run.batch_size, size)
        if not run.exhausted:
            run.full_steps = run.steps
            run.full_samples += size
        if run.steps == 1:  # in the mode, and at the batch size, that it is really trained with
            network.exported.clear()
            network.export_error = ""
            if phase is not None:
                network.example = phase.example
            run.reached = stages.reached(self.note_origins())
            self.export(network)
        if training.budget_used(run, self.config):
            self._exhaust(network, run)
        elif time.monotonic() - self._flushed > FLUSH_SECONDS:
            self.flush()

    def _write_again_if_changed(self, network: Network) -> None:
        """A loop may set the probability of a dropout for each epoch: the last one is that of the finished network."""
        if drop_rates(network.module) != network.drop_rates:
            network.rewritten += 1
            network.exported.discard("train")
            self.export(network)

    def _exhaust(self, network: Network, run: Run) -> None:
        if not run.exhausted:
            run.exhausted = True
            self.save_weights(network)
            self.flush()

    @guarded
    def export(self, network: Network) -> None:
        """Write the network's graphs; what it calls while it is exported is not watched."""
        self.paused = True
        try:
            self.writer.export(network)
        finally:
            self.paused = False

    @guarded
    def save_weights(self, network: Network) -> None:
        self.writer.save_weights(network)

    @guarded
    def cell_ended(self, without_error: bool = True) -> None:
        """Bring files up to date with what the cell did."""
        for phase in self.phases:
            if phase.passing is not None and without_error:
                phase.passing.over = True
        for network in self.networks.values():
            if network.closed is None and not network.exported and not network.export_error:
                self.export(network)
            if network.closed is None and not (network.run and network.run.exhausted):
                self._settle_manual_step(network)
                self.save_weights(network)
        self.note_origins()
        self.flush()

    def note_origins(self) -> list[Network]:
        """Of the networks that were called and not trained, before something that they are part of is; those networks."""
        untrained = [network for network in self.networks.values() if network.run is None]
        for network in untrained:
            network.origins = network.origins or self.origins.of(network.module)
        return untrained

    def flush(self) -> None:
        """Write evidence.json and the samples that are new."""
        self._flushed = time.monotonic()
        self.writer.save_samples(self.phases)
        networks = sorted(self.networks.values(), key=lambda network: int(network.id.removeprefix("net")))
        self.writer.save_streams(networks)
        self.writer.save_notes(
            {
                "networks": [network.as_json() for network in networks],
                "phases": [phase.as_json() for phase in self.phases],
                "runs": [network.run.as_json() for network in networks if network.run],
                "weights": self.origins.as_json(),
                "fits": list(self.fits.values()),
                "schedulers": training.scheduler_uses(self.schedulers, networks),
                "transforms": self.pipelines.written,
                "remarks": list(self.remarks),
                "missing_modules": list(self.missing_modules),
                "unknown_values": self.unknown_values,
                "versions": {"torch": torch.__version__},
                "device": networks[-1].example.device.type if networks else "cpu",
                "unattributed": self.unattributed,
                "attempts": self.attempts,
                "probe_errors": self.errors[:20],
            }
        )
