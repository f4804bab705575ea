"""Evaluates one submission's evidence: runs in a process of its own that never runs student code."""

import importlib
import importlib.util
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file

from grader.evaluation import gallery
from grader.evaluation.course import Course
from grader.evaluation.functions import functions_file, tried_functions
from grader.evaluation.gallery import Gallery
from grader.evaluation.measure import measure, prepare_images
from grader.evaluation.pipelines import read_pipeline
from grader.evaluation.prepared import preprocessing_in_training, preprocessing_of, with_asked
from grader.evaluation.replay import NotReplayable, Program
from grader.evaluation.samples import identify, of_steps
from grader.schema.assignment import pieces_in
from grader.schema.base import Model
from grader.schema.copies import tests_of_copies
from grader.schema.evaluation import (
    Evaluation,
    Measured,
    NetworkFacts,
    Preprocessing,
    SampleFacts,
    Statistics,
    Treatment,
    Tried,
)
from grader.schema.evidence import Evidence, Network, Phase
from grader.schema.graph import Graph
from grader.store import digest, read_model, source_digest, write_model

Fact = TypeVar("Fact", bound=Model)

MAX_SAMPLES = 24  # phases of one file whose images are identified
MAX_NETWORKS = 24  # networks of one file that are replayed
MOST_UNKNOWN = 6  # phases of a network after which parts of images are no longer searched for: 0.5 s each
MAX_IMAGES = 16  # of one phase, as the probe keeps them
MAX_CHANNELS = 4
ENOUGH = 300  # images that tell learned from not learned: 10 points above a guess are 6 standard errors
NEAR_CHANCE = (
    0.12  # of a guess's share of right answers: such a network may have learned what its test does not show
)
MOST_PIPELINES, MOST_DRAWS, MOST_STEPS = (
    40,
    500,
    160,
)  # loaders asked, draws of one, images of steps looked at of one network


@lru_cache(maxsize=4)
def galleries_of(course: Course) -> dict[str, Gallery]:
    """The course's images, mapped, and shared by all submissions that this process evaluates."""
    folder, key = course.visible, digest(course.identity, Path(gallery.__file__).read_bytes())
    return {
        split: Gallery(
            np.load(folder / f"{split}_images.npy", mmap_mode="r"),
            np.load(folder / f"{split}_labels.npy"),
            course.cache / "derived" / f"descriptors-{split}-{key}.npy" if course.cache else None,
        )
        for split in ("train", "test")
    }


@lru_cache(maxsize=4)
def held_out_of(course: Course) -> tuple[np.ndarray, np.ndarray]:
    images = np.load(course.held_out / "images.npy", mmap_mode="r")
    return np.asarray(images[: course.count]), np.load(course.held_out / "labels.npy")[: course.count]


class KeptGraph(Model):
    """None: the reference does not fit this size of image."""

    graph: Graph | None


@lru_cache(maxsize=32)
def reference_graph(course: Course, channels: int, rows: int, columns: int) -> Graph | None:
    """The reference's own graph for this size of image; None where it does not fit, or where there is none."""
    if course.reference is None:
        return None
    module, _, name = course.reference.partition(":")
    own = importlib.util.find_spec(module)
    source = Path(own.origin).read_bytes() if own is not None and own.origin else b""
    parts = (torch.__version__, source_digest("probe"), source, name, str((channels, rows, columns)))

    def written_down() -> KeptGraph:
        from grader.probe.graphs import graph_of  # imports what torch.export needs, 2 s

        network = getattr(importlib.import_module(module), name)().eval()
        try:
            with torch.no_grad():
                graph, _ = graph_of(network, torch.zeros(2, channels, rows, columns), "eval")
        except Exception:  # torch.export raises many kinds; a size that does not fit is no fault
            return KeptGraph(graph=None)
        return KeptGraph(graph=Graph.model_validate(graph))

    return kept(course, "reference", digest(*parts), KeptGraph, written_down).graph


