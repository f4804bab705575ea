"""How the images of a network were prepared, as the replay prepares the held-out ones."""

from collections.abc import Sequence

from grader.schema.evaluation import Preprocessing, SampleFacts, Treatment
from grader.schema.evidence import Phase

SIDE = 32  # pixels of the images that loaders are asked with


def preprocessing_of(
    phases: Sequence[Phase], samples: dict[str, SampleFacts], whole: tuple[int, int]
) -> Preprocessing | None:
    """How this network's evaluation images were prepared; else its training images, if it was never evaluated.

    Where images were cut or mirrored at random, the centre of the same size, not mirrored, stands for them. `whole`: rows
    and columns of the course's images.
    """
    own = [p for p in phases if p.sample in samples]
    ordered = sorted(own, key=lambda p: (p.kind != "eval", p.split != "test", p.training_mode is not False))
    found = [how for p in ordered if (how := samples[str(p.sample)].preprocessing) is not None]
    still = next((how for how in found if how.offset is not None and how.flipped is not None), None)
    evaluated = [p for p in own if p.kind == "eval"]
    if (
        still is not None
        or not found
        or (evaluated and samples[str(ordered[0].sample)].preprocessing is None)
    ):
        return still
    rows, columns = found[0].frame.size if found[0].frame else found[0].size
    centre = (whole[0] - rows) // 2, (whole[1] - columns) // 2
    return found[0].model_copy(update={"offset": centre, "flipped": False})


def preprocessing_in_training(
    phases: Sequence[Phase], samples: dict[str, SampleFacts]
) -> Preprocessing | None:
    """How this network's training images were prepared, without what was random there."""
    for phase in phases:
        if phase.kind == "train" and phase.sample in samples:
            how = samples[str(phase.sample)].preprocessing
            if how is not None:
                return how.model_copy(update={"offset": how.offset or (0, 0), "flipped": bool(how.flipped)})
    return None


def with_asked(
    found: dict[str, SampleFacts], phases: Sequence[Phase], asked: dict[str, Treatment]
) -> dict[str, SampleFacts]:
    """Of a single image no map is certain: there what its loader does counts, if that is the whole story."""
    told = dict(found)
    for phase in phases:
        name, how = phase.sample or "", asked.get(phase.pipeline or "")
        facts = found.get(name)
        if facts is None or how is None or facts.preprocessing is not None or not phase.as_loaded:
            continue
        if facts.images == facts.identified == 1:
            told[name] = facts.model_copy(update={"preprocessing": still(how)})
    return told


def still(how: Treatment) -> Preprocessing | None:
    """What a loader does, if it does the same to all images and only cuts them and maps their channels."""
    places = set(how.windows)
    if how.mean is None or how.std is None or how.padded or how.others or len(places) != 1:
        return None
    (window,) = places
    rows, columns = how.size
    top, left = (SIDE - rows) / 2 + window.down, (SIDE - columns) / 2 + window.right
    if window.upside_down or top % 1 or left % 1:
        return None
    offset = int(top), int(left)
    return Preprocessing(
        mean=how.mean, std=how.std, size=how.size, offset=offset, flipped=window.flipped, residual=0.0
    )
