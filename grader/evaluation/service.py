"""The trusted process that evaluates: torch is imported there once, the parent stays light and survives its death."""

import concurrent.futures
import multiprocessing
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Protocol

from grader.schema.assignment import Assignment
from grader.schema.evaluation import Evaluation
from grader.schema.profile import Profile

SECONDS = 900.0  # of one submission: a hostile graph must not stop the class


class Images(Protocol):
    """What evaluation needs to know of the course's images."""

    @property
    def visible(self) -> Path: ...
    @property
    def held_out(self) -> Path: ...


class Evaluator:
    """Evaluates submissions one at a time. A process that dies or hangs is replaced; its submission gets a fault."""

    def __init__(self, images: Images, profile: Profile, assignment: Assignment) -> None:
        self._images, self._profile, self._assignment = images, profile, assignment
        self._pool: concurrent.futures.ProcessPoolExecutor | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> "Evaluator":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def get_ready(self) -> None:
        """Have the process import PyTorch while the first notebook runs; does not block."""
        from grader.evaluation.remote import import_early

        with self._lock:
            if self._pool is None:
                self._start().submit(import_early)

    def _start(self) -> concurrent.futures.ProcessPoolExecutor:
        from grader.evaluation.remote import end_with_parent

        context = multiprocessing.get_context("spawn")
        self._pool = concurrent.futures.ProcessPoolExecutor(
            1, mp_context=context, initializer=end_with_parent
        )
        return self._pool

    def evaluate(self, student: Path, evidence: Iterable[str], key: str) -> Evaluation:
        """Blocks; safe to call from several threads."""
        from grader.evaluation.remote import evaluate_remotely

        with self._lock:
            pool = self._pool or self._start()
            job = pool.submit(
                evaluate_remotely,
                student,
                tuple(evidence),
                key,
                str(self._images.visible),
                str(self._images.held_out),
                self._profile.held_out,
                self._assignment.classes,
                self._assignment.reference,
            )
            try:
                return job.result(timeout=SECONDS)
            except concurrent.futures.TimeoutError:
                reason = f"evaluation took longer than {SECONDS:.0f} s"
            except concurrent.futures.process.BrokenProcessPool:
                reason = "the evaluating process died (out of memory?)"
            except Exception as error:
                reason = f"evaluation failed: {type(error).__name__}: {error}"
            self._end()
            return Evaluation(
                key=key, samples={}, networks={}, reference={}, faults=(reason,), seconds=0.0, versions={}
            )

    def _end(self) -> None:
        if self._pool is not None:
            for process in list((self._pool._processes or {}).values()):
                process.kill()
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None