def kept(course: Course, name: str, key: str, kind: type[Fact], compute: Callable[[], Fact]) -> Fact:
    """What an earlier run has computed from the same things, else what `compute` gives now."""
    path = course.cache / "derived" / f"{name}-{key}.json" if course.cache else None
    stored = read_model(path, kind) if path else None
    if stored is not None:
        return stored
    found = compute()
    if path:
        with suppress(OSError):  # a cache that cannot be written costs time only
            write_model(path, found)
    return found


def prepare(course: Course) -> None:
    """Load what is the same for all submissions."""
    galleries_of(course)
    held_out_of(course)
    statistics_of(course)


def evaluate(student: Path, evidence: tuple[str, ...], key: str, course: Course) -> Evaluation:
    """All files of one submission; `student` is its result folder. A broken file is a fault noted, never raised."""
    began = time.monotonic()
    torch.manual_seed(0)
    samples: dict[str, SampleFacts] = {}
    pipelines: dict[str, Treatment] = {}
    networks: dict[str, NetworkFacts] = {}
    functions: dict[str, tuple[Tried, ...]] = {}
    sizes: set[tuple[int, int, int]] = set()
    faults: list[str] = []
    for number, folder in enumerate(evidence, start=1):
        if not folder:
            continue
        try:
            seen = Evidence.model_validate(json.loads((student / folder / "evidence.json").read_bytes()))
        except (OSError, ValueError, RecursionError) as error:
            faults.append(f"evidence of file {number} cannot be read: {type(error).__name__}")
            continue
        tried = tried_functions(tensors_in(functions_file(student / folder)), seen, pieces_in(course.pieces))
        functions |= {f"{number}/{name}": tries for name, tries in tried.items()}
        found = sample_facts(student / folder, seen, galleries_of(course))
        samples |= {f"{number}/{name}": facts for name, facts in found.items()}
        asked = pipelines_in(student / folder, seen)
        pipelines |= {f"{number}/{name}": how for name, how in asked.items()}
        found = with_asked(found, seen.phases, asked)
        phases = phases_by_network(seen)
        trained = {run.network for run in seen.runs if run.steps}
        for network in seen.networks[:MAX_NETWORKS]:
            shape = network.input_shape
            if len(shape) == 4 and shape[1] <= MAX_CHANNELS and 0 < min(shape[2:]) <= max(shape[2:]) <= 512:
                sizes.add((shape[1], shape[2], shape[3]))
            facts = network_facts(
                student / folder,
                network,
                phases[network.id],
                found,
                held_out_of(course),
                course.classes,
                network.id in trained,
            )
            stream = stream_of(student / folder, network, galleries_of(course))
            networks[f"{number}/{network.id}"] = facts.model_copy(update={"stream": stream})
    graphs = {f"{c}x{h}x{w}": reference_graph(course, c, h, w) for c, h, w in sizes}
    return Evaluation(
        key=key,
        samples=samples,
        networks=networks,
        pipelines=pipelines,
        statistics=statistics_of(course),
        functions=functions,
        reference={size: graph for size, graph in graphs.items() if graph is not None},
        faults=tuple(faults),
        seconds=round(time.monotonic() - began, 3),
        versions={"torch": torch.__version__, "numpy": np.__version__},
    )


def phases_by_network(seen: Evidence) -> dict[str, list[Phase]]:
    """Those of copies of it, which were only tested, come after a network's own."""
    tested = tests_of_copies(seen)
    found: dict[str, list[Phase]] = {network.id: [] for network in seen.networks}
    for phase in seen.phases:
        found.setdefault(phase.network, []).append(phase)
    for copy, original in tested.items():
        found[original] += found[copy]
    return found


