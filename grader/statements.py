"""What a submission's stored outputs state, beside what was measured of its networks. Costs no points: a person may look."""

from pathlib import Path

import nbformat

from grader.claims.comparing import Comparison, Measured, compare
from grader.claims.reading import read_claims
from grader.claims.text import folded
from grader.schema.claims import Claims
from grader.schema.evaluation import Evaluation, NetworkFacts
from grader.schema.evidence import Evidence, Network
from grader.schema.execution import Execution
from grader.schema.submission import Submission
from grader.testimony import evidence_of

MOST_CODE = 1_000_000  # bytes of a module beside a notebook
MOST_CELLS = 5_000  # of a notebook, which is not run either if it has more
MOST_BYTES = 80_000_000  # of a notebook that is read for its outputs
TRAINING_IMAGES = 50_000


def claims_in(path: Path, name: str) -> Claims | None:
    """None for what is no readable notebook; its execution reports that."""
    try:
        if path.suffix.lower() != ".ipynb" or path.stat().st_size > MOST_BYTES:
            return None
        if path.read_bytes().count(b'"cell_type"') > MOST_CELLS:
            return None
        return read_claims(nbformat.read(path, as_version=4), name)
    except Exception:  # a file that nbformat cannot convert raises many kinds
        return None


def code_of(helper: Path) -> str:
    """Of a module beside the notebook, which may print words of its own."""
    try:
        if helper.suffix.lower() != ".py" or helper.stat().st_size > MOST_CODE:
            return ""
        return folded(helper.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return ""


def stated_in(submission: Submission, starter: Path | None) -> tuple[Claims, ...]:
    """Read from the files as handed in, before anything runs; what the starter states already is nobody's claim."""
    given = claims_in(starter, "") if starter is not None else None
    known = {(claim.quantity, claim.value, claim.text) for claim in given.claims} if given else set()
    found = [claims_in(work.path, work.path.name) for work in submission.work if work.kind == "notebook"]
    beside = "\n".join([*map(code_of, submission.helpers), given.shown if given is not None else ""])
    return tuple(
        claims.model_copy(
            update={
                "claims": tuple(c for c in claims.claims if (c.quantity, c.value, c.text) not in known),
                "code": f"{claims.code}\n{beside}",
            }
        )
        for claims in found
        if claims is not None
    )


def restated_in(home: Path, execution: Execution) -> tuple[Claims, ...]:
    """What the executed notebooks state in their turn."""
    again = [claims_in(home / run.executed, run.file) for run in execution.files if run.executed]
    return tuple(claims for claims in again if claims is not None)


def compared(
    stated: tuple[Claims, ...],
    home: Path,
    execution: Execution,
    evaluation: Evaluation,
    same_images: bool,
    ceiling: float | None,
) -> tuple[Comparison, ...]:
    """`same_images`: the student's own outputs come from the images that were used here too."""
    networks: list[Measured] = []
    for number, (folder, run) in enumerate(zip(execution.evidence, execution.files, strict=True), start=1):
        evidence = evidence_of(home, folder)
        for network in evidence.networks if evidence is not None else ():
            facts = evaluation.networks.get(f"{number}/{network.id}") if same_images else None
            networks.append(measured(network, evidence, facts, run.file, execution, ceiling))  # type: ignore[arg-type]
    again = restated_in(home, execution)
    broken = {
        run.file
        for run in execution.files
        if any(cell.status != "ran" for cell in run.cells) or not run.cells
    }
    return compare(stated, networks, rerun=again, not_seen=broken)


def measured(
    network: Network,
    evidence: Evidence,
    facts: NetworkFacts | None,
    file: str,
    execution: Execution,
    ceiling: float | None,
) -> Measured:
    run = next((run for run in evidence.runs if run.network == network.id), None)
    phases = [phase for phase in evidence.phases if phase.network == network.id]
    cells = {
        kind: tuple(sorted({p.place.cell for p in phases if p.kind == kind and p.place.cell is not None}))
        for kind in ("train", "eval")
    }
    result = facts.measured if facts is not None else None
    return Measured(
        file=file,
        trained=cells["train"],
        evaluated=cells["eval"],
        accuracy=result.accuracy if result else None,
        standard_error=result.standard_error if result else 0.0,
        parameters=sum(elements(p.shape) for p in network.parameters),
        epochs=run.epochs if run else 0,
        profile=execution.profile.name,
        batch_size=run.batch_size if run else 0,
        images=TRAINING_IMAGES,
        steps=run.full_steps if run else 0,
        trainable=sum(elements(p.shape) for p in network.parameters if p.trainable),
        ceiling=ceiling,
    )


def elements(shape: tuple[int, ...]) -> int:
    total = 1
    for size in shape:
        total *= size
    return total
