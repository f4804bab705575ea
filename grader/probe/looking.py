"""Images kept for identification: as a network received them, and as its first convolution did."""

from collections.abc import Sequence
from typing import TypeGuard

import torch

from grader.probe.records import Network, Phase, Sample, Stream
from grader.probe.sources import Batch

SAMPLE_SIZE = 16  # images of a phase
MOST_IMAGES = 160  # of a network's training steps, where the loop itself transforms batches
OF_A_STEP = 4


def first_images(images: torch.Tensor, count: int = SAMPLE_SIZE) -> torch.Tensor:
    return images[:count].detach().to("cpu", copy=True)


def sample(name: str, images: torch.Tensor, entered: torch.Tensor | None) -> Sample:
    """`entered` is kept where it is something else than the images: normalised or cropped by the network itself."""
    kept = Sample(name, first_images(images))
    if is_image_of(entered, images):
        seen = first_images(entered)
        if seen.shape != kept.images.shape or not torch.equal(seen, kept.images):
            kept.entered = seen
    return kept


def is_image_of(entered: torch.Tensor | None, images: torch.Tensor) -> TypeGuard[torch.Tensor]:
    """Still images of the batch; a network that pads before its first convolution has received what it was given."""
    if entered is None or entered.dim() != 4 or images.dim() != 4 or len(entered) != len(images):
        return False
    return entered.shape[1] == images.shape[1] and entered.shape[2:].numel() <= images.shape[2:].numel()


def seen_in(kept: Sample) -> torch.Tensor:
    """As the first convolution received them."""
    return kept.images if kept.entered is None else kept.entered


def note_repeated(phases: Sequence[Phase]) -> None:
    """A training pass of the same cell has begun with just these images before: what was done to them was done once."""
    *earlier, last = phases
    for phase in earlier:
        alike = (phase.network, phase.key[:3]) == (last.network, last.key[:3]) and phase.gradients
        if not alike or phase.sample is None or last.sample is None:
            continue
        one, other = seen_in(phase.sample), seen_in(last.sample)
        if one.shape == other.shape and torch.equal(one, other):
            phase.stored = last.stored = True


def as_loaded(kept: Sample, loaded: torch.Tensor) -> bool:
    seen = seen_in(kept)
    given = first_images(loaded)
    return seen.shape == given.shape and torch.equal(seen, given.to(seen.dtype))


def follow(network: Network, images: torch.Tensor, batch: Batch | None) -> None:
    """Keep some images of this step, where the loader cannot tell what becomes of images."""
    if batch is None and network.stream is None:
        network.stream = Stream()
    stream = network.stream
    if stream is None or len(stream.images) >= MOST_IMAGES:
        return
    if stream.images and stream.images[0].shape != images.shape[1:]:
        return
    known = batch.indices if batch is not None and batch.indices else []
    step = stream.steps[-1] + 1 if stream.steps else 0
    for number, image in enumerate(images[:OF_A_STEP]):
        stream.images.append(image.detach().to("cpu", copy=True))
        stream.indices.append(known[number] if number < len(known) else -1)
        stream.steps.append(step)
