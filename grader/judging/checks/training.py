"""Is the training loop a sane one? Nine points of a third of a page, each seen by itself."""

from collections.abc import Sequence

from grader.judging.candidates import Candidate, Circumstances
from grader.judging.checks.architecture import compare
from grader.judging.layers import read_layers
from grader.judging.verdict import Verdict, graded, not_attempted, undecided
from grader.schema.evidence import Parameter, Phase
from grader.schema.result import Finding, Where

LABELS_RIGHT = 0.95  # share; with all labels right it is 1, with permuted ones 0.1 expected
SPLIT, MODE = "trains on the training split", "evaluated in evaluation mode"
ZEROED, UPDATED = "gradients are zeroed between steps", "every parameter is trained"
SHARE = 1  # of a finding; more where all that the network learned is in question
SHARES = {SPLIT: 4, ZEROED: 2, UPDATED: 2}
NOT_ZEROED = 0.02  # share of backward passes that may find old gradients: a first pass after a pause
GOOD_LOSSES = {
    ("cross_entropy", "logits"),
    ("cross_entropy", "log_probabilities"),  # log_softmax of log-probabilities changes nothing
    ("nll_loss", "log_probabilities"),
}


def training(candidate: Candidate, circumstances: Circumstances) -> Verdict:
    """Each finding holds, does not hold, or could not be seen. The last costs nothing if the run was undisturbed.

    Catches:  wrong split, shuffled labels, old gradients, parameters left out, a loss on the wrong thing, no evaluation.
    Misses:   a loop that is sane and slow.
    """
    run = candidate.run
    if run is None or not run.backwards:
        if circumstances.hidden_by:
            return undecided(f"no training was seen; {circumstances.hidden_by}", where=candidate.place())
        if run is not None and run.steps:
            hint = "Which call computes the gradients that step() follows?"
            observed = "the optimizer made steps, and there was no backward pass before them"
            return graded(0.0, observed, hint=hint, where=candidate.place("trained"), basis="observed")
        return not_attempted("this network was never trained", where=candidate.place())
    findings = [split(candidate), labels(candidate), zeroed(candidate), updated(candidate), loss(candidate)]
    findings += evaluation(candidate, circumstances)
    seen = [finding for finding in findings if finding.holds is not None]
    wrong = [finding for finding in seen if not finding.holds]
    hidden = [f for f in findings if f.holds is None]
    where = place_of_fault(candidate, [finding.title for finding in wrong])
    rest = {"where": where, "basis": "observed", "findings": tuple(findings)}
    if hidden and circumstances.hidden_by and not wrong:
        return undecided(f"{hidden[0].title}: could not be seen; {circumstances.hidden_by}", **rest)
    if not wrong:
        return graded(
            1.0,
            f"{run.steps:,} steps on batches of {run.batch_size}; right in all {len(seen)} points",
            **rest,
        )
    lost = sum(SHARES.get(f.title, SHARE) for f in wrong)
    fraction = 1 - lost / sum(SHARES.get(f.title, SHARE) for f in seen)
    error = error_in_training(candidate, circumstances)
    return graded(
        fraction,
        "; ".join(f"{f.title}: {f.observed}" for f in wrong) + error,
        expected="; ".join(f.expected for f in wrong if f.expected),
        hint="What does this error say, and which line led to it?" if error else wrong[0].hint,
        **rest,
    )


def error_in_training(candidate: Candidate, circumstances: Circumstances) -> str:
    """What ended the cell that trains before it made a step."""
    run = candidate.run
    if run is None or run.steps or run.running is None:
        return ""
    cell = run.running + 1
    found = (e for where, e in circumstances.errors if (where.file, where.cell) == (candidate.file, cell))
    error = next(found, "")
    return f"; cell {cell} stopped with {error}" if error else ""


def mode_words(passes: Sequence[Phase]) -> str:
    mixed = any(phase.training_mode is None for phase in passes)
    return f"{'some layers were in training mode' if mixed else 'training mode was on'} in every pass"


def place_of_fault(candidate: Candidate, wrong: Sequence[str]) -> Where:
    """The pass that the first wrong finding is about, where it is about one pass; else the training."""
    guilty: list[Phase] = []
    if wrong[:1] == [SPLIT]:
        guilty = [p for p in passes(candidate, "train") if candidate.split_of(p) not in (None, "train")]
    if wrong[:1] == [MODE]:
        guilty = [p for p in passes(candidate, "eval") if candidate.split_of(p) == "test"]
    return candidate.place_of(guilty[0]) if guilty else candidate.place("trained")