def sample_facts(folder: Path, seen: Evidence, galleries: dict[str, Gallery]) -> dict[str, SampleFacts]:
    """Identify the images of each phase that kept some."""
    facts: dict[str, SampleFacts] = {}
    unknown: Counter[str] = Counter()  # phases of a network in which nothing was recognised
    for phase in chosen(seen.phases):
        assert phase.sample is not None
        tensors = tensors_in(folder / f"{phase.sample}.safetensors")
        images = tensors.get("images")
        if (
            images is None
            or images.dim() != 4
            or not 0 < len(images) <= MAX_IMAGES
            or max(images.shape[1:]) > 512
        ):
            continue
        labels, indices = (whole_numbers(tensors.get(name), len(images)) for name in ("labels", "indices"))
        thorough = unknown[phase.network] < MOST_UNKNOWN
        found = identify(images.float().numpy(), labels, indices, phase.split, galleries, thorough)
        unknown[phase.network] += not found.identified
        entered = tensors.get("entered")
        if entered is not None and entered.dim() == 4 and len(entered) == len(images):
            inside = identify(entered.float().numpy(), None, indices, phase.split, galleries, thorough)
            found = found.model_copy(update={"entering": inside.entering})
        facts[phase.sample] = found
    return facts


def pipelines_in(folder: Path, seen: Evidence) -> dict[str, Treatment]:
    """What each loader of the notebook does, where it could be asked."""
    found: dict[str, Treatment] = {}
    for name in sorted({phase.pipeline for phase in seen.phases if phase.pipeline})[:MOST_PIPELINES]:
        tensors = tensors_in(folder / f"{name}.safetensors")
        parts = [tensors[part] for part in ("black", "white", "coded") if part in tensors]
        if len(parts) != 3 or not all(map(is_stack, parts)):
            continue
        again = tensors.get("again")
        if again is not None and is_stack(again):
            parts.append(again)
        how = read_pipeline(*(part.float().numpy() for part in parts))
        if how is not None:
            found[name] = how
    return found


def is_stack(tensor: torch.Tensor) -> bool:
    """(draws, 3, rows, columns), not too many."""
    if tensor.dim() != 4 or not tensor.is_floating_point():
        return False
    draws, channels, rows, columns = tensor.shape
    return 0 < draws <= MOST_DRAWS and channels == 3 and 4 <= min(rows, columns) <= max(rows, columns) <= 64


def stream_of(folder: Path, network: Network, galleries: dict[str, Gallery]) -> Treatment | None:
    """What the training loop itself did to images, from some images of each step."""
    tensors = tensors_in(folder / f"{network.id}.stream.safetensors")
    images = tensors.get("images")
    if images is None or images.dim() != 4 or not len(images) >= 2 or max(images.shape[1:]) > 64:
        return None
    images = images[:MOST_STEPS]
    indices = tensors.get("indices")
    known = whole_numbers(None if indices is None else indices[:MOST_STEPS], len(images))
    steps = whole_numbers(tensors["steps"][:MOST_STEPS] if "steps" in tensors else None, len(images))
    return of_steps(images.float().numpy(), known, steps, galleries)


@lru_cache(maxsize=4)
def statistics_of(course: Course) -> Statistics | None:
    """Of the training images; None for images of one channel."""
    images = galleries_of(course)["train"].images
    if images.ndim != 4:
        return None
    return kept(course, "statistics", course.identity, Statistics, lambda: computed(images))


def computed(images: np.ndarray) -> Statistics:
    """Of (n, rows, columns, 3) uint8."""
    total, squares, own = np.zeros(3), np.zeros(3), np.zeros(3)
    for start in range(0, len(images), 5000):
        part = np.asarray(images[start : start + 5000], dtype=np.float32) / 255
        means, squared = part.mean((1, 2)), (part**2).mean((1, 2))
        total, squares = total + means.sum(0), squares + squared.sum(0)
        own += np.sqrt(np.maximum(squared - means**2, 0)).sum(0)
    mean = total / len(images)
    return Statistics(
        mean=tuple(map(float, mean)),
        pixel_std=tuple(map(float, np.sqrt(squares / len(images) - mean**2))),
        image_std=tuple(map(float, own / len(images))),
    )


