"""Reads a student's stored evidence back for the judge. Sees execution's files and judging's vocabulary, nothing else."""

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from grader.claims.rates import rate_set_in
from grader.claims.stopping import stops_early_in
from grader.execution.collect import read_evidence
from grader.judging.candidates import Candidate, candidates_of
from grader.schema.evaluation import Evaluation, Tried
from grader.schema.evidence import Evidence, ValueUse
from grader.schema.execution import Execution, asked_for_the_network
from grader.schema.graph import Graph

MANY_ERRORS = 20  # after which the probe gives up
FETCHES = re.compile(r"not run: .*\b(wget|curl|gdown|kaggle|git)\b")  # remarks of the probe
SIDES = (32, 28)  # of the labs' images and windows

Fact = TypeVar("Fact")


def evidence_of(home: Path, folder: str) -> Evidence | None:
    try:
        return read_evidence(home / folder / "evidence.json") if folder else None
    except (OSError, ValueError, RecursionError):
        return None


def unreadable_in(home: Path, execution: Execution) -> list[str]:
    """Files whose stored evidence is not in the form that is read today: another version of the grader wrote it."""
    pairs = zip(execution.evidence, execution.files, strict=True)
    return [run.file for folder, run in pairs if folder and evidence_of(home, folder) is None]


def graph_at(path: Path) -> Graph | None:
    try:
        return Graph.model_validate(json.loads(path.read_bytes()))
    except (OSError, ValidationError, ValueError, RecursionError):
        return None


def graphs_in(folder: Path, evidence: Evidence, mode: str) -> dict[str, Graph]:
    """Graphs of all networks in one mode, those that can be read."""
    read = {n.id: graph_at(folder / f"{n.id}.{mode}.json") for n in evidence.networks if n.has_graphs}
    return {name: graph for name, graph in read.items() if graph is not None}


def candidates_in(home: Path, execution: Execution, evaluation: Evaluation, channels: int) -> list[Candidate]:
    """The networks of all files of one submission, pooled."""
    found: list[Candidate] = []
    for number, (folder, run) in enumerate(zip(execution.evidence, execution.files, strict=True), start=1):
        evidence = evidence_of(home, folder)
        if evidence is None:
            continue
        graphs, trained = (graphs_in(home / folder, evidence, mode) for mode in ("eval", "train"))
        prefix = f"{number}/"
        found += candidates_of(
            run.file,
            evidence,
            of_file(evaluation.networks, prefix),
            of_file(evaluation.samples, prefix),
            graphs,
            evaluation.reference,
            channels,
            trained,
            of_file(evaluation.pipelines, prefix),
            evaluation.statistics,
            headings_in(home / run.executed),
            rate_set_in(home / run.executed),
            stops_early_in(home / run.executed),
        )
    return found


def functions_in(execution: Execution, evaluation: Evaluation) -> dict[str, tuple[tuple[str, Tried], ...]]:
    """The attempts of all files at each piece, with the file's name."""
    found: dict[str, tuple[tuple[str, Tried], ...]] = {}
    for key, tries in evaluation.functions.items():
        number, _, piece = key.partition("/")
        file = execution.files[int(number) - 1].file
        found[piece] = (*found.get(piece, ()), *((file, tried) for tried in tries))
    return found


def of_file(facts: Mapping[str, Fact], prefix: str) -> dict[str, Fact]:
    """The entries of one file, by their own names."""
    return {key.removeprefix(prefix): fact for key, fact in facts.items() if key.startswith(prefix)}


def headings_in(path: Path) -> dict[int, tuple[str, ...]]:
    """The markdown headings that each cell of an executed notebook stands under, innermost first."""
    try:
        cells = json.loads(path.read_bytes())["cells"]
        open_headings: list[tuple[int, str]] = []
        found: dict[int, tuple[str, ...]] = {}
        for number, cell in enumerate(cells):
            if cell["cell_type"] == "markdown":
                source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
                for signs, text in re.findall(r"(?m)^ {0,3}(#{1,6})[ \t]*(\S.{0,300})", source):
                    open_headings = [(level, t) for level, t in open_headings if level < len(signs)]
                    open_headings.append((len(signs), text.strip()))
            found[number] = tuple(text for _, text in reversed(open_headings))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return found


