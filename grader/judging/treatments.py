"""What was done to the images that one network was trained on and tested on, put together from all that was seen.

A loader was asked with images of ours, which tells everything that its code does. What the loop or the network itself does
shows in the images that reached the first convolution: they are compared with the course's own.
"""

from collections import Counter
from dataclasses import dataclass

from grader.judging.candidates import Candidate
from grader.judging.layers import read_layers
from grader.judging.operations import NORMS
from grader.schema.evaluation import Treatment, Window
from grader.schema.evidence import Phase
from grader.schema.result import Where

NOTHING = 1e-3  # a mean this near to 0 is what scaling to [0, 1] leaves
STILL = 0.26  # pixels: windows are read to half a pixel


@dataclass(frozen=True)
class Seen:
    """How images were treated in the passes that show it best."""

    normalisation: Treatment | None  # None: not known
    movement: Treatment | None
    where: Where

    @property
    def known(self) -> bool:
        return self.normalisation is not None or self.movement is not None

    @property
    def windows(self) -> tuple[Window, ...]:
        return self.movement.windows if self.movement else ()

    @property
    def random(self) -> bool:
        """Two windows differ, or something else is drawn anew each time."""
        movement = self.movement
        if movement is None:
            return False
        places = {(w.down, w.right, w.flipped, w.upside_down) for w in movement.windows}
        drawn = any("random" in other for other in movement.others)
        return len(places) > 1 or drawn


def training_images(candidate: Candidate) -> Seen | None:
    """Of the training passes; None if no training was seen."""
    return seen_in(candidate, [p for p in candidate.phases if p.kind == "train"], candidate.facts.stream)


def test_images(candidate: Candidate) -> Seen | None:
    """Of the passes over the test split, those without training if there are any; None if there was none."""
    passes = [p for p in candidate.phases if candidate.split_of(p) == "test"]
    return seen_in(candidate, [p for p in passes if p.kind == "eval"] or passes, None)


def seen_in(candidate: Candidate, passes: list[Phase], stream: Treatment | None) -> Seen | None:
    """The kind of pass that most images went through and that showed something."""
    if not passes:
        return None
    weight: Counter[tuple[int | None, bool | None, str | None]] = Counter()
    for phase in passes:
        weight[kind_of(phase)] += phase.samples
    shown = sorted(
        (p for p in passes if p.sample), key=lambda p: (weight[kind_of(p)], p.first_step), reverse=True
    )
    found = [together(candidate, phase, stream) for phase in shown]
    return next((one for one in found if one.known), Seen(None, None, candidate.place_of(passes[0])))


def kind_of(phase: Phase) -> tuple[int | None, bool | None, str | None]:
    return phase.place.cell, phase.training_mode, phase.pipeline


def together(candidate: Candidate, phase: Phase, stream: Treatment | None) -> Seen:
    """One pass: what its loader does, and what happened after it."""
    asked = candidate.pipelines.get(phase.pipeline or "")
    facts = candidate.facts_of(phase)
    entering = facts.entering if facts is not None else None
    where = candidate.place_of(phase)
    # a norm before the first convolution changes all that the convolution shows, and is none of what was done to images
    if asked is not None and (phase.as_loaded or (asked.windows and begins_with_a_norm(candidate))):
        return Seen(asked, asked if asked.windows else entering or asked, where)
    movement = stream or entering
    if movement is not None and phase.stored:
        movement = movement.model_copy(update={"fixed": True})
    moves = asked is not None and len({(w.down, w.right, w.flipped) for w in asked.windows}) > 1
    if asked is not None and moves and (entering is None or entering.size == asked.size):
        movement = asked  # the loop or the network only normalises
    return Seen(normalised(asked, entering or stream), movement, where)


def normalised(asked: Treatment | None, entering: Treatment | None) -> Treatment | None:
    """What reached the network tells most. Where the loop mixed images or added noise, no common map is left in them: then
    what the loader did counts, if it did anything."""
    if entering is not None and (entering.mean is not None or entering.per_image):
        return entering
    did = asked is not None and (asked.per_image or max(map(abs, asked.mean or (0.0,))) > NOTHING)
    return asked if did else None


def begins_with_a_norm(candidate: Candidate) -> bool:
    """A normalisation layer before every other layer."""
    if candidate.train_graph is None:
        return False
    return any(
        norm.unit is None and norm.kind in NORMS for norm in read_layers(candidate.train_graph).norm_layers
    )


def share(windows: tuple[Window, ...], name: str) -> float:
    return sum(getattr(w, name) for w in windows) / len(windows) if windows else 0.0


def offsets(windows: tuple[Window, ...]) -> tuple[set[float], set[float]]:
    """Distances of the windows' centres from the image's, in half pixels: down, right."""
    return {round(2 * w.down) / 2 for w in windows}, {round(2 * w.right) / 2 for w in windows}
