"""A candidate: one network of the submission with all that is known about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from grader.judging.features import as_network, backbones, classifiers
from grader.schema.copies import tests_of_copies
from grader.schema.evaluation import NetworkFacts, SampleFacts, Statistics, Treatment
from grader.schema.evidence import Evidence, Fit, Network, Phase, SchedulerUse, TrainingRun, ValueUse
from grader.schema.graph import Graph
from grader.schema.result import Basis, Where

NOT_EVALUATED = NetworkFacts(measured=None, not_measured="the network was not evaluated")

MANY = 200  # images of a pass that is more than a trial


@dataclass(frozen=True)
class Candidate:
    """Evidence (the probe's word) and facts (measured by us) on one network."""

    file: str
    network: Network
    run: TrainingRun | None
    phases: tuple[Phase, ...]
    facts: NetworkFacts
    samples: dict[str, SampleFacts]
    graph: Graph | None  # in eval mode
    reference: Graph | None  # the reference's, for the same size of image
    train_graph: Graph | None = None  # in the mode it was trained in
    pipelines: dict[str, Treatment] = field(default_factory=dict)  # what loaders do
    statistics: Statistics | None = None  # of the course's training images
    transforms: dict[str, str] = field(
        default_factory=dict
    )  # of loaders, in their own words: for naming only
    schedulers: tuple[SchedulerUse, ...] = ()  # of the whole file
    headings: tuple[str, ...] = ()  # above the cell it was trained in, innermost first
    backbone: Network | None = (
        None  # a pretrained network, never trained, whose outputs this one was trained on
    )
    rate_set_in: int | None = None  # cell of the file, from 1, whose code sets a learning rate by hand
    stops_in: int | None = None  # cell of the file, from 1, whose code may end a training early
    fit: Fit | None = None  # it is no module but a classifier of scikit-learn

    def place(self, of: str = "defined") -> Where:
        """Where it was defined, or trained, as people count: cells from 1."""
        spot = self.run.place if of == "trained" and self.run else self.network.defined
        cell = None if spot.cell is None else spot.cell + 1
        return Where(file=self.file, cell=cell, line=spot.line)

    def place_of(self, phase: Phase) -> Where:
        """Where the network was called in this pass."""
        cell = None if phase.place.cell is None else phase.place.cell + 1
        return Where(file=self.file, cell=cell, line=phase.place.line)

    def facts_of(self, phase: Phase) -> SampleFacts | None:
        return self.samples.get(phase.sample) if phase.sample else None

    def split_of(self, phase: Phase) -> str | None:
        """The split a phase was fed from: by the images themselves where they were recognised, else by the loader."""
        facts = self.facts_of(phase)
        if facts is not None and facts.identified >= max(1, facts.images // 4):
            return facts.split
        return phase.split

    @property
    def unknown_tests(self) -> list[Phase]:
        """Passes without training over many images that were not recognised: those of the test split, perhaps."""
        return [
            phase
            for phase in self.phases
            if phase.kind == "eval" and phase.samples >= MANY and self.split_of(phase) is None
        ]

    @property
    def evaluated(self) -> bool:
        """The trusted side has looked at it: where there is no reference for its size, there can be none."""
        return self.facts is not NOT_EVALUATED

    @property
    def basis(self) -> Basis:
        """How its layers are known: a graph is proved by its replay, and testimony without."""
        return "observed" if self.facts.measured is None else "proved"

    @property
    def title(self) -> str:
        place = self.place()
        text = f"class {self.network.class_name}"
        if place.cell:
            text += f" (cell {place.cell})"
        if self.run and self.run.running is not None:
            text += f", trained in cell {self.run.running + 1}"
        return text


@dataclass(frozen=True)
class Circumstances:
    """What stood in the way: an interrupted or missing cell may hide what was not seen."""

    interrupted: str = ""  # a sentence, or ""
    faults: tuple[str, ...] = ()
    errors: tuple[tuple[Where, str], ...] = field(default=())  # errors that cells ended with
    missing: tuple[str, ...] = ()  # packages that were needed and are not installed; faults say so
    unknown: Mapping[str, ValueUse] = field(
        default_factory=dict
    )  # files whose code used the value of a placeholder for a package

    @property
    def hidden_by(self) -> str:
        return self.faults[0] if self.faults else self.interrupted


def fitted(file: str, evidence: Evidence, beneath: Mapping[str, Network]) -> list[Candidate]:
    """Classifiers of scikit-learn on features."""
    return [
        Candidate(
            file=file,
            network=as_network(fit, number),
            run=None,
            phases=(),
            facts=NOT_EVALUATED,
            samples={},
            graph=None,
            reference=None,
            backbone=giver,
            fit=fit,
        )
        for number, (fit, giver) in enumerate(classifiers(evidence, beneath.values()))
    ]


def headings_above(run: TrainingRun | None, headings: Mapping[int, tuple[str, ...]]) -> tuple[str, ...]:
    """Of the cell that trains; `headings` by the cell they stand over, cells counted from 0."""
    return headings.get(run.running, ()) if run is not None and run.running is not None else ()


def candidates_of(
    file: str,
    evidence: Evidence,
    facts: dict[str, NetworkFacts],
    samples: dict[str, SampleFacts],
    graphs: dict[str, Graph],
    reference: dict[str, Graph],
    channels: int,
    train_graphs: dict[str, Graph] | None = None,
    pipelines: dict[str, Treatment] | None = None,
    statistics: Statistics | None = None,
    headings: Mapping[int, tuple[str, ...]] | None = None,
    rate_set_in: int | None = None,
    stops_in: int | None = None,
) -> list[Candidate]:
    """Every network that was fed images of the lab's kind, and classifiers on what pretrained ones gave for them."""
    found = []
    runs = {run.network: run for run in evidence.runs}
    tested = tests_of_copies(evidence)
    beneath = backbones(evidence, runs)
    found += fitted(file, evidence, beneath)
    for network in evidence.networks:
        shape = network.input_shape
        backbone = beneath.get(network.id)
        if backbone is None and (len(shape) != 4 or shape[1] != channels):
            continue
        found.append(
            Candidate(
                file=file,
                network=network,
                run=runs.get(network.id),
                phases=tuple(
                    phase
                    for phase in evidence.phases
                    if phase.network == network.id or tested.get(phase.network) == network.id
                ),
                facts=facts.get(network.id, NOT_EVALUATED),
                samples=samples,
                graph=graphs.get(network.id),
                reference=reference.get("x".join(map(str, shape[1:]))),
                train_graph=(train_graphs or {}).get(network.id),
                pipelines=pipelines or {},
                statistics=statistics,
                transforms=evidence.transforms,
                schedulers=evidence.schedulers,
                headings=headings_above(runs.get(network.id), headings or {}),
                backbone=backbone,
                rate_set_in=rate_set_in,
                stops_in=stops_in,
            )
        )
    return found
