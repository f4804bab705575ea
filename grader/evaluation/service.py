"""The trusted process that evaluates: PyTorch is loaded there, the parent stays light and survives its death."""

import multiprocessing
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from grader.evaluation.course import Course
from grader.schema.evaluation import Evaluation
from grader.store import read_model

SECONDS = 900.0  # of one submission: a hostile graph must not stop the class
ENDING_SECONDS = 5.0  # for a process that was killed
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
        self._process.join(ENDING_SECONDS)  # else it stays in the list of processes
        self._channel.close()


class Evaluator:
    """Evaluates submissions, several at a time. A process that dies is replaced and asked once again; one that hangs is
    ended, and its submission gets a fault."""

    def __init__(
        self,
        course: Course,
        hire: Callable[[], Worker] = SpawnedWorker,
        threads: Callable[[], int] = lambda: 1,
        processes: int = 1,
        memory: int | None = None,
    ) -> None:
        """`threads`: for one evaluation that begins now; kernels may train beside it. `processes`: at most; hired when they
        are needed. `memory`: bytes of one process, at most."""
        self._course, self._hire, self._threads = course, hire, threads
        self._memory = memory
        self._places = threading.Semaphore(processes)
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._all: set[Worker] = set()
        self._ended = False
        self._prepared = False

    def __enter__(self) -> "Evaluator":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """End all processes; evaluations that wait for one get a fault."""
        with self._lock:
            self._ended = True
            workers, self._idle, self._all = self._all, [], set()
        for worker in workers:
            worker.kill()

    def prepare(self) -> None:
        """A first process loads what it needs, while the first notebook runs. Returns at once; does nothing later."""
        with self._lock:
            first, self._prepared = not self._prepared, True
        if first and self._places.acquire(blocking=False):
            threading.Thread(target=self._prepare, daemon=True).start()

    def _prepare(self) -> None:
        """Gives the place among the processes back. Failures show again when a submission is evaluated."""
        with suppress(Exception):
            worker = self._idle_one()
            try:
                worker.ask(self._message(), SECONDS)
            except (EOFError, TimeoutError):
                self._end(worker)
            else:
                self._idle.append(worker)
        self._places.release()

    def _message(self) -> dict[str, Any]:
        course = {
            name: str(value) if isinstance(value, Path) else value
            for name, value in asdict(self._course).items()
        }
        return {"course": course, "threads": self._threads(), "memory": self._memory}

    def evaluate(self, student: Path, evidence: Iterable[str], key: str) -> Evaluation:
        """Blocks; safe to call from several threads. `student`: the result folder."""
        written = student / ".evaluation.part"
        message = self._message() | {
            "student": str(student),
            "evidence": list(evidence),
            "key": key,
            "into": str(written),
        }
        with self._places:
            fault = self._ask(message)
        found = None if fault else read_model(written, Evaluation)
        written.unlink(missing_ok=True)
        return found or Evaluation(
            key=key,
            samples={},
            networks={},
            reference={},
            faults=(fault or "evaluation left nothing",),
            seconds=0.0,
            versions={},
        )

    def _ask(self, message: dict[str, Any]) -> str:
        """Why it failed, "" if it did not."""
        for _ in range(2):
            if self._ended:
                return "evaluation was stopped"
            worker = self._idle_one()
            try:
                reason = str(worker.ask(message, SECONDS).get("failed", ""))
            except TimeoutError:
                self._end(worker)
                return f"evaluation took longer than {SECONDS:.0f} s"
            except EOFError:
                self._end(worker)
                continue
            if reason:
                self._end(worker)
            else:
                self._idle.append(worker)
            return reason
        return "the evaluating process died twice (out of memory?)"

    def _idle_one(self) -> Worker:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        worker = self._hire()
        with self._lock:
            self._all.add(worker)
        return worker

    def _end(self, worker: Worker) -> None:
        with self._lock:
            if worker not in self._all:
                return
            self._all.remove(worker)
        worker.kill()
