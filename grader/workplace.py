"""The folder of a run: results, in which one run works at a time, and scratch space, which ends with the run."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from grader.errors import UsageError
from grader.execution.provisioner import clear_after, end_all_kernels
from grader.session import Session
from grader.store import locked, remove_folder


@contextmanager
def work_folder(session: Session) -> Iterator[None]:
    """Alone in the results folder, with scratch space of its own. Raises UsageError."""
    scratch = session.setting.scratch
    with ExitStack() as stack:
        try:
            session.out.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locked(session.out))
            clear(scratch.parent)
            scratch.mkdir(parents=True, exist_ok=True)
        except BlockingIOError as error:
            raise UsageError(
                f"{session.out}: another run is at work there. Wait for it, or give another folder by --out."
            ) from error
        except OSError as error:
            raise UsageError(
                f"--out {session.options.out}: it cannot be written to ({error.strerror}). Give another folder."
            ) from error
        stack.callback(leave, session)
        yield


def clear(work: Path) -> None:
    """What killed runs left behind: nobody else is at work here."""
    for old in work.glob("*"):
        if old.name.isdigit():
            clear_after(int(old.name))
        remove_folder(old)


def leave(session: Session) -> None:
    end_kernels(session)
    remove_folder(session.setting.scratch)
    with suppress(OSError):
        session.setting.scratch.parent.rmdir()


def end_kernels(session: Session) -> None:
    """The fork server and its kernels, or whatever else carries this run's mark."""
    if session.setting.server is not None:
        session.setting.server.end()
    end_all_kernels()
