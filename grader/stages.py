"""What is done with one submission, stage by stage: run, measured, judged, its page written.

Each stage leaves files in the student's folder, and is repeated only if what it depends on has changed.
"""

import json
import threading
import time
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from grader import __version__
from grader.datasets.weights import weights_in
from grader.errors import UsageError
from grader.evaluation.service import Evaluator
from grader.execution.runner import execute
from grader.judging.candidates import Circumstances
from grader.judging.decisions import with_decisions
from grader.judging.figures import figures_of
from grader.judging.judge import Case, first_errors, judge, score_range
from grader.judging.undrawn import remarks_on
from grader.reporting.feedback import render_feedback
from grader.review import decisions_on
from grader.schema.assignment import Assignment, pieces_of
from grader.schema.claims import Claims
from grader.schema.evaluation import Evaluation
from grader.schema.execution import Execution, refused
from grader.schema.result import Result, Statement
from grader.schema.submission import Submission
from grader.session import Session
from grader.statements import compared, restated_in
from grader.store import digest, read_model, source_digest, write_model, write_text
from grader.testimony import (
    candidates_in,
    functions_in,
    missing_modules_in,
    other_inputs_in,
    remarks_in,
    unknown_values_in,
    unreadable_in,
    unseen_training_in,
    watching_failed_in,
    weights_loaded,
    without_network_in,
)

stopping = threading.Event()  # Ctrl-C was pressed: nothing more is stored


def execution_key(submission: Submission, session: Session) -> str:
    """Content of everything that a run depends on."""
    setting = session.setting
    files = sorted({*submission.helpers, *(work.path for work in submission.work)})
    parts: list[bytes | str] = [
        source_digest("execution", "probe"),
        setting.profile.model_dump_json(),
        session.images.identity,
        setting.cuda or "cpu",
        str(setting.seed),
        session.assignment.id,
        setting.starter.read_bytes() if setting.starter is not None else b"",
        json.dumps([setting.pieces, dict(setting.roles)]) if setting.pieces else "",
        setting.confinement.level.name if setting.confinement else "off",
        *(path.read_bytes() for path in setting.course_files),
        *(f"{path.name}:{path.stat().st_size}" for path in weights_in(setting.weights)),
    ]
    for path in files:
        parts += [str(path.relative_to(submission.root)), path.read_bytes() if path.is_file() else b""]
    parts += [f"{work.path.name}:{work.kind}" for work in submission.work]
    return digest(*parts)


def executed(
    submission: Submission, session: Session, evaluator: Evaluator, say: Callable[[str], None]
) -> Execution | None:
    """The stored run if it still holds, else a new one, which will be evaluated. None: --rejudge was asked and nothing is
    stored."""
    of_another(submission, session)
    home = session.out / submission.slug
    stored = read_model(home / "execution.json", Execution)
    if session.options.rejudge:
        return stored
    key = execution_key(submission, session)
    holds = stored is not None and stored.key == key and not stored.might_go_on_with(session.setting.means)
    if stored is not None and holds and not session.options.force and whole(home, stored):
        return stored
    for name in (
        "execution.json",
        "evaluation.json",
        "result.json",
        "feedback.html",
    ):  # of the run that is now replaced
        (home / name).unlink(missing_ok=True)
    home.mkdir(parents=True, exist_ok=True)
    evaluator.prepare()
    execution = execute(submission, session.setting, home, key, say)
    if not stopping.is_set():
        write_model(home / "execution.json", execution)
    return execution


def of_another(submission: Submission, session: Session) -> None:
    """With --only the class is not known: a folder that holds another student's results is left alone."""
    held = read_model(session.out / submission.slug / "result.json", Result)
    if session.options.only is not None and held is not None and held.student != submission.student:
        raise UsageError(
            f"{session.out / submission.slug} holds the results of {held.student}, whose name is written like "
            f"{submission.student} there. Grade the whole class, without --only."
        )


def whole(home: Path, stored: Execution) -> bool:
    """The machine did not fail it, and what it refers to is there."""
    return not stored.broken and all(
        (home / folder / "evidence.json").exists() for folder in stored.evidence if folder
    )


def evaluated(
    submission: Submission, execution: Execution, session: Session, evaluator: Evaluator
) -> Evaluation:
    """The stored measurement if it still holds, else a new one, in the trusted process."""
    home = session.out / submission.slug
    stored = read_model(home / "evaluation.json", Evaluation)
    key = digest(
        execution.key,
        source_digest("evaluation"),
        session.images.identity,
        str(session.profile.held_out),
        session.assignment.reference or "",
        *what_pieces_are_held_against(session.assignment),
    )
    if stored is not None and (session.options.rejudge or (stored.key == key and not session.options.force)):
        return stored
    evaluation = evaluator.evaluate(home, execution.evidence, key)
    if not evaluation.faults:
        write_model(home / "evaluation.json", evaluation)
    return evaluation


def what_pieces_are_held_against(assignment: Assignment) -> list[str | bytes]:
    """The rubric's words on them, and the modules of the functions that are right."""
    modules = {
        name.partition(":")[0]
        for piece in assignment.pieces
        for name in (piece.function, *piece.accept, *piece.mistakes)
    }
    found = [find_spec(module) for module in sorted(modules)]
    folders = sorted({Path(spec.origin).parent for spec in found if spec is not None and spec.origin})
    sources = [path.read_bytes() for folder in folders for path in sorted(folder.glob("*.py"))]
    return [pieces_of(assignment), *sources]


