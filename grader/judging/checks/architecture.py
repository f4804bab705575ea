"""Is it the statement's network, layer by layer?"""

from grader.judging.candidates import Candidate
from grader.judging.compare import Pair, align, describe, shape_words
from grader.judging.layers import read_layers
from grader.judging.operations import BY_HAND
from grader.judging.units import Unit
from grader.judging.verdict import Verdict, graded, undecided
from grader.judging.windows import MAXIMA

DIFFERENT = 0.5  # share of a layer's points for the right kind in the right place with a wrong setting
EXTRA = 0.5  # of a layer's points, lost for each layer that is not in the table
MOST = 200  # layers that are compared; one with more has long lost all points


def compare(candidate: Candidate, names: tuple[str, ...]) -> list[Pair] | None:
    """The alignment with the reference's own graph; None if either graph is missing."""
    if candidate.graph is None or candidate.reference is None:
        return None
    expected = read_layers(candidate.reference).units
    found = read_layers(candidate.graph).units[:MOST]
    padded = names if len(names) == len(expected) else tuple(f"layer {i + 1}" for i in range(len(expected)))
    return align(expected, found, padded)


def architecture(candidate: Candidate, names: tuple[str, ...]) -> Verdict:
    """Observed: the graph in evaluation mode. Bound: equality of kind, settings, order and activation.

    Catches:  any setting, order, missing or extra layer or activation.
    Misses:   nothing that reaches the output; code that is never called is not judged.
    """
    where = candidate.place()
    pairs = compare(candidate, names)
    if pairs is None:
        return missing_graph(candidate)
    wrong = [pair for pair in pairs if not pair.equal]
    windows = next((p.found.kind for p in pairs if p.found is not None and p.found.kind in BY_HAND), None)
    if windows is not None:
        text = f"windows are taken by {windows}, perhaps for a convolution written by hand: a person decides"
        return undecided(text, where=where, basis=candidate.basis)
    maximum = next((pair.found for pair in wrong if pair.found and perhaps_a_pooling(pair.found)), None)
    if maximum is not None and any(pair.expected and pair.expected.kind == "max_pool" for pair in wrong):
        text = f"{describe(maximum)} takes the largest values, perhaps for a pooling written by hand: a person decides"
        return undecided(text, where=where, basis=candidate.basis)
    if not wrong:
        return graded(1.0, f"all {len(names)} layers as in the table", where=where, basis=candidate.basis)
    earned = sum(1.0 if p.equal else DIFFERENT if p.expected and p.found else 0.0 for p in pairs)
    earned -= EXTRA * sum(p.expected is None for p in pairs)
    total = sum(p.expected is not None for p in pairs)
    return graded(
        earned / total,
        "; ".join(sentence(pair, pairs) for pair in wrong[:4])
        + (f"; and {len(wrong) - 4} more" if len(wrong) > 4 else ""),
        expected="the layers of the table, in its order",
        hint=hint(wrong[0]),
        where=where,
        basis=candidate.basis,
    )


def perhaps_a_pooling(unit: Unit) -> bool:
    """A largest value of which maps remain."""
    return unit.kind in MAXIMA and (
        unit.kind in ("max_pool1d", "max_pool3d") or min(unit.shape[1:], default=1) > 1
    )


def sentence(pair: Pair, pairs: list[Pair]) -> str:
    """`conv2: padding 1, expected 2`."""
    if pair.expected is None and pair.found is not None:
        return f"an extra layer ({describe(pair.found)}, output {shape_words(pair.found)}) after {before(pair, pairs)}"
    if pair.found is None:
        return f"{pair.name} is missing"
    return f"{pair.name}: {', '.join(pair.differences)}"


def before(pair: Pair, pairs: list[Pair]) -> str:
    names = [p.name for p in pairs[: pairs.index(pair)] if p.name]
    return names[-1] if names else "the input"


def hint(pair: Pair) -> str:
    """A question that points at the first difference without giving the line to type."""
    if pair.expected is None:
        return "Which row of the table does the extra layer stand for?"
    if pair.found is None:
        return f"Where in forward is {pair.name} called?"
    words = " ".join(pair.differences)
    if "kernel" in words and pair.expected.shape == pair.found.shape:
        return f"How many numbers does {pair.name} look at for one of its outputs?"
    if "groups" in words or "dilation" in words:
        return f"Which channels and which pixels does {pair.name} look at for one of its outputs?"
    if "padding" in words or "stride" in words or "kernel" in words:
        return f"What size does {pair.name} give for this input, by floor((x + 2p - k) / s) + 1?"
    if "activation" in words or "ReLU" in words or "sigmoid" in words:
        return f"Which function follows {pair.name}, and does the table ask for one there?"
    if "pooling" in words:
        return f"What does {pair.name} keep of each window, its largest value or its mean?"
    return f"How many outputs does {pair.name} have in the table, and in your network?"


def missing_graph(candidate: Candidate) -> Verdict:
    where = candidate.place()
    error = candidate.network.export_error
    if error.startswith("forward:"):
        return graded(
            0.0,
            f"the network did not get through a forward pass: {error.removeprefix('forward:').strip()}",
            expected="a network that gives ten scores for each image",
            hint="Which shape does the failing layer receive, and which one was it made for?",
            where=where,
            basis="observed",
        )
    if candidate.graph is not None and candidate.evaluated:
        size = " x ".join(str(n) for n in candidate.network.input_shape[2:])
        return graded(
            0.0,
            f"the network takes images of {size}, for which the table's layers do not fit",
            expected="images of 32 x 32, or crops of 28 x 28",
            where=where,
            basis=candidate.basis,
        )
    if candidate.graph is not None:
        return undecided(
            f"the layers could not be compared with the table's: {candidate.facts.not_measured}", where=where
        )
    return undecided(
        f"the network could not be written down as a graph ({error or 'no graph was kept'})", where=where
    )
