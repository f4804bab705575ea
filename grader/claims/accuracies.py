"""Stated accuracies against measured ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.claims.measured import Comparison, Measured, Verdict, at, cells_text, percent
from grader.claims.text import excerpt
from grader.schema.claims import Claim, Claims, Split

STANDARD_ERRORS = 4.0  # of the measured accuracy: chance alone exceeds them less than once in 10,000 networks
RUN_SPREAD = 0.04  # two runs of one solution: the widest stage of real classes spans 78.4 to 82.2 %
QUICK_SPREAD = 0.08  # after 400 steps the same network reaches 32 to 40 % (n = 5, real CIFAR-10)
QUOTED = 80  # characters of an output in a sentence


@dataclass(frozen=True)
class _View:
    verdict: Verdict
    reason: str


def compare_accuracies(
    claims: Claims, networks: Sequence[Measured], seen_to_its_end: bool
) -> Iterator[Comparison]:
    """Each final accuracy on test or validation images against the networks of its cell, else of the file.

    A claim that fits one of them is consistent; it is contradicted only if it contradicts all, and all were measured.
    Accuracies on training images are not compared, for the measured ones are on held-out images. A claim without a split
    may be of training: it is compared in cells that evaluate and do not train, and elsewhere it can only agree.
    """
    heard: set[int] = set()
    for claim in _finals(claims):
        near = [n for n in networks if n.file == claims.file and claim.cell in n.cells and not claim.written]
        candidates = near or list(networks)
        if claim.split == "train":
            continue
        heard.update(id(network) for network in candidates)
        views = [(n, view) for n in candidates if (view := _view(claim, n, claims, seen_to_its_end))]
        of_another = len(views) < sum(bool(n.cells) for n in candidates)  # one that was not measured
        evaluates = bool(near) and not any(claim.cell in n.trained for n in near)
        best = min(views, key=lambda pair: _rank(claim, *pair), default=None)
        unsure = of_another or (claim.split is None and not evaluates)
        if best is None or (unsure and best[1].verdict == "contradicted"):
            continue
        yield _comparison(claim, *best, claims)
    for network in networks:
        if id(network) not in heard and network.file == claims.file and network.trained:
            yield _nothing_stated(network)


def evaluation_missing(
    claims: Claims, networks: Sequence[Measured], seen_to_its_end: bool
) -> Iterator[Comparison]:
    """Outputs state accuracies on test or validation images, and the code, run to its end, evaluated nothing.

    Reason: such a number cannot come from the code shown; a cell that was deleted, or a program run beside the
    notebook, explains it as well as a copied output does.
    Misses: accuracies of training, which a training loop prints without evaluating.
    """
    stated = [
        c
        for c in claims.claims
        if c.quantity == "accuracy" and not c.written and c.split not in ("train", None)
    ]
    if stated and seen_to_its_end and not any(n.evaluated for n in networks):
        last = stated[-1]
        yield Comparison(
            "contradicted",
            f"{claims.file}, {cells_text(tuple(c.cell for c in stated))}: the outputs state accuracies on "
            f"{last.split} images ({_quote(last)}), and no evaluation was seen when the code ran. Contradicted: a "
            "person should look at which code these numbers come from.",
            at(claims.file, last.cell),
        )


def _finals(claims: Claims) -> list[Claim]:
    """Single figures, and the last of each sequence; a cell's last 20 at most."""
    kept: dict[tuple[int, Split | None, bool], list[Claim]] = {}
    for claim in claims.claims:
        if claim.quantity == "accuracy":
            of_cell = kept.setdefault((claim.cell, claim.split, claim.written), [])
            of_cell[:] = [c for c in of_cell if c.epoch is None or claim.epoch is None]
            of_cell.append(claim)
    return [claim for of_cell in kept.values() for claim in of_cell[-20:]]


def _view(claim: Claim, network: Measured, claims: Claims, seen_to_its_end: bool) -> _View | None:
    """How the claim stands to one network.

    Full profile: the same training, so the same accuracy within STANDARD_ERRORS and RUN_SPREAD.
    Quick profile, or a run that was stopped: the measured training was cut short. More than measured is what more
    training gives, up to the ceiling. Less than measured, beyond QUICK_SPREAD, contradicts only if the training that the
    outputs log was at least as long as the measured one.
    """
    ceiling = network.ceiling
    if network.accuracy is None:
        above = ceiling is not None and claim.value > ceiling
        return (
            _View("contradicted", f"more than the {percent(ceiling or 0)} that this lab allows for")
            if above
            else None
        )
    cut_short = network.profile == "quick" or not seen_to_its_end
    band = STANDARD_ERRORS * network.standard_error + (QUICK_SPREAD if cut_short else RUN_SPREAD)
    reached = f"the network trained in {cells_text(network.trained)} reached {percent(network.accuracy)}"
    difference = claim.value - network.accuracy
    if abs(difference) <= band:
        return _View("consistent", reached)
    if not cut_short:
        return _View("contradicted", f"{reached}, with {percent(band)} between two runs allowed for")
    if difference > 0:
        if ceiling is not None and claim.value > ceiling:
            return _View(
                "contradicted", f"{reached} in a shorter training, and this lab allows for {percent(ceiling)}"
            )
        return _View("consistent", f"{reached} in a training that was cut short")
    stated = _stated_steps(claim, network, claims)
    if stated is not None and stated >= network.steps:
        return _View(
            "contradicted",
            f"{reached} after {network.steps} steps, and the outputs tell of a training of {stated} steps",
        )
    return _View("consistent", f"{reached}, and the training that the outputs tell of may have been shorter")


def _stated_steps(claim: Claim, network: Measured, claims: Claims) -> int | None:
    """Steps of the training that the outputs log: in the claim's cell, or where the network is trained, or as coded."""
    logs = [c for c in claims.claims if c.quantity == "epochs"]
    here = [c.value for c in logs if c.cell == claim.cell] or [
        c.value for c in logs if c.cell in network.trained
    ]
    return network.steps_of(sum(here) if here else network.epochs)


def _rank(claim: Claim, network: Measured, view: _View) -> tuple[bool, float]:
    distance = 1.0 if network.accuracy is None else abs(claim.value - network.accuracy)
    return view.verdict == "contradicted", distance


def _comparison(claim: Claim, network: Measured, view: _View, claims: Claims) -> Comparison:
    kind = f"{claim.split} accuracy" if claim.split else "accuracy"
    source = "the text" if claim.written else "the output"
    sentence = (
        f"{claim.file}, cell {claim.cell + 1}: {source} states a {kind} of {percent(claim.value)} ({_quote(claim)}); "
        f"{view.reason}."
    ).replace("a accuracy", "an accuracy")
    if view.verdict == "consistent":
        return Comparison(
            "consistent", f"{sentence} Consistent: nothing to look at.", at(claim.file, claim.cell)
        )
    if claims.execution_order == "out of order":
        sentence += " The cells were run in another order than they stand in, which may explain it."
    sentence += " Contradicted: a person should look at whether this cell's code gives this output."
    return Comparison("contradicted", sentence, at(claim.file, claim.cell))


def _nothing_stated(network: Measured) -> Comparison:
    measured = "" if network.accuracy is None else f"; {percent(network.accuracy)} was measured"
    return Comparison(
        "absent",
        f"{network.file}, {cells_text(network.trained)}: no readable output states an accuracy on held-out images for the "
        f"network trained there{measured}. Nothing to compare: look at its figures, if there are any.",
        at(network.file, network.trained[0]),
    )


def _quote(claim: Claim) -> str:
    return f"“{excerpt(claim.text, QUOTED)}”"