def chosen(phases: tuple[Phase, ...]) -> list[Phase]:
    """The phases whose images are identified: each network's first ones before any network's later ones."""
    rank: Counter[str] = Counter()
    ordered: list[tuple[int, int, Phase]] = []
    for position, phase in enumerate(phases):
        if phase.sample:
            ordered.append((rank[phase.network], position, phase))
            rank[phase.network] += 1
    return [phase for _, _, phase in sorted(ordered, key=lambda entry: entry[:2])[:MAX_SAMPLES]]


def whole_numbers(tensor: torch.Tensor | None, count: int) -> np.ndarray | None:
    """Labels or positions of `count` images, if that is what the kernel wrote."""
    if tensor is None or tensor.dtype != torch.int64 or tuple(tensor.shape) != (count,):
        return None
    return tensor.numpy()


def network_facts(
    folder: Path,
    network: Network,
    phases: Sequence[Phase],
    samples: dict[str, SampleFacts],
    held_out: tuple[np.ndarray, np.ndarray],
    classes: int,
    trained: bool = False,
) -> NetworkFacts:
    """Replay one network on the held-out images."""
    if len(network.input_shape) != 4:
        return NetworkFacts(measured=None, not_measured="its input is not a batch of images")
    if not network.has_graphs:
        return NetworkFacts(
            measured=None, not_measured=f"torch.export could not write it down ({network.export_error})"
        )
    if not (folder / f"{network.id}.safetensors").exists():
        late = trained and not network.weights_at_step
        why = (
            "the kernel ended before its weights were written"
            if late
            else "it is too large to be carried out"
        )
        return NetworkFacts(measured=None, not_measured=why)
    how = preprocessing_of(phases, samples, (held_out[0].shape[1], held_out[0].shape[2]))
    if how is None:
        return NetworkFacts(
            measured=None, not_measured="the preprocessing of its images could not be identified"
        )
    try:
        measured = replayed(folder, network, how, held_out, classes)
    except NotReplayable as error:
        return NetworkFacts(measured=None, not_measured=str(error))
    if abs(measured.accuracy - 1 / classes) < NEAR_CHANCE:
        in_training = preprocessing_in_training(phases, samples) or how
        few = (held_out[0][:ENOUGH], held_out[1][:ENOUGH])
        for mode in ("train", "eval"):  # a graph in training may draw numbers in ways that are not replayed
            with suppress(NotReplayable):
                again = replayed(folder, network, in_training, few, classes, mode)
                measured = measured.model_copy(update={"as_trained": again.accuracy})
                break
    return NetworkFacts(measured=measured)


def replayed(
    folder: Path,
    network: Network,
    how: Preprocessing,
    held_out: tuple[np.ndarray, np.ndarray],
    classes: int,
    mode: str = "eval",
) -> Measured:
    try:
        graph = Graph.model_validate(json.loads((folder / f"{network.id}.{mode}.json").read_bytes()))
    except (OSError, ValidationError, ValueError, RecursionError) as error:
        raise NotReplayable(f"its graph cannot be read: {type(error).__name__}") from error
    program = Program(graph, tensors_in(folder / f"{network.id}.safetensors"))
    if graph.input_shape[2:] != how.size:
        stated = " x ".join(map(str, graph.input_shape[2:]))
        raise NotReplayable(
            f"its graph takes {stated} images, the phase showed {how.size[0]} x {how.size[1]}"
        )
    images, labels = held_out
    return measure(program, prepare_images(images, how), labels, classes)


def tensors_in(path: Path) -> dict[str, Any]:
    """A safetensors file, or nothing if it is damaged or missing."""
    try:
        return dict(load_file(path))
    except (OSError, SafetensorError, ValueError, KeyError):
        return {}
