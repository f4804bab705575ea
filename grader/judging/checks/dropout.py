"""Dropout between the two fully-connected layers, on in training and off in evaluation. Told from both graphs."""

from collections.abc import Mapping
from typing import Literal

from grader.judging.candidates import Candidate, Circumstances
from grader.judging.layers import read_layers
from grader.judging.units import Dropout, Network, Unit
from grader.judging.verdict import Verdict, graded, not_attempted, undecided
from grader.schema.evidence import Phase
from grader.schema.result import Basis, Where

MIXED = "while tested, some layers were in training mode and others in evaluation mode: a person decides"


def layers_of(candidate: Candidate) -> tuple[Network, Network] | None:
    """In the mode it was trained in, and in evaluation mode."""
    if candidate.train_graph is None or candidate.graph is None:
        return None
    return read_layers(candidate.train_graph), read_layers(candidate.graph)


def unknown(candidate: Candidate, circumstances: Circumstances) -> Verdict | None:
    """Before anything can be said of layers in training."""
    if candidate.run is None or not candidate.run.steps:
        if circumstances.hidden_by:
            return undecided(f"no training was seen; {circumstances.hidden_by}")
        return not_attempted("this network was never trained")
    if candidate.train_graph is None or candidate.graph is None:
        return undecided(
            f"the network could not be written down: {candidate.network.export_error}",
            where=candidate.place(),
        )
    return None


def weighted(network: Network) -> list[Unit]:
    return [unit for unit in network.units if unit.weights]


def in_place_of_linear(network: Network) -> list[Unit]:
    """Convolutions of 1 x 1 at the end of a network that has no fully-connected layer. That they are none is said by the
    check of the architecture."""
    units = weighted(network)
    last = next((i for i, u in enumerate(reversed(units)) if u.settings.get("kernel") != (1, 1)), 0)
    return units[len(units) - last :]


def between_last_two(layer: Dropout, network: Network) -> bool:
    """After the layer before the last one, which is fully connected or stands for such a layer, and before the last one."""
    units, ones = weighted(network), in_place_of_linear(network)
    return (
        len(units) >= 2
        and layer.after is units[-2]
        and (layer.after.kind == "linear" or any(unit is layer.after for unit in ones))
    )


def place_words(layer: Dropout, network: Network) -> str:
    units = weighted(network)
    if not units or layer.after is units[-1]:
        return "on the scores, after the last layer"
    if layer.after is None:
        return "on the images"
    if between_last_two(layer, network):
        return "between fc4 and fc5"
    if layer.after.kind == "conv":
        last = [u for u in units if u.kind == "conv"][-1] is layer.after
        return "before fc4" if last and flat(layer) else "among the convolutions"
    return "between other layers"


def flat(layer: Dropout) -> bool:
    """It stands on the last pooling or behind it: on what fc4 takes."""
    return layer.unit is not None and layer.unit.kind in ("max_pool", "avg_pool")


def dropout_place(candidate: Candidate, circumstances: Circumstances) -> Verdict:
    """Observed: where dropouts stand in the graph, and their probability. Bound: between fc4 and fc5, 0 < p < 1."""
    early = unknown(candidate, circumstances)
    both = layers_of(candidate)
    if early is not None or both is None:
        return early or undecided("the network could not be written down")
    trained, _ = both
    where = candidate.place()
    if not trained.dropout_layers:
        return none_seen(candidate, "no dropout on the way to the scores")
    if (text := drawn_elsewhere(trained)) is not None:
        return undecided(text, where=where)
    expected = "a dropout between fc4 and fc5, 0 < p < 1"
    rest = {"where": where, "basis": candidate.basis}
    right = [layer for layer in trained.dropout_layers if between_last_two(layer, trained)]
    said = "; ".join(
        f"{place_words(one, trained)}, p = {probability(one)}" for one in trained.dropout_layers[:4]
    )
    if not right:
        hint = "Which layer holds most of the parameters, and between which two should its units be dropped?"
        return graded(0.0, said, expected=expected, hint=hint, **rest)
    if all(layer.p is not None and layer.p <= 0 for layer in right):
        hint = "Which share of the units is dropped with this p?"
        return graded(0.0, f"{said}: nothing is dropped", expected=expected, hint=hint, **rest)
    if all(layer.p is not None and layer.p >= 1 for layer in right):
        hint = "What is left to learn from with this p?"
        return graded(0.0, f"{said}: everything is dropped", expected=expected, hint=hint, **rest)
    return graded(1.0, said, **rest)


def drawn_elsewhere(network: Network) -> str | None:
    """No dropout but products with numbers that PyTorch did not draw: zeros, or anything else."""
    if any(layer.kind != "numbers" for layer in network.dropout_layers):
        return None
    return (
        "in training, outputs are multiplied by numbers drawn outside of PyTorch, one for each image and unit, as a dropout "
        "by hand would do: a person decides"
    )


