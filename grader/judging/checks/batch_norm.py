"""Batch normalisation right after every convolution, with the statistics that each mode asks for. Told from both graphs."""

from grader.judging.candidates import Candidate, Circumstances
from grader.judging.checks.dropout import (
    MIXED,
    as_tested,
    in_place_of_linear,
    layers_of,
    modes_unseen,
    none_seen,
    test_mode,
    trained_in_evaluation_mode,
    unknown,
)
from grader.judging.operations import BY_HAND
from grader.judging.units import Network, Norm, Unit
from grader.judging.verdict import Verdict, graded, undecided

OTHERS = (
    "group_norm",
    "layer_norm",
    "instance_norm",
    "native_layer_norm",
    "native_group_norm",
    "local_response_norm",
)


def batch_norm_place(candidate: Candidate, circumstances: Circumstances) -> Verdict:
    """Observed: what each normalisation follows. Bound: a convolution, before its activation, every one of them."""
    early = unknown(candidate, circumstances)
    both = layers_of(candidate)
    if early is not None or both is None:
        return early or undecided("the network could not be written down")
    trained, _ = both
    where = candidate.place()
    rest = {"where": where, "basis": candidate.basis}
    expected = "a two-dimensional batch normalisation between each convolution and its ReLU"
    ones = in_place_of_linear(trained)
    convolutions = [u for u in trained.units if u.kind == "conv" and not any(u is one for one in ones)]
    norms = inner(trained)
    spatial = [norm for norm in norms if norm.dimensions == 4]
    if norms and (text := hidden_convolutions(trained)):
        return undecided(text, where=where)
    if not norms:
        return without(candidate, trained, expected)
    if not spatial:
        hint = "Which layers does the lab normalise, and what shape have their outputs?"
        observed = "only fully-connected layers are normalised"
        return graded(0.0, observed, expected=expected, hint=hint, **rest)
    right = [u for u in convolutions if any(norm.unit is u and not norm.activated for norm in spatial)]
    if len(right) == len(convolutions):
        if shared := shared_norms(convolutions, spatial):
            hint = "Of how many convolutions can one mean and one spread per channel tell?"
            fraction = 0.5 * (1 - len(shared) / len(convolutions))
            return graded(fraction, "; ".join(shared), expected=expected, hint=hint, **rest)
        return graded(1.0, f"after each of {len(convolutions)} convolutions, before its activation", **rest)
    wrong = [
        f"conv{number}: {wrong_words(unit, spatial, trained)}"
        for number, unit in enumerate(convolutions, start=1)
        if not any(unit is r for r in right)
    ]
    hint = "In which order do convolution, normalisation, ReLU and pooling stand in the statement?"
    fraction = 0.5 * len(right) / len(convolutions)
    return graded(fraction, "; ".join(wrong), expected=expected, hint=hint, **rest)


def shared_norms(convolutions: list[Unit], norms: list[Norm]) -> list[str]:
    """Convolutions that are normalised by the layer of an earlier one, and by none of their own."""
    first: dict[str, int] = {}
    found = []
    for number, unit in enumerate(convolutions, start=1):
        names = [norm.name for norm in norms if norm.unit is unit and not norm.activated]
        if all(name and name in first for name in names):
            found.append(f"conv{number}: normalised by the same layer as conv{first[names[0]]}")
        for name in names:
            first.setdefault(name, number)
    return found


def hidden_convolutions(network: Network) -> str:
    """Why not every convolution, or not how it is normalised, may have been found, or ""."""
    if not any(unit.kind == "conv" for unit in network.units):
        return "no convolution was found in the network: a person decides"
    if any(n.dimensions == 2 and n.unit is not None and n.unit.kind == "conv" for n in network.norm_layers):
        return "feature maps are normalised in another shape: a person decides"
    windows = next((unit.kind for unit in network.units if unit.kind in BY_HAND), None)
    return (
        f"windows are taken by {windows}, perhaps for a convolution written by hand: a person decides"
        if windows
        else ""
    )


def inner(network: Network) -> list[Norm]:
    """All but those on the images themselves, which only scale the input."""
    return [norm for norm in network.norm_layers if norm.unit is not None]


def wrong_words(unit: object, norms: list[Norm], network: Network) -> str:
    for norm in norms:
        if norm.unit is unit:
            return "normalised after its activation"
        if norm.unit is not None and "pool" in norm.unit.kind:
            at = next(i for i, u in enumerate(network.units) if u is norm.unit)
            if at and network.units[at - 1] is unit:
                return "normalised after the pooling"
    return "not normalised"


