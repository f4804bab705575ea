"""Features computed once: which network gave the numbers that a classifier was trained on."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from grader.schema.evidence import Evidence, Fit, Network, Parameter, Phase, TrainingRun

FIRST_ID = 5000  # of classifiers that are no modules: the probe counts networks from 0


@dataclass(frozen=True)
class Given:
    """A network was called, and neither this call nor one before trained it. `place`: of the phase."""

    place: int
    network: Network

    @property
    def pretrained(self) -> bool:
        return any(p.origin for p in self.network.parameters)


def given_features(evidence: Evidence, reached: Container[str]) -> list[Given]:
    """In the order of the calls. Autograd may have been on: what is detached, or wholly frozen, learns nothing.

    `reached`: networks that the training in question propagates gradients to.
    """
    networks = {network.id: network for network in evidence.networks}

    def only_called(phase: Phase) -> bool:
        known = phase.network in networks and phase.kind == "eval" and not phase.first_step
        return known and not (phase.gradients and phase.network in reached)

    return [
        Given(place, networks[phase.network])
        for place, phase in enumerate(evidence.phases)
        if only_called(phase)
    ]


def giver_of(width: int, before: int, given: Sequence[Given], taken: Iterable[Network]) -> Network | None:
    """The pretrained network that has given as many numbers for an image before; they may have been pooled on the way.
    Of several, the first one that has no classifier yet, else the last one."""
    fit = [g.network for g in given if g.pretrained and g.place < before and width in g.network.widths]
    others = list(taken)
    free = [one for one in fit if all(one is not other for other in others)]
    if not fit:
        return None
    return free[0] if len({one.id for one in free}) > 1 else (free or fit)[-1]


def source_of(width: int, before: int, given: Sequence[Given], taken: Iterable[Network]) -> Network | None:
    """The network that gave as many numbers: a pretrained one if there is one, else the last of the others."""
    alike = [g.network for g in given if g.place < before and width in g.network.widths]
    return giver_of(width, before, given, taken) or (alike[-1] if alike else None)


def backbones(evidence: Evidence, runs: Mapping[str, TrainingRun]) -> dict[str, Network]:
    """By the id of a trained network that takes rows of numbers: the network that gave them, pretrained or not, where any
    is."""
    began = {phase.network: place for place, phase in reversed(list(enumerate(evidence.phases)))}
    found: dict[str, Network] = {}
    for network in sorted(evidence.networks, key=lambda one: began.get(one.id, 0)):
        if network.id not in runs or len(network.input_shape) != 2 or network.id not in began:
            continue
        given, before = given_features(evidence, runs[network.id].reached), began[network.id]
        giver = source_of(network.input_shape[1], before, given, found.values())
        if giver is not None and any(one.pretrained for one in given):
            found[network.id] = giver
    return found


def classifiers(evidence: Evidence, taken: Iterable[Network]) -> list[tuple[Fit, Network | None]]:
    """Those of scikit-learn, each with the network that gave the numbers, pretrained or not, where any is. None: not known,
    for no network gave as many.

    Misses: features that were reduced on the way.
    """
    given = given_features(evidence, {name for run in evidence.runs for name in run.reached})
    others, found = list(taken), list[tuple[Fit, Network | None]]()
    widths = {width for network in evidence.networks for width in network.widths}
    for fit in evidence.fits:
        giver = source_of(fit.features, fit.phases, given, others)
        own = giver is None and fit.features in widths  # of a network that the student has trained
        if any(one.pretrained for one in given) and not own:
            others += [giver] if giver is not None else []
            found.append((fit, giver))
    return found


def as_network(fit: Fit, number: int) -> Network:
    """A classifier in the form of the networks that the probe sees."""
    weights = Parameter(name="coef_", shape=(fit.weights or 0,), trainable=True, changed=True, stepped=True)
    return Network(
        id=f"net{FIRST_ID + number}",
        class_name=fit.kind,
        defined=fit.place,
        input_shape=(fit.samples, fit.features),
        parameters=(weights,) if fit.weights else (),
        has_graphs=False,
    )