def passes(candidate: Candidate, kind: str) -> list[Phase]:
    return [phase for phase in candidate.phases if phase.kind == kind]


def split(candidate: Candidate) -> Finding:
    """Which images the training passes were fed with."""
    title, expected = SPLIT, "training images only"
    splits = {candidate.split_of(phase) for phase in passes(candidate, "train")} - {None}
    if not splits:
        return Finding(title=title, holds=None, observed="the images were not recognised", expected=expected)
    good = splits == {"train"}
    words = "training images" if good else "images of the test split were trained on"
    hint = "" if good else "What is the test split for, once the network has been trained on it?"
    return Finding(title=title, holds=good, observed=words, expected=expected, hint=hint)


def labels(candidate: Candidate) -> Finding:
    """Whether the targets of the loss are those of the images."""
    title, expected = "labels belong to their images", "each image with its own label"
    facts = [f for p in passes(candidate, "train") if (f := candidate.facts_of(p)) is not None]
    checked, right = sum(f.labels_checked for f in facts), sum(f.labels_right for f in facts)
    if checked < 8:
        return Finding(title=title, holds=None, observed="too few images were recognised", expected=expected)
    good = right >= LABELS_RIGHT * checked
    return Finding(
        title=title,
        holds=good,
        observed=f"{right} of {checked} recognised training images came with their own label",
        expected=expected,
        hint="" if good else "Between the loader and the loss, what happens to the order of the labels?",
    )


def zeroed(candidate: Candidate) -> Finding:
    """Whether a backward pass after a step starts from no gradient."""
    title, expected = ZEROED, "no gradient left over from the step before"
    run = candidate.run
    assert run is not None
    seen = run.zeroed + run.not_zeroed
    if not seen:
        return Finding(title=title, holds=None, observed="fewer than two steps", expected=expected)
    good = run.not_zeroed <= NOT_ZEROED * seen
    return Finding(
        title=title,
        holds=good,
        observed=f"{run.not_zeroed} of {seen} backward passes began with the gradients of earlier steps",
        expected=expected,
        hint="" if good else "What does backward() do to gradients that are already there?",
    )


def updated(candidate: Candidate) -> Finding:
    """Which parameters really changed."""
    title, expected = UPDATED, "a step changes every parameter of the network"
    run, parameters = candidate.run, candidate.network.parameters
    assert run is not None
    if any(p.changed is None for p in parameters):
        return Finding(title=title, holds=None, observed="the weights were not compared", expected=expected)
    weights = layer_weights(candidate)
    level = [p for p in parameters if has_no_slope(p, parameters)]
    if loose := unregistered(candidate):
        return Finding(
            title=title,
            holds=False,
            observed=f"parameters() lists no weights of {', '.join(loose)}: an optimizer cannot hold them",
            expected=expected,
            hint="In which kinds of container does PyTorch look for the layers of a module?",
        )
    still = [
        p.name
        for p in parameters
        if not p.changed and p not in level and (p.name in weights if weights else p.trainable)
    ]
    if not still:
        text = f"all {len(parameters)} changed"
        if level:
            text = f"the optimizer held all {len(parameters)}; {level[0].name} has no gradient to speak of"
        return Finding(title=title, holds=True, observed=text, expected=expected)
    foreign = any(use.foreign for use in run.optimizers)
    names = ", ".join(still[:3]) + (", ..." if len(still) > 3 else "")
    observed = f"{len(still)} of {len(parameters)} did not change ({names})"
    hint = "What does requires_grad say of the layers that did not change?"
    if not run.steps:
        observed, hint = (
            "no step was made after the backward passes",
            "Which call changes the weights after backward()?",
        )
    elif foreign:
        observed += "; the optimizer holds parameters of something else"
        hint = "Whose parameters() were given to the optimizer, and which network is called in the loop?"
    elif len(still) == len(parameters):
        attached = any(use.attached for use in run.losses_used)
        order = (
            "In which order stand zero_grad(), backward() and step(), and which gradients does step() find?"
        )
        hint = order if attached else "Is there an unbroken path from the loss back to the weights?"
    elif any(p.stepped is False for p in parameters):
        hint = "Which parameters were given to the optimizer?"
    return Finding(title=title, holds=False, observed=observed, expected=expected, hint=hint)


def unregistered(candidate: Candidate) -> list[str]:
    """Layers of the table whose weights are constants to the module: they stand in a plain list, or were made in forward."""
    pairs = compare(candidate, ()) or []
    layers = [p.found for p in pairs if p.found is not None and p.found.kind in ("conv", "linear")]
    table = [p.found for p in pairs if p.found is not None and p.expected is not None]
    return [
        f"{'conv' if unit.kind == 'conv' else 'fc'}{number}"
        for number, unit in enumerate(layers, start=1)
        if not unit.weights and any(unit is one for one in table)
    ]


