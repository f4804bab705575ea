"""What a training did to a network's weights: from scratch, feature extraction, finetuning, or none of them and why.

Told from the weights alone: which of them had published values before the first step, and which of them changed.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from grader.judging.candidates import Candidate
from grader.schema.claims import Mode
from grader.schema.evidence import Parameter, TrainingRun
from grader.schema.result import Where

PRETRAINED = (
    0.5  # share of the weight tensors that start from one file: a replaced classifier of VGG is 3 of 11
)
WHOLE = 0.9  # share of the weights that a training from scratch changes; an activation that never fires keeps a few
SIZES = {  # weights of usual networks, with their heads for 1000 classes
    "squeezenet1_0": 1_248_424,
    "squeezenet1_1": 1_235_496,
    "alexnet": 61_100_840,
    "vgg11": 132_863_336,
    "vgg16": 138_357_544,
    "vgg19": 143_667_240,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
}
FEWEST_PUBLISHED = 0.03  # of them: AlexNet's convolutions are 4 %
FEWEST_TESTED = 30  # images of a test that is worth a percentage
FAMILIES = {
    "squeezenet": "SqueezeNet",
    "alexnet": "AlexNet",
    "vgg": "VGG",
    "resnet": "ResNet",
    "wide_resnet": "ResNet",
    "resnext": "ResNet",
    "densenet": "DenseNet",
    "mobilenet": "MobileNet",
    "efficientnet": "EfficientNet",
    "googlenet": "GoogLeNet",
    "inception": "Inception",
    "shufflenet": "ShuffleNet",
    "mnasnet": "MNASNet",
    "convnext": "ConvNeXt",
    "regnet": "RegNet",
    "vit": "ViT",
    "swin": "Swin",
    "maxvit": "MaxViT",
}
MODE_WORDS: dict[Mode, str] = {
    "from_scratch": "from scratch",
    "feature_extraction": "feature extraction",
    "finetuning": "finetuning",
}


@dataclass(frozen=True)
class Training:
    """One training, as its weights tell it. `mode` None: `reason` says what is in the way of each."""

    candidate: Candidate
    mode: Mode | None
    reason: str
    network: str = ""  # the published one it starts from, "resnet18"
    unsure: bool = False  # it starts from weights that nobody has compared with the published ones
    remark: str = ""
    real: bool = (
        True  # False: it starts from a stand-in, or a file of the student's own: its accuracy tells nothing
    )
    before: int = 0  # epochs of trainings of the same module in the same cell, which this one went on from

    @property
    def place(self) -> Where:
        """The cell that was run, which may call a function of another one."""
        run = self.candidate.run or self.candidate.fit
        cell = run.running + 1 if run is not None and run.running is not None else None
        return Where(file=self.candidate.file, cell=cell)

    @property
    def family(self) -> str:
        return family_of(self.network)

    @property
    def epochs(self) -> int | None:
        """Passes over a loader; None where it was trained without one, and nobody can tell."""
        run, passes = self.candidate.run, [p for p in self.candidate.phases if p.kind == "train"]
        if run is None or (passes and all(p.loader_pass is None for p in passes)):
            return None
        return run.epochs

    @property
    def images(self) -> int:
        """Propagated in training, each as often as it was; batches count whole where a few of their rows stand for them."""
        return sum(phase.samples for phase in self.candidate.phases if phase.kind == "train")

    @property
    def lengths(self) -> frozenset[int]:
        """Numbers of epochs that it may be said to have had: its own, and with the stage before it."""
        own = self.epochs
        return frozenset() if own is None else frozenset({own, own + self.before})

    @property
    def counts(self) -> frozenset[int]:
        """What may rightly be called its number of trainable parameters: those not frozen, those of them that were given to
        the optimizer, those that changed."""
        own = self.candidate.network.parameters
        return frozenset(
            {
                elements(p for p in own if p.trainable),
                elements(p for p in own if p.stepped and p.trainable),
                elements(p for p in own if p.changed),
            }
        ) - {0}

    @property
    def total(self) -> int:
        return elements(self.candidate.network.parameters)


def elements(parameters: object) -> int:
    return sum(math.prod(p.shape) for p in parameters)  # type: ignore[attr-defined]


def family_of(network: str) -> str:
    found = [stem for stem in FAMILIES if network.startswith(stem)]
    return FAMILIES[max(found, key=len)] if found else network


def published_network(file: str) -> str:
    """torchvision's name in that of a file: squeezenet1_1-b8a52dc0.pth, alexnet-owt-7be5be79.pth."""
    return file.partition("-")[0].removesuffix(".pth")


