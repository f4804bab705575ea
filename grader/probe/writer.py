"""Evidence on disk: graphs, weights, samples, and evidence.json. Each file is whole or absent, whenever the kernel dies."""

import json
from pathlib import Path
from typing import Any

import torch
from torch import nn

from grader.probe import graphs
from grader.probe.records import Network, Phase
from grader.probe.stages import frozen_statistics
from grader.probe.tensors import digest


class Writer:
    """Writes into one folder."""

    def __init__(self, folder: Path, most_weights: int | None = None) -> None:
        self.folder, self.most_weights = folder, most_weights

    def export(self, network: Network) -> None:
        """Write both graphs, once. An error is kept as testimony, for the judge to say why it could not replay."""
        network.drop_rates = drop_rates(network.module)
        network.hooked |= any(
            part._forward_hooks or part._forward_pre_hooks for part in network.module.modules()
        )
        for mode in ("train", "eval"):
            if mode in network.exported:
                continue
            path = self.folder / f"{network.id}.{mode}.json"
            try:
                constants = graphs.write_graph(network.module, network.example, mode, path)
            except Exception as error:
                network.export_error = f"{type(error).__name__}: {str(error).strip()}"[:1500]
            else:
                network.constants |= constants
                network.exported.add(mode)

    def save_weights(self, network: Network) -> None:
        """Weights as they are now, and which parameters differ from before the first step."""
        run = network.run
        step = run.steps if run else 0
        if network.weights_at_step == step:
            return
        state = {name: t for name, t in network.module.state_dict().items() if isinstance(t, torch.Tensor)}
        buffers = {name: b for name, b in network.module.named_buffers() if name not in state}
        path = self.folder / f"{network.id}.safetensors"
        whole = {**state, **buffers, **network.constants}
        if self.most_weights is None or sum(t.numel() for t in whole.values()) <= self.most_weights:
            graphs.write_tensors(whole, path)
        network.weights_at_step = step
        if run:
            current = {name: digest(p) for name, p in network.module.named_parameters()}
            network.changed = {name: current[name] != run.initial.get(name) for name in current}
            network.drifted = frozen_statistics(network.module) != run.statistics

    def save_samples(self, phases: list[Phase]) -> None:
        """Images of phases that are not on disk yet."""
        for phase in phases:
            sample = phase.sample
            if sample is None or (self.folder / f"{sample.name}.safetensors").exists():
                continue
            if phase is phases[-1] and sample.labels is None:
                continue  # its labels may come with the loss
            tensors = {"images": sample.images}
            if sample.entered is not None:
                tensors["entered"] = sample.entered
            if sample.labels is not None and not sample.labels.is_floating_point():
                tensors["labels"] = sample.labels.to(torch.int64)
            if sample.indices is not None:
                tensors["indices"] = torch.tensor(sample.indices, dtype=torch.int64)
            graphs.write_tensors(tensors, self.folder / f"{sample.name}.safetensors")

    def save_streams(self, networks: list[Network]) -> None:
        """Some images of each step, of networks that have taken more since the last time."""
        for network in networks:
            stream = network.stream
            if stream is None or len(stream.images) == stream.written:
                continue
            stream.written = len(stream.images)
            tensors = {
                "images": torch.stack(stream.images),
                "indices": torch.tensor(stream.indices),
                "steps": torch.tensor(stream.steps),
            }
            graphs.write_tensors(tensors, self.folder / f"{network.id}.stream.safetensors")

    def save_errors(self, errors: list[str]) -> None:
        """Into the evidence.json that there is: nobody would miss what errors prevent from being written."""
        path = self.folder / "evidence.json"
        notes = json.loads(path.read_text()) if path.exists() else {}
        self.save_notes(notes | {"probe_errors": errors[:20]})

    def save_notes(self, notes: dict[str, Any]) -> None:
        """evidence.json."""
        draft = self.folder / "evidence.part"
        draft.write_text(json.dumps(notes))
        draft.replace(self.folder / "evidence.json")


def drop_rates(module: nn.Module) -> tuple[float, ...]:
    """The probabilities that a training loop may change from epoch to epoch."""
    parts = [part for part in module.modules() if isinstance(part, nn.modules.dropout._DropoutNd)]
    return tuple(float(part.p) for part in parts)