def none_seen(candidate: Candidate, sentence: str) -> Verdict:
    """Not attempted, unless forward hooks may do it: they are not part of a graph."""
    if candidate.network.hooked:
        return undecided(f"{sentence}, and forward hooks, which are not seen", where=candidate.place())
    return not_attempted(sentence, where=candidate.place())


def probability(layer: Dropout) -> str:
    return "unknown" if layer.p is None else f"{layer.p:g}"


def dropout_evaluation(candidate: Candidate, circumstances: Circumstances) -> Verdict:
    """Observed: dropouts that are active in each mode, and the mode of the passes. Bound: on in training only."""
    early = unknown(candidate, circumstances)
    both = layers_of(candidate)
    if early is not None or both is None:
        return early or undecided("the network could not be written down")
    trained, evaluated = both
    where = candidate.place()
    if not trained.dropout_layers:
        return none_seen(candidate, "no dropout on the way to the scores")
    if (text := drawn_elsewhere(trained)) is not None:
        return undecided(text, where=where)
    rest = {"where": where, "basis": candidate.basis, "expected": "active in training, off in evaluation"}
    if all(layer.p == 0 for layer in trained.dropout_layers):
        return graded(0.0, "nothing is dropped in either mode", **rest)
    if not any(layer.active for layer in trained.dropout_layers):
        hint = "Which mode was the network in while it was trained?"
        return graded(0.0, "off in training", hint=hint, **rest)
    if (often := trained_in_evaluation_mode(candidate)) is not None:
        hint = "Which mode is the network in when the second epoch begins?"
        rest |= {"where": candidate.place("trained"), "basis": "observed"}
        return graded(0.0, f"off in {often} training passes: evaluation mode was on", hint=hint, **rest)
    if any(layer.active and layer.p != 0 for layer in evaluated.dropout_layers):
        hint = "Evaluate twice: do you get the same numbers? What tells this dropout that training is over?"
        return graded(0.0, "active in evaluation mode too", hint=hint, **rest)
    mode = test_mode(candidate, "dropout")
    if mode is None:
        return modes_unseen(candidate, circumstances, rest)
    if mode == "mixed":
        return undecided(MIXED, where=where)
    if mode == "training":
        hint = "Evaluate twice: do you get the same numbers? What tells dropout that training is over?"
        observed = "active while tested: its training mode was on in every pass over test images"
        return graded(0.0, observed, hint=hint, **(rest | as_tested(candidate)))
    return graded(1.0, "active in training, off in evaluation", where=where, basis=candidate.basis)


def modes_unseen(candidate: Candidate, circumstances: Circumstances, rest: Mapping[str, object]) -> Verdict:
    if circumstances.hidden_by:
        return undecided(f"no pass over test images was seen; {circumstances.hidden_by}", where=rest["where"])
    if candidate.unknown_tests:
        return undecided("the images of the evaluation were not recognised", where=rest["where"])
    return graded(0.0, "no pass over test images", **rest)


def trained_in_evaluation_mode(candidate: Candidate) -> str | None:
    """How many of the training passes ran in evaluation mode: "9 of 10"; None if none did."""
    passes = [p for p in candidate.phases if p.kind == "train"]
    wrong = sum(p.training_mode is False for p in passes)
    return f"{wrong} of {len(passes)}" if wrong else None


def mode_in(phase: Phase, layers: Literal["dropout", "norm"]) -> bool | None:
    """Whether these layers were in training mode, where parts of the network were and others were not."""
    own = phase.dropout_mode if layers == "dropout" else phase.norm_mode
    return own if phase.training_mode is None else phase.training_mode


def as_tested(candidate: Candidate) -> dict[str, Where | Basis]:
    """Place and basis of what is wrong with the passes over test images, and not with the network."""
    passes = [p for p in candidate.phases if p.kind == "eval" and candidate.split_of(p) == "test"]
    return {"where": candidate.place_of(passes[0]), "basis": "observed"}


def test_mode(candidate: Candidate, layers: Literal["dropout", "norm"]) -> str | None:
    """evaluation, training, mixed, or None if no pass over the test split was seen. Where the wrong images were evaluated,
    which costs points elsewhere, or images that nobody recognised, an evaluation mode that was on is one."""
    evaluated = [p for p in candidate.phases if p.kind == "eval"]
    passes = [p for p in evaluated if candidate.split_of(p) == "test"]
    if not passes:
        others = [p for p in evaluated if candidate.split_of(p) is not None] + candidate.unknown_tests
        return "evaluation" if any(mode_in(p, layers) is False for p in others) else None
    modes = {mode_in(p, layers) for p in passes}
    return "evaluation" if False in modes else "mixed" if None in modes else "training"