def remarks_in(home: Path, execution: Execution) -> list[str]:
    """What the probe made harmless, with the file's name where there are several."""
    several = len(execution.files) > 1
    found = []
    for folder, run in zip(execution.evidence, execution.files, strict=True):
        evidence = evidence_of(home, folder)
        remarks = [*evidence.remarks, *stand_ins(evidence)] if evidence else []
        found += [f"{run.file}: {r}" if several else r for r in remarks]
    return found


def stand_ins(evidence: Evidence) -> list[str]:
    names = [use.file for use in evidence.weights if use.kind == "standin"]
    if not names:
        return []
    return [
        f"published weights that this course does not have: {', '.join(names)}. Random ones of the same form stood in for "
        "them, so that what was trained can be told; accuracies then mean nothing"
    ]


def unseen_training_in(home: Path, execution: Execution) -> bool:
    """Something was trained that is no nn.Module, or that was never called as one."""
    found = [evidence_of(home, folder) for folder in execution.evidence]
    return any(evidence.unattributed > 1 for evidence in found if evidence is not None)


def without_network_in(home: Path, execution: Execution) -> str:
    """The cell that asked for the internet, or missed a file that a command would fetch, where nothing was trained."""
    found = [evidence_of(home, folder) for folder in execution.evidence]
    known = [evidence for evidence in found if evidence is not None]
    if any(run.steps for evidence in known for run in evidence.runs):
        return ""
    fetched = any(FETCHES.match(remark) for evidence in known for remark in evidence.remarks)
    for run in execution.files:
        for cell in run.cells:
            place = f"{run.file}, cell {cell.cell}"
            if asked_for_the_network(cell):
                return f"{place} asked for the internet, which no notebook has while it is graded"
            if fetched and cell.status == "error" and cell.error.startswith("FileNotFoundError"):
                return f"{place} misses a file, and commands that download are not run while a notebook is graded"
    return ""


def watching_failed_in(home: Path, execution: Execution) -> bool:
    """The probe had faults, and saw no network or gave up."""
    found = [evidence_of(home, folder) for folder in execution.evidence]
    return any(
        len(evidence.probe_errors) >= MANY_ERRORS or (evidence.probe_errors and not evidence.networks)
        for evidence in found
        if evidence is not None
    )


def weights_loaded(home: Path, execution: Execution) -> dict[str, str]:
    """Files of weights that the notebooks loaded, and what they were: the course's, stand-ins, the student's own."""
    found = [evidence_of(home, folder) for folder in execution.evidence]
    return {use.file: use.kind for evidence in found if evidence is not None for use in evidence.weights}


def other_inputs_in(home: Path, execution: Execution, channels: int) -> str:
    """The shape that a trained network takes, where it holds whole images or windows of the lab (channels last, or as rows
    of numbers) and no trained network takes batches of images as PyTorch lays them out."""
    shapes = []
    for folder in execution.evidence:
        evidence = evidence_of(home, folder)
        if evidence is None:
            continue
        for network in evidence.networks:
            if any(run.network == network.id and run.steps for run in evidence.runs):
                shapes.append(tuple(network.input_shape))
    if any(len(shape) == 4 and shape[1] == channels for shape in shapes):
        return ""
    sizes = {channels * side * side for side in SIDES}
    return next((" x ".join(map(str, shape)) for shape in shapes if math.prod(shape[1:]) in sizes), "")


def missing_modules_in(home: Path, execution: Execution) -> list[str]:
    """Packages that the student imports and that are not here."""
    names: dict[str, None] = {}
    for folder in execution.evidence:
        evidence = evidence_of(home, folder)
        names |= dict.fromkeys(evidence.missing_modules if evidence else ())
    return list(names)


def unknown_values_in(home: Path, execution: Execution) -> dict[str, ValueUse]:
    """Files whose code used the value of a placeholder, and where it did so first."""
    pairs = zip(execution.evidence, execution.files, strict=True)
    found = {run.file: evidence_of(home, folder) for folder, run in pairs}
    return {file: one.unknown_values[0] for file, one in found.items() if one and one.unknown_values}
