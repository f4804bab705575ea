"""Composes the stages: for one submission first, then for a class.

    submissions/ --discovery--> Submission --execution--> evidence --evaluation--> Evaluation --judging--> Result --> pages

Each arrow is files in the run folder, each stage is repeated only if what it depends on has changed.
"""

import concurrent.futures
import os
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib.metadata import version
from pathlib import Path

from rich.console import Console

from grader import __version__
from grader.datasets.store import default_cache
from grader.datasets.weights import weights_in
from grader.discovery import discover
from grader.errors import UsageError
from grader.evaluation.course import Course
from grader.evaluation.service import ANSWER, Evaluator, SpawnedWorker, Worker
from grader.execution.runner import execute
from grader.execution.warm import CannotFork
from grader.judging.candidates import Circumstances
from grader.judging.figures import figures_of
from grader.judging.judge import Case, first_errors, judge, score_range
from grader.reporting.class_page import render_class
from grader.reporting.feedback import render_feedback
from grader.reporting.gradebook import write_gradebook
from grader.reporting.terminal import ProgressDisplay, print_summary
from grader.schema.claims import Claims
from grader.schema.evaluation import Evaluation
from grader.schema.execution import Execution
from grader.schema.result import ClassResult, Result, Statement
from grader.schema.submission import Submission
from grader.session import Options, Session, check_stored, open_session
from grader.statements import compared, restated_in, stated_in
from grader.store import digest, read_model, source_digest, write_model, write_text
from grader.testimony import (
    candidates_in,
    missing_modules_in,
    other_inputs_in,
    remarks_in,
    unreadable_in,
    unseen_training_in,
    weights_loaded,
)
from grader.workplace import end_kernels, work_folder


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
        setting.confinement.level.name if setting.confinement else "off",
        *(path.read_bytes() for path in setting.course_files),
        *(f"{path.name}:{path.stat().st_size}" for path in weights_in(setting.weights)),
    ]
    for path in files:
        parts += [str(path.relative_to(submission.root)), path.read_bytes() if path.is_file() else b""]
    parts += [f"{work.path.name}:{work.kind}" for work in submission.work]
    return digest(*parts)


