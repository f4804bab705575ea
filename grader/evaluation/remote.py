"""The entry point of the evaluating process; imports torch only there."""

from pathlib import Path

from grader.schema.evaluation import Evaluation


def evaluate_remotely(
    student: Path,
    evidence: tuple[str, ...],
    key: str,
    visible: str,
    held_out: str,
    count: int,
    classes: int,
    reference: str,
) -> Evaluation:
    """grader.evaluation.evaluate.evaluate, in this process."""
    from grader.evaluation.evaluate import evaluate

    return evaluate(student, evidence, key, visible, held_out, count, classes, reference)