def tell(candidate: Candidate, kinds: Mapping[str, str], classes: int) -> Training | None:
    """None: it was never trained. `kinds`: of the files of weights that the notebook loaded, as the evidence has them."""
    if candidate.fit is not None:
        return on_features(candidate, kinds)
    run = candidate.run
    if run is None or not run.steps:
        return None
    parameters = candidate.network.parameters
    if any(p.changed is None for p in parameters):
        return Training(candidate, None, "which of its weights changed could not be seen", unsure=True)
    if candidate.backbone is not None:
        return on_features(candidate, kinds)
    start = origin_of(parameters)
    if not any(p.changed for p in parameters) and rests_at_first(run):
        return Training(
            candidate, None, "its learning rate was 0 in all the steps that it was given here", unsure=True
        )
    if not start:
        return from_random(candidate)
    name, kind = published_network(start), kinds.get(start)
    mode, reason = from_published(candidate, name, classes)
    said = [
        drift(candidate) if mode == "feature_extraction" else "",
        on_test_images(candidate),
        optimizer_of(candidate),
    ]
    said.append(tested(candidate) if kind == "course" else "")
    remark = "".join(f"; {text}" for text in said if text)
    return Training(candidate, mode, reason, name, kind == "own", remark, real=kind == "course")


def on_features(candidate: Candidate, kinds: Mapping[str, str]) -> Training:
    """A classifier on numbers that a network gave before."""
    fit, parameters = candidate.fit, candidate.network.parameters
    learned = (
        f"scikit-learn's {fit.kind} was fitted" if fit else f"{elements(parameters):,} weights were trained"
    )
    if candidate.backbone is None:
        width = candidate.network.input_shape[-1]
        text = f"{learned} on {width:,} numbers for each image, and no network was seen to give as many"
        return Training(candidate, None, text, unsure=True)
    start = origin_of(candidate.backbone.parameters)
    if not start:
        published = sum(bool(p.origin) for p in candidate.backbone.parameters if len(p.shape) > 1)
        which = (
            f"with published weights in {published} of its layers only"
            if published
            else "without published weights"
        )
        text = f"{learned} on features of a network {which}"
        return Training(candidate, None, text)
    name, kind = published_network(start), kinds.get(start)
    text = f"{learned} on features that {name} gave"
    return Training(candidate, "feature_extraction", text, name, kind == "own", real=kind == "course")


def origin_of(parameters: tuple[Parameter, ...]) -> str:
    """The file that at least half of the weight tensors have their first values from, or ""."""
    weights = [p for p in parameters if len(p.shape) > 1]
    files = Counter(p.origin for p in weights if p.origin)
    return files.most_common(1)[0][0] if sum(files.values()) >= PRETRAINED * len(weights) > 0 else ""


def from_random(candidate: Candidate) -> Training:
    parameters = candidate.network.parameters
    published = [p for p in parameters if p.origin and len(p.shape) > 1]
    total, changed = elements(parameters), elements(p for p in parameters if p.changed)
    if published:
        text = f"only {len(published)} of its layers start from published weights"
        return Training(candidate, None, text)
    if not changed:
        return Training(candidate, None, "it starts from random weights, and none of them changed")
    if changed < WHOLE * total:
        left = sum(bool(p.origin) for p in parameters)
        why = (
            f"of the published ones, {left} biases and scales are left, and all else was set anew"
            if left
            else "no published weights were loaded into it"
        )
        text = f"{total - changed:,} of its {total:,} weights were never trained, and they are random ones: {why}"
        return Training(candidate, None, text)
    return Training(
        candidate, "from_scratch", f"all of its {total:,} weights start from random values and were trained"
    )


