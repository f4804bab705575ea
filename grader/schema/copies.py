"""Networks that hold the weights of another one, and are tested in its place."""

from grader.schema.evidence import Evidence


def tests_of_copies(evidence: Evidence) -> dict[str, str]:
    """Networks that were only ever evaluated, by the trained one they are a copy of.

    The best weights of an early stopping, an average of weights: a copy has parameters of the same shapes, and it is first
    called after a network of these shapes was trained. The last one of them is the original.
    """
    runs = {run.network for run in evidence.runs}
    shapes = {network.id: sorted(p.shape for p in network.parameters) for network in evidence.networks}
    trained: list[str] = []
    found: dict[str, str] = {}
    for phase in evidence.phases:
        if phase.network in runs:
            if phase.kind == "train" and trained[-1:] != [phase.network]:
                trained.append(phase.network)
        elif phase.network in shapes and phase.network not in found:
            alike = [name for name in trained if shapes.get(name) == shapes[phase.network]]
            if alike:
                found[phase.network] = alike[-1]
    return found