def judged(
    submission: Submission,
    execution: Execution,
    evaluation: Evaluation,
    stated: tuple[Claims, ...],
    session: Session,
) -> Result:
    """Pure judging, from what is stored."""
    began = time.monotonic()
    home = session.out / submission.slug
    assignment = session.assignment
    channels = 1 if assignment.dataset == "mnist" else 3
    case = Case(
        assignment=assignment,
        candidates=tuple(candidates_in(home, execution, evaluation, channels)),
        circumstances=circumstances_of(home, execution, evaluation, channels),
        calibration=session.calibration,
        profile=execution.profile.name,
        data=session.images.source,
        contaminable=session.images.contaminable,
        untouched=execution.untouched,
        weights=weights_loaded(home, execution),
        stated=stated,
        again=restated_in(home, execution),
        functions=functions_in(execution, evaluation),
    )
    tasks, shown = judge(case)
    pending = sum(c.max_score for t in tasks for c in t.checks if c.outcome == "pending")
    return Result(
        student=submission.student,
        slug=submission.slug,
        handed_in=handed_in(submission),
        lms_id=submission.lms_id,
        assignment=assignment.id,
        assignment_title=assignment.title,
        profile=execution.profile,
        data=session.data,
        score=round(sum(task.score for task in tasks), 2),
        max_score=assignment.max_score,
        pending_points=pending,
        score_range=score_range(tasks),
        tasks=tasks,
        remarks=tuple(
            dict.fromkeys(
                [
                    *execution.faults,
                    *remarks_on(case.candidates, tasks, case.circumstances),
                    *execution.remarks,
                    *remarks_in(home, execution),
                    *evaluation.faults,
                ]
            )
        ),
        statements=tuple(
            Statement(verdict=c.verdict, sentence=c.sentence[:1000], where=c.where)
            for c in compared(
                stated, home, execution, evaluation, session.images.source == "real", assignment.ceiling
            )
        ),
        files=execution.files,
        figures=figures_of(shown, assignment.layers, session.images.classes),
        sandbox=execution.sandbox,
        timings={
            "execution": execution.seconds,
            "evaluation": evaluation.seconds,
            "judging": round(time.monotonic() - began, 3),
        },
        versions=execution.versions
        | evaluation.versions
        | {"grader": __version__, "nbclient": version("nbclient")},
        seed=session.setting.seed,
    )


def handed_in(submission: Submission) -> str:
    """A digest of all files, with their names."""
    files = sorted({*submission.helpers, *(work.path for work in submission.work)})
    parts: list[bytes | str] = []
    for path in files:
        parts += [str(path.relative_to(submission.root)), path.read_bytes() if path.is_file() else b""]
    return digest(*parts)[:12]


def circumstances_of(
    home: Path, execution: Execution, evaluation: Evaluation, channels: int
) -> Circumstances:
    """What may have hidden something: interrupted cells, a machine too small, missing packages, faults of ours."""
    cells = [(run.file, cell) for run in execution.files for cell in run.cells]
    stopped = [
        (file, cell)
        for file, cell in cells
        if cell.status in ("timeout", "killed", "not_run") or refused(cell)
    ]
    interrupted = ""
    if stopped:
        file, cell = stopped[0]
        interrupted = f"{file}, cell {cell.cell}: {cell.error}"
    missing = missing_modules_in(home, execution)
    faults = [*execution.faults, *evaluation.faults]
    faults += [
        f"what was stored when {file} ran cannot be read by this version of the grader: run it again (--force)"
        for file in unreadable_in(home, execution)
    ]
    faults += [f"the package {name} is not installed on the grading machine" for name in missing]
    if offline := without_network_in(home, execution):
        faults.append(offline)
    if unseen_training_in(home, execution):
        faults.append(
            "something was trained that is no nn.Module called with a batch of images: it was not seen"
        )
    if watching_failed_in(home, execution):
        faults.append("the grader failed to watch what the code did")
    if shape := other_inputs_in(home, execution, channels):
        faults.append(f"a network was trained on inputs of {shape}, which the grader does not read as images")
    errors = [(file, cell.cell, cell.error) for file, cell in cells if cell.status == "error"]
    return Circumstances(
        interrupted=interrupted,
        faults=tuple(faults),
        errors=first_errors(errors),
        missing=tuple(missing),
        unknown=unknown_values_in(home, execution),
    )


def measured_and_judged(
    submission: Submission,
    execution: Execution,
    stated: tuple[Claims, ...],
    session: Session,
    evaluator: Evaluator,
) -> Result | None:
    """The stages after execution, and the student's page. None: stopped."""
    evaluation = evaluated(submission, execution, session, evaluator)
    if stopping.is_set():
        return None
    result = judged(submission, execution, evaluation, stated, session)
    result = with_decisions(result, decisions_on(result, session.review))
    home = session.out / submission.slug
    write_text(home / "feedback.html", render_feedback(result))
    write_model(home / "result.json", result)
    return result
