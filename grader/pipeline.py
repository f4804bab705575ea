"""Composes the stages, for a whole class.

    submissions/ --discovery--> Submission --execution--> evidence --evaluation--> Evaluation --judging--> Result --> pages

Each arrow is files in the run folder. What is done with one submission stands in stages.py.
"""

import concurrent.futures
import threading
import traceback
from contextlib import suppress
from functools import partial
from pathlib import Path

from rich.console import Console

from grader import __version__
from grader.datasets.store import default_cache
from grader.discovery import discover
from grader.errors import UsageError
from grader.evaluation.course import Course
from grader.evaluation.service import ANSWER, Evaluator, SpawnedWorker, Worker
from grader.execution.warm import CannotFork
from grader.judging.decisions import with_decisions
from grader.machine import cores
from grader.reporting.class_page import render_class
from grader.reporting.feedback import render_feedback
from grader.reporting.gradebook import write_gradebook
from grader.reporting.self_check import print_check
from grader.reporting.terminal import ProgressDisplay, print_summary
from grader.reporting.wording import plural
from grader.review import SHEET, decisions_on, on_nobody, read_review, require_possible, write_review
from grader.schema.assignment import pieces_of
from grader.schema.execution import Execution
from grader.schema.result import ClassResult, Result
from grader.schema.submission import Submission
from grader.session import Options, Session, check_stored, memory_share, open_session
from grader.stages import executed, measured_and_judged, stopping
from grader.statements import stated_in
from grader.store import locked, read_model, write_model, write_text
from grader.workplace import end_kernels, unpacking_folder, work_folder


class Stopped(Exception):
    """Ctrl-C was pressed, and no further kernel may start."""


def grade(options: Options) -> ClassResult:
    """Grade a class and print its table. Raises as `run` does."""
    graded, out = run(options)
    print_summary(Console(), graded, out)
    return graded


def check(options: Options) -> ClassResult:
    """Grade one's own notebook and print what to look at next. Raises as `run` does."""
    graded, out = run(options)
    for result in graded.results:
        print_check(Console(), result, out / result.slug / "feedback.html")
    return graded


def run(options: Options) -> tuple[ClassResult, Path]:
    """Grade a class; also the folder of the results. Raises GraderError for what the person at the keyboard must change,
    KeyboardInterrupt on Ctrl-C."""
    stopping.clear()
    with unpacking_folder() as unpacked:
        return graded_class(options, unpacked)


def graded_class(options: Options, unpacked: Path) -> tuple[ClassResult, Path]:
    """`unpacked`: an empty folder for what comes out of archives."""
    submissions = discover(options.submissions, options.only, options.out, unpacked, options.folder)
    session = open_session(options, submissions, unpacked)
    if options.rejudge:
        check_stored(session, submissions)
    results: dict[str, Result] = {}
    to_run = {submission.slug for submission in submissions}
    with work_folder(session), evaluator_of(session, to_run) as evaluator:
        display = ProgressDisplay(len(submissions))
        jobs = session.options.jobs or 1
        kernels = threading.Semaphore(jobs)
        with display, concurrent.futures.ThreadPoolExecutor(2 * jobs) as pool:  # as many again are evaluated
            try:
                order = longest_first(submissions, session)
                futures = {
                    pool.submit(one, s, session, evaluator, kernels, to_run, display): s for s in order
                }
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
    return graded, session.out


def longest_first(submissions: list[Submission], session: Session) -> list[Submission]:
    """By the time that an earlier run took: a long one that comes last keeps the whole class waiting. Unknown ones first."""

    def seconds(submission: Submission) -> float:
        stored = read_model(session.out / submission.slug / "execution.json", Execution)
        return stored.seconds if stored is not None else float("inf")

    return sorted(submissions, key=seconds, reverse=True)


def evaluator_of(session: Session, to_run: set[str]) -> Evaluator:
    """While a submission is evaluated the next one's kernel trains; `to_run` says whether there is one."""
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
        pieces=pieces_of(assignment),
        cache=default_cache(),
    )
    jobs = session.options.jobs or 1

    def threads() -> int:
        return max(1, cores() // (min(jobs, len(to_run)) + 1))

    return Evaluator(course, hire, threads, jobs, memory_share(jobs))


def one(
    submission: Submission,
    session: Session,
    evaluator: Evaluator,
    kernels: threading.Semaphore,
    to_run: set[str],
    display: ProgressDisplay,
) -> Result | None:
    """All stages for one submission, on the display. Waits for a place among the `kernels`; leaves `to_run` after it."""
    report = session.out / submission.slug / "fault.txt"
    result, note = None, "nothing stored: run without --rejudge"
    try:
        with kernels:
            if stopping.is_set():
                return None
            display.started(submission.student)
            stated = stated_in(submission, session.setting.starter)
            execution = executed(submission, session, evaluator, partial(tell, display, submission.student))
        to_run.discard(submission.slug)
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
        data=session.data,
        results=tuple(sorted(results.values(), key=lambda result: result.student.casefold())),
        not_graded=missing,
        versions={"grader": __version__},
    )
    write_class_files(session.out, graded)
    if not session.options.own:
        with suppress(
            UsageError
        ):  # somebody is writing in it: it stays as it is, and the next run says what is wrong
            write_review(session.out, graded.results, read_review(session.out))
    return graded


def write_class_files(out: Path, graded: ClassResult) -> None:
    write_model(out / "results.json", graded)
    write_text(out / "index.html", render_class(graded))
    write_gradebook(graded.results, out / "gradebook.csv")


def review(out: Path) -> tuple[ClassResult, list[str]]:
    """Put what stands in out/review.csv into the stored results; also what a person should know. Raises UsageError."""
    graded = read_model(out / "results.json", ClassResult)
    if graded is None:
        raise UsageError(f"{out}: no results.json of this version there. Run grade first, or name its --out.")
    checks = {(t.id, c.id): c.max_score for one in graded.results for t in one.tasks for c in t.checks}
    try:
        with locked(out):
            found = read_review(out)
            require_possible(found, checks)
            results = tuple(with_decisions(one, decisions_on(one, found)) for one in graded.results)
            for before, now in zip(graded.results, results, strict=True):
                if now != before:
                    write_text(out / now.slug / "feedback.html", render_feedback(now))
                    write_model(out / now.slug / "result.json", now)
            graded = graded.model_copy(update={"results": results})
            write_class_files(out, graded)
            waiting = write_review(out, results, found)
    except BlockingIOError as error:
        raise UsageError(f"{out}: another run is at work there. Wait for it.") from error
    settled = sum(c.decision is not None for one in results for t in one.tasks for c in t.checks)
    said = [f"{out / SHEET}: {plural(settled, 'mark')} settled by a person, {waiting} waiting."]
    for name in on_nobody(found, results):
        said.append(f'No results in a folder "{name}": its rows are kept and count for nobody.')
    return graded, said
