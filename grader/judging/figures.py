"""What the feedback page draws, from the candidate that was judged."""

from grader.judging.candidates import Candidate
from grader.judging.checks.architecture import compare
from grader.judging.compare import table
from grader.schema.result import Confusion, Curve, Figures

MAX_POINTS = 400  # of a curve on a page


def figures_of(candidate: Candidate | None, names: tuple[str, ...], classes: tuple[str, ...]) -> Figures:
    """Layer table, training curves, confusion matrix; whatever is known of them."""
    if candidate is None:
        return Figures()
    pairs = compare(candidate, names)
    return Figures(
        layers=table(pairs) if pairs else (),
        curves=curves(candidate),
        confusion=confusion(candidate, classes),
    )


def thin(points: list[tuple[int, float]]) -> list[tuple[int, float]]:
    stride = -(-len(points) // MAX_POINTS) or 1
    return points[::stride]


def curves(candidate: Candidate) -> tuple[Curve, ...]:
    """Training loss and learning rate at each step; steps after the budget (tiny batches) are left out of the loss."""
    run = candidate.run
    if run is None:
        return ()
    found = []
    losses = thin([(step, value) for step, value in run.losses if step <= run.full_steps])
    if len(losses) > 1:
        x, y = zip(*losses, strict=True)
        found.append(Curve(title="Training loss", x=x, y=y, x_label="optimizer step", y_label="loss"))
    rates = list(run.rates)
    if len(rates) > 1:
        x, y = zip(*thin(rates), strict=True)
        found.append(Curve(title="Learning rate", x=x, y=y, x_label="optimizer step", y_label="rate"))
    return tuple(found)


def confusion(candidate: Candidate, classes: tuple[str, ...]) -> Confusion | None:
    measured = candidate.facts.measured
    if measured is None or len(measured.confusion) != len(classes):
        return None
    return Confusion(classes=classes, counts=measured.confusion)