def has_no_slope(parameter: Parameter, parameters: Sequence[Parameter]) -> bool:
    """A vector that a step could move and did not, beside a weight that it moved: what is added before a batch
    normalisation is subtracted again."""
    if parameter.changed or not parameter.trainable or parameter.stepped is False or len(parameter.shape) > 1:
        return False
    own = parameter.name.rpartition(".")[0]
    return any(p.changed for p in parameters if p.name.rpartition(".")[0] == own and len(p.shape) > 1)


def layer_weights(candidate: Candidate) -> set[str]:
    """Weights of layers on the way to the output. Unused ones are named by the check of parameters; a frozen mean or
    spread of the images is preprocessing."""
    if candidate.graph is None:
        return set()
    network = read_layers(candidate.graph)
    return {name for unit in network.units for name in unit.weights} | set(network.norm_weights)


def loss(candidate: Candidate) -> Finding:
    """What the loss function received."""
    title, expected = (
        "the loss is a cross-entropy of the scores",
        "logits into cross-entropy, or log-probabilities into NLL",
    )
    run = candidate.run
    assert run is not None
    uses = [use for use in run.losses_used if use.calls]
    if not uses:
        return Finding(
            title=title, holds=None, observed="no loss function of PyTorch was called", expected=expected
        )
    detached = [use for use in uses if not use.attached]
    total = sum(use.calls for use in uses)
    if sum(use.calls for use in detached) > total / 2:
        observed = "the loss was computed on scores that are cut off from the network"
        hint = "Which call cuts a tensor off from the graph that backward() follows?"
        return Finding(title=title, holds=False, observed=observed, expected=expected, hint=hint)
    main = max(uses, key=lambda use: use.calls)
    words = {"logits": "logits", "log_probabilities": "log-probabilities", "probabilities": "probabilities"}
    observed = f"{main.kind} received {words.get(main.received, 'something else')}"
    if main.received == "logits" and main.kind == "cross_entropy" and ends_in_softmax(candidate):
        hint = "What does the loss function compute itself, and over which dimension does this softmax add up to one?"
        observed = (
            "cross_entropy received the result of a softmax, which does not add up to one over the classes"
        )
        return Finding(title=title, holds=False, observed=observed, expected=expected, hint=hint)
    if (main.kind, main.received) in GOOD_LOSSES:
        return Finding(title=title, holds=True, observed=observed, expected=expected)
    hint = "What does the loss function compute itself, before it takes the logarithm?"
    if main.kind not in {kind for kind, _ in GOOD_LOSSES}:
        hint = (
            "Which loss does the lab ask for, and what does it make of a wrong answer that is sure of itself?"
        )
    return Finding(title=title, holds=False, observed=observed, expected=expected, hint=hint)


def ends_in_softmax(candidate: Candidate) -> bool:
    """In training."""
    return candidate.train_graph is not None and read_layers(candidate.train_graph).head == "softmax"


def evaluation(candidate: Candidate, circumstances: Circumstances) -> list[Finding]:
    """Whether the network was evaluated, on what and in which mode."""
    on_test = [p for p in candidate.phases if p.kind == "eval" and candidate.split_of(p) == "test"]
    unknown = candidate.unknown_tests
    test, mode = "evaluated on the test split", MODE
    want_test, want_mode = "a pass over test images without training", "model.eval() before the pass"
    if not on_test:
        holds = None if unknown or circumstances.hidden_by else False
        seen = "images of the evaluation were not recognised" if unknown else "no pass over test images"
        hint = "How well does the network do on images that it was not trained on?"
        return [
            Finding(title=test, holds=holds, observed=seen, expected=want_test, hint=hint),
            Finding(title=mode, holds=None, observed="no pass over test images", expected=want_mode),
        ]
    in_mode = [p for p in on_test if p.training_mode is False]
    good = Finding(
        title=test,
        holds=True,
        observed=f"{len(on_test)} pass" + "es" * (len(on_test) > 1),
        expected=want_test,
    )
    if in_mode:
        return [good, Finding(title=mode, holds=True, observed="model.eval() was on", expected=want_mode)]
    hint = "Which layers behave differently in training and in evaluation, and what tells them which it is?"
    return [
        good,
        Finding(
            title=mode,
            holds=False,
            observed=mode_words(on_test),
            expected=want_mode,
            hint=hint,
        ),
    ]
