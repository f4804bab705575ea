"""Phases: consecutive calls of one network in one cell, in the same modes and on the same pass over the data."""

from typing import Any

import torch
from torch import nn

from grader.probe.chains import mode_of, mode_of_layers
from grader.probe.records import Network, Phase
from grader.probe.sources import Batch
from grader.probe.tensors import kind_of_scores

KEPT_SAMPLES = 16  # phases of one network whose first images are kept
KEPT_OF_A_KIND = 2

Key = tuple[int | None, bool, bool, int | None]  # cell, training mode, gradients, pass over a loader


def key_of(network: Network, cell: int | None, gradients: bool, batch: Batch | None) -> Key:
    """What is alike in all calls of a phase."""
    return cell, network.module.training, gradients, batch.iteration if batch is not None else None


def kind_of(key: Key, batch: Batch | None) -> tuple[Any, ...]:
    """Passes of a kind show the same images, prepared alike."""
    return (*key[:3], batch.split if batch is not None else None)


def keeps_images(network: Network, key: Key, batch: Batch | None) -> bool:
    """Whether there is room for the first images of a phase."""
    kept = network.kept
    return kept[kind_of(key, batch)] < KEPT_OF_A_KIND and kept.total() < KEPT_SAMPLES


def begun(
    network: Network,
    place: dict[str, int | None],
    key: Key,
    images: torch.Tensor,
    scores: torch.Tensor | None,
    batch: Batch | None,
) -> Phase:
    """A new phase, with its first call."""
    run = network.run
    return Phase(
        network=network.id,
        place=place,
        training_mode=mode_of(network.module),
        dropout_mode=mode_of_layers(network.module, nn.modules.dropout._DropoutNd),
        norm_mode=mode_of_layers(network.module, nn.modules.batchnorm._BatchNorm),
        gradients=key[2],
        split=batch.split if batch else None,
        dataset=batch.dataset if batch else None,
        epoch=run.epochs if run else 0,
        first_step=run.steps if run else 0,
        key=key,
        example=images.detach(),
        after_budget=bool(run and run.exhausted),
        passing=batch.passing if batch else None,
        output="other" if scores is None else kind_of_scores(scores),
    )