def from_published(candidate: Candidate, name: str, classes: int) -> tuple[Mode | None, str]:
    """The mode and what was seen, of a network that starts from published weights."""
    parameters = candidate.network.parameters
    head = [p for p in parameters if not p.origin and not is_level(p, parameters)]
    body = [p for p in parameters if p not in head]
    if (size := SIZES.get(name)) is not None and elements(body) < FEWEST_PUBLISHED * size:
        return (
            None,
            f"{elements(body):,} weights have values of {name}, which has {size:,}: too few to be its features",
        )
    moved = [p for p in body if p.changed]
    before = [p for p in body if p.moved_before]
    stuck = [p for p in head if len(p.shape) > 1 and not p.changed and not p.trainable]
    outputs = candidate.network.output_shape[1] if len(candidate.network.output_shape) > 1 else 0
    if not any(p.changed for p in parameters):
        return None, f"none of the weights of {name} changed: {why_unchanged(candidate)}"
    if outputs > classes or not any(len(p.shape) > 1 for p in head):
        scores = f": it gives {outputs:,} scores, and there are {classes} classes" if outputs else ""
        return None, f"the head of {name} was not replaced{scores}"
    decayed = [p for p in moved if not p.trainable]
    if decayed:
        text = (
            f"{elements(decayed):,} weights of {name} were frozen and changed all the same: the optimizer still held them, "
            "and weight decay or momentum went on"
        )
        return None, text
    if stuck:
        text = f"{elements(stuck):,} weights of {name} ({where(stuck)}) are new, random, and were frozen"
        return None, text
    if not any(p.changed for p in head) and candidate.network.goes_on_from is None:
        return None, f"the new head of {name} kept its random weights: it was never trained"
    new = [p for p in head if p.changed]
    if not moved and before:
        text = f"only {where(new)} was trained, but {elements(before):,} weights of {name} had been changed before"
        return None, text
    if not moved:
        text = f"the {elements(new):,} new weights in {where(new)} changed, the other {elements(body):,} of {name} did not"
        return "feature_extraction", text
    text = (
        f"{elements(moved):,} of the {elements(body):,} published weights of {name} changed, and its new head"
    )
    return "finetuning", text + (f" ({where(moved)} only)" if len(moved) < WHOLE * len(body) else "")


def why_unchanged(candidate: Candidate) -> str:
    parameters, run = candidate.network.parameters, candidate.run
    if not any(p.trainable for p in parameters):
        return "everything was frozen, the head too"
    if any(p.trainable and p.stepped for p in parameters):
        return "the optimizer held some of them, and its steps did not move them"
    if run is not None and any(use.foreign for use in run.optimizers):
        return "the optimizer held parameters of something else, as of a head that was replaced after it was made"
    return "the optimizer held none of those that are not frozen"


def is_level(parameter: Parameter, parameters: tuple[Parameter, ...]) -> bool:
    """A vector without an origin beside a weight that has one: published, and the same value throughout."""
    if parameter.origin or len(parameter.shape) > 1:
        return False
    own = parameter.name.rpartition(".")[0]
    layer = [p for p in parameters if p.name.rpartition(".")[0] == own and p is not parameter]
    return any(p.origin for p in layer)


def where(moved: list[Parameter]) -> str:
    """The parts that hold these parameters, by the names of their modules."""
    parts = dict.fromkeys(".".join(p.name.split(".")[:-1][:2]) or p.name for p in moved)
    names = list(parts)
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def optimizer_of(candidate: Candidate) -> str:
    """Its kind and the learning rate of the first group at the first step."""
    run = candidate.run
    if run is None or not run.optimizers or not run.rates:
        return ""
    groups = f", {run.optimizers[0].groups} groups" if run.optimizers[0].groups > 1 else ""
    return f"{run.optimizers[0].kind}, learning rate {run.rates[0][1]:g}{groups}"


def rests_at_first(run: TrainingRun) -> bool:
    """It was cut short while its rate was still 0."""
    return run.full_steps < run.steps and all(rate == 0 for step, rate in run.rates if step < run.full_steps)


def on_test_images(candidate: Candidate) -> str:
    splits = {candidate.split_of(p) for p in candidate.phases if p.kind == "train"}
    return (
        "it was trained on test images (no points depend on that here)" if splits & {"test", "both"} else ""
    )


def drift(candidate: Candidate) -> str:
    if not candidate.network.drifted:
        return ""
    return (
        "the running statistics of its frozen batch normalisations changed, for it was in training mode (that costs "
        "nothing; eval() on the backbone keeps them)"
    )


def tested(candidate: Candidate) -> str:
    """What the notebook's own last whole test of it gave."""
    found = [
        phase
        for phase in candidate.phases
        if phase.kind == "eval"
        and phase.confusion
        and not phase.thinned
        and candidate.split_of(phase) == "test"
    ]
    counts = found[-1].confusion if found else None
    images = sum(map(sum, counts)) if counts else 0
    if counts is None or images < FEWEST_TESTED:
        return ""
    right = sum(row[place] for place, row in enumerate(counts))
    return f"{100 * right / images:.1f} % of {images:,} test images right in the notebook"