def executed(submission: Submission, session: Session, say: Callable[[str], None]) -> Execution | None:
    """The stored run if it still holds, else a new one. None: --rejudge was asked and nothing is stored."""
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
    )
    if stored is not None and (session.options.rejudge or (stored.key == key and not session.options.force)):
        return stored
    evaluation = evaluator.evaluate(home, execution.evidence, key)
    if not evaluation.faults:
        write_model(home / "evaluation.json", evaluation)
    return evaluation


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
    )
    tasks, shown = judge(case)
    pending = sum(c.max_score for t in tasks for c in t.checks if c.outcome == "pending")
    return Result(
        student=submission.student,
        slug=submission.slug,
        assignment=assignment.id,
        assignment_title=assignment.title,
        profile=execution.profile,
        data=session.images.sentence,
        score=round(sum(task.score for task in tasks), 2),
        max_score=assignment.max_score,
        pending_points=pending,
        score_range=score_range(tasks),
        tasks=tasks,
        remarks=tuple(
            dict.fromkeys(
                [*execution.faults, *execution.remarks, *remarks_in(home, execution), *evaluation.faults]
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


def circumstances_of(
    home: Path, execution: Execution, evaluation: Evaluation, channels: int
) -> Circumstances:
    """What may have hidden something: interrupted cells, missing packages, faults of ours."""
    cells = [(run.file, cell) for run in execution.files for cell in run.cells]
    stopped = [(file, cell) for file, cell in cells if cell.status in ("timeout", "killed", "not_run")]
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
    if unseen_training_in(home, execution):
        faults.append("something was trained that is not an nn.Module: the grader could not see it")
    if shape := other_inputs_in(home, execution, channels):
        faults.append(f"a network was trained on inputs of {shape}, which the grader does not read as images")
    errors = [(file, cell.cell, cell.error) for file, cell in cells if cell.status == "error"]
    return Circumstances(interrupted=interrupted, faults=tuple(faults), errors=first_errors(errors))


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
    home = session.out / submission.slug
    write_text(home / "feedback.html", render_feedback(result))
    write_model(home / "result.json", result)
    return result


stopping = threading.Event()


class Stopped(Exception):
    """Ctrl-C was pressed, and no further kernel may start."""


def grade(options: Options) -> ClassResult:
    """Grade a class; raises GraderError for what the person at the keyboard must change, KeyboardInterrupt on Ctrl-C."""
    stopping.clear()
    submissions = discover(options.submissions, options.only, options.out)
    session = open_session(options, submissions)
    if options.rejudge:
        check_stored(session, submissions)
    results: dict[str, Result] = {}
    with work_folder(session), evaluator_of(session) as evaluator:
        display = ProgressDisplay(len(submissions))
        jobs = session.options.jobs or 1
        kernels = threading.Semaphore(jobs)
        with display, concurrent.futures.ThreadPoolExecutor(2 * jobs) as pool:  # as many again are evaluated
            try:
                order = longest_first(submissions, session)
                futures = {pool.submit(one, s, session, evaluator, kernels, display): s for s in order}
                for future in concurrent.futures.as_completed(futures):
                    result = future.result()
                    if result is not None:
                        results[result.slug] = result
            except BaseException:
                stopping.set()
                pool.shutdown(wait=False, cancel_futures=True)
                end_kernels(session)
                evaluator.end()
                raise
            finally:
                graded = write_class(session, submissions, results)
    print_summary(Console(), graded, session.out)
    return graded


def longest_first(submissions: list[Submission], session: Session) -> list[Submission]:
    """By the time that an earlier run took: a long one that comes last keeps the whole class waiting. Unknown ones first."""

    def seconds(submission: Submission) -> float:
        stored = read_model(session.out / submission.slug / "execution.json", Execution)
        return stored.seconds if stored is not None else float("inf")

    return sorted(submissions, key=seconds, reverse=True)


def evaluator_of(session: Session) -> Evaluator:
    """While a submission is evaluated the next one's kernel trains."""
    images, assignment, server = session.images, session.assignment, session.setting.server

    def hire() -> Worker:
        with suppress(CannotFork):
            if server is not None:
                return server.hire(ANSWER)
        return SpawnedWorker()

    course = Course(
        visible=images.visible,
        held_out=images.held_out,
        identity=images.identity,
        count=session.profile.held_out,
        classes=assignment.classes,
        reference=assignment.reference,
        cache=default_cache(),
    )
    jobs = session.options.jobs or 1
    return Evaluator(course, hire, max(1, (os.cpu_count() or 1) // (jobs + 1)), jobs)


def one(
    submission: Submission,
    session: Session,
    evaluator: Evaluator,
    kernels: threading.Semaphore,
    display: ProgressDisplay,
) -> Result | None:
    """All stages for one submission, on the display. Waits for a place among the `kernels`."""
    report = session.out / submission.slug / "fault.txt"
    result, note = None, "nothing stored: run without --rejudge"
    try:
        with kernels:
            if stopping.is_set():
                return None
            display.started(submission.student)
            stated = stated_in(submission, session.setting.starter)
            execution = executed(submission, session, partial(tell, display, submission.student))
        if execution is not None and not stopping.is_set():
            display.update(submission.student, "evaluating")
            result = measured_and_judged(submission, execution, stated, session, evaluator)
        report.unlink(missing_ok=True)
    except Stopped:
        pass
    except Exception as error:  # ours, and this student's only: the others go on
        note = f"a fault of the grader: {type(error).__name__}: {error}; see {report}"
        with suppress(OSError):
            write_text(report, traceback.format_exc())
    note = "" if result else ("stopped" if stopping.is_set() else note)
    display.finished(result, submission.student, note)
    return result


def tell(display: ProgressDisplay, student: str, message: str) -> None:
    """How far a submission is. Raises Stopped."""
    if stopping.is_set():
        raise Stopped
    display.update(student, message)


def write_class(session: Session, submissions: list[Submission], results: dict[str, Result]) -> ClassResult:
    """Class files from the results of this run and, for students that were not asked for, those stored before.

    Who is no longer among the submissions is left out when the whole class is graded; the result folder stays.
    """
    missing = tuple(s.student for s in submissions if s.slug not in results)
    asked_for = {s.slug for s in submissions}
    for path in sorted(session.out.glob("*/result.json")):
        slug = path.parent.name
        if slug in results or (session.options.only is None and slug not in asked_for):
            continue
        stored = read_model(path, Result)
        if stored is not None and stored.assignment == session.assignment.id:
            results[stored.slug] = stored
    graded = ClassResult(
        assignment=session.assignment.id,
        assignment_title=session.assignment.title,
        profile=session.profile,
        data=session.images.sentence,
        results=tuple(sorted(results.values(), key=lambda result: result.student.casefold())),
        not_graded=missing,
        versions={"grader": __version__},
    )
    write_model(session.out / "results.json", graded)
    write_text(session.out / "index.html", render_class(graded))
    write_gradebook(graded.results, session.out / "gradebook.csv")
    return graded
