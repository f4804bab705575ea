"""What a placeholder for a missing package may have changed: its value was used, and nobody knows what it would have been.

A comparison with it is false, so that no best model is kept and a training may stop early. What such a run gets wrong
takes no points away. What it gets right was seen, and none of it is a number of the placeholder's.
"""

from dataclasses import replace

from grader.judging.candidates import Candidate, Circumstances
from grader.judging.verdict import Verdict, undecided
from grader.schema.evidence import ValueUse
from grader.schema.result import Outcome

LOST: frozenset[Outcome] = frozenset({"failed", "partial", "blocked", "not_attempted"})
LAYERS = frozenset({"architecture", "parameters", "dropout.place", "batch_norm.place"})


def spared(verdict: Verdict, kind: str, candidate: Candidate | None, circumstances: Circumstances) -> Verdict:
    """`kind` of the check; `candidate`: None where it looks at the whole submission. Layers of a network that was called
    before are what they would have been."""
    unknown = circumstances.unknown
    use = unknown.get(candidate.file) if candidate else next(iter(unknown.values()), None)
    if verdict.outcome not in LOST:
        return verdict
    if candidate is not None and (package := stopped_by(candidate, circumstances)):
        why = f"the package {package}, which its forward pass uses, is not installed on the grading machine"
    elif use is None or (candidate is not None and kind in LAYERS and number(candidate) < use.networks):
        return verdict
    else:
        why = sentence(use)
    text = f"{verdict.observed}; but {why}: a person decides"
    return replace(undecided(text, where=verdict.where), findings=verdict.findings)


def stopped_by(candidate: Candidate, circumstances: Circumstances) -> str:
    """The missing package that the error of its forward pass names, or ""."""
    error = candidate.network.export_error
    signs = {name: (f"No module named '{name}'", f"placeholder of {name}") for name in circumstances.missing}
    return next((name for name, texts in signs.items() if any(text in error for text in texts)), "")


def reprinted(verdict: Verdict, circumstances: Circumstances) -> Verdict:
    """Of a table that was not handed in, and that only the rerun may print: a placeholder in it is no number."""
    keeps = verdict.outcome == "passed" and not circumstances.unknown
    if not circumstances.missing or keeps or verdict.outcome == "undecided":
        return verdict
    text = f"{verdict.observed}; no table was handed in, and the rerun lacked the package {circumstances.missing[0]}"
    return replace(undecided(text, where=verdict.where), findings=verdict.findings)


def number(candidate: Candidate) -> int:
    """Networks are numbered in the order of their first calls."""
    return int(candidate.network.id.removeprefix("net"))


def sentence(use: ValueUse) -> str:
    where = "" if use.cell is None else f" in cell {use.cell + 1}"
    return f"a value of the missing package {use.package} was used{where}, and nobody knows what it would have been"
