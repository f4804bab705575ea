"""The trusted process that evaluates: PyTorch is loaded there, the parent stays light and survives its death."""

import multiprocessing
import threading
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from grader.evaluation.course import Course
from grader.schema.evaluation import Evaluation
from grader.store import read_model

SECONDS = 900.0  # of one submission: a hostile graph must not stop the class
ANSWER = "grader.evaluation.remote:answer"  # what such a process runs


class Worker(Protocol):
    """A process that answers messages, in JSON, with ANSWER."""

    def ask(self, message: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Raises EOFError if the process has died, TimeoutError."""

    def kill(self) -> None: ...


class SpawnedWorker:
    """For machines without a fork server: a new interpreter, which imports PyTorch for itself."""

    def __init__(self) -> None:
        from grader.evaluation.remote import answer_pipe

        context = multiprocessing.get_context("spawn")
        self._channel, theirs = context.Pipe()
        self._process = context.Process(target=answer_pipe, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def ask(self, message: dict[str, Any], seconds: float) -> dict[str, Any]:
        try:
            self._channel.send(message)
            if not self._channel.poll(seconds):
                raise TimeoutError
            answer: dict[str, Any] = self._channel.recv()
        except OSError as error:
            raise error if isinstance(error, TimeoutError) else EOFError from error
        return answer

    def kill(self) -> None:
        self._process.kill()
        self._channel.close()


class Evaluator:
    """Evaluates submissions one at a time. A process that dies is replaced and asked once again; one that hangs is ended,
    and its submission gets a fault."""

    def __init__(self, course: Course, hire: Callable[[], Worker] = SpawnedWorker, threads: int = 1) -> None:
        """`threads`: of one evaluation; kernels may train beside it."""
        self._course, self._hire, self._threads = course, hire, threads
        self._worker: Worker | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> "Evaluator":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def evaluate(self, student: Path, evidence: Iterable[str], key: str) -> Evaluation:
        """Blocks; safe to call from several threads. `student`: the result folder."""
        written = student / ".evaluation.part"
        message = {
            "student": str(student),
            "evidence": list(evidence),
            "key": key,
            "course": {
                name: str(value) if isinstance(value, Path) else value
                for name, value in asdict(self._course).items()
            },
            "threads": self._threads,
            "into": str(written),
        }
        with self._lock:
            reason = self._ask(message)
            found = None if reason else read_model(written, Evaluation)
            written.unlink(missing_ok=True)
            if found is not None:
                return found
            self._end()
        fault = reason or "evaluation left nothing"
        return Evaluation(
            key=key, samples={}, networks={}, reference={}, faults=(fault,), seconds=0.0, versions={}
        )

    def _ask(self, message: dict[str, Any]) -> str:
        """Why it failed, "" if it did not."""
        for _ in range(2):
            self._worker = self._worker or self._hire()
            try:
                return str(self._worker.ask(message, SECONDS).get("failed", ""))
            except TimeoutError:
                return f"evaluation took longer than {SECONDS:.0f} s"
            except EOFError:
                self._end()
        return "the evaluating process died twice (out of memory?)"

    def _end(self) -> None:
        if self._worker is not None:
            self._worker.kill()
            self._worker = None