def without(candidate: Candidate, network: Network, expected: str) -> Verdict:
    """No batch normalisation leads to the scores."""
    where = candidate.place()
    rest = {"where": where, "basis": candidate.basis, "expected": expected}
    other = next((unit.kind for unit in network.units if unit.kind in OTHERS), None)
    if other is not None:
        hint = "Over which images does this layer compute its mean?"
        return graded(0.0, f"another normalisation: {other.replace('_', ' ')}", hint=hint, **rest)
    unused = unused_norms(candidate, network)
    if unused:
        hint = "Which layers does forward() really call?"
        return graded(0.0, f"created and not used: {', '.join(unused[:3])}", hint=hint, **rest)
    if by_hand(network):
        return undecided(
            "arithmetic after a convolution that may be a normalisation written by hand: a person decides",
            where=where,
        )
    return none_seen(candidate, "no batch normalisation on the way to the scores")


def by_hand(network: Network) -> bool:
    """Feature maps after a convolution are divided, or shifted and multiplied, in whatever shape."""
    kinds = [unit.kind for unit in network.units]
    after = kinds[kinds.index("conv") :] if "conv" in kinds else []
    after = after[: after.index("linear")] if "linear" in after else after
    return bool({"div", "rsqrt", "sqrt", "var", "std", "pow"} & set(after)) or {"sub", "mul"} <= set(after)


def unused_norms(candidate: Candidate, network: Network) -> list[str]:
    """Pairs of vectors, weight and bias of as many elements as a convolution has channels, that nothing uses."""
    channels = {unit.settings.get("channels") for unit in network.units if unit.kind == "conv"}
    vectors = {p.name: p.shape for p in candidate.network.parameters if p.name not in network.used}
    names = [name.removesuffix(".weight") for name in vectors if name.endswith(".weight")]
    return [
        name
        for name in names
        if len(vectors[f"{name}.weight"]) == 1
        and vectors[f"{name}.weight"][0] in channels
        and vectors.get(f"{name}.bias") == vectors[f"{name}.weight"]
    ]


def batch_norm_evaluation(candidate: Candidate, circumstances: Circumstances) -> Verdict:
    """Observed: statistics used in each mode, and the mode of the passes. Bound: the batch's, then the running ones."""
    early = unknown(candidate, circumstances)
    both = layers_of(candidate)
    if early is not None or both is None:
        return early or undecided("the network could not be written down")
    trained, evaluated = both
    where = candidate.place()
    norms = inner(trained)
    if not norms:
        return without(candidate, trained, "")
    rest = {
        "where": where,
        "basis": candidate.basis,
        "expected": "statistics of the batch in training, running statistics in evaluation",
    }
    if not any(norm.dimensions == 4 for norm in norms):
        if text := hidden_convolutions(trained):
            return undecided(text, where=where)
        return graded(0.0, "no convolution is normalised", **rest)
    if any(not norm.batch_statistics for norm in norms):
        hint = "Which mode was the network in while it was trained?"
        return graded(
            0.0, "running statistics are used in training: evaluation mode was on", hint=hint, **rest
        )
    if (often := trained_in_evaluation_mode(candidate)) is not None:
        hint = "Which mode is the network in when the second epoch begins?"
        observed = f"running statistics are used in {often} training passes: evaluation mode was on"
        rest |= {"where": candidate.place("trained"), "basis": "observed"}
        return graded(0.0, observed, hint=hint, **rest)
    if any(norm.batch_statistics for norm in inner(evaluated)):
        kept = all(norm.running for norm in inner(evaluated))
        observed = "statistics of the test batch are used in evaluation mode"
        observed += "" if kept else ": no running statistics are kept"
        hint = "What would the network say of a single image?"
        return graded(0.0, observed, hint=hint, **rest)
    mode = test_mode(candidate, "norm")
    if mode is None:
        return modes_unseen(candidate, circumstances, rest)
    if mode == "mixed":
        return undecided(MIXED, where=where)
    if mode == "training":
        observed = (
            "statistics of the test batch are used: training mode was on in every pass over test images"
        )
        rest |= as_tested(candidate)
        return graded(0.0, observed, hint="What would the network say of a single image?", **rest)
    return graded(
        1.0,
        "statistics of the batch in training, running ones in evaluation",
        where=where,
        basis=candidate.basis,
    )
