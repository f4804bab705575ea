"""The folder of a run: results, in which one run works at a time, and scratch space, which ends with the run."""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil

from grader.errors import UsageError
from grader.execution.provisioner import clear_after, end_all_kernels
from grader.session import Session
from grader.store import locked, remove_drafts, remove_folder

UNPACKED = "unpacked"  # grade-PID-unpacked-xxxxxxxx, in the folder for temporary files


@contextmanager
def work_folder(session: Session) -> Iterator[None]:
    """Alone in the results folder, with scratch space of its own. Raises UsageError."""
    scratch = session.setting.scratch
    with ExitStack() as stack:
        try:
            session.out.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locked(session.out))
            clear(scratch.parent)
            remove_drafts(session.out)
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


@contextmanager
def unpacking_folder() -> Iterator[Path]:
    """An empty folder for what comes out of archives, held until the run ends. Those of dead runs are removed first."""
    home = Path(tempfile.gettempdir())
    for old in home.glob(f"grade-*-{UNPACKED}-*"):
        if was_left(old):
            remove_folder(old)
    prefix = f"grade-{os.getpid()}-{UNPACKED}-"
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True))
        with suppress(OSError):  # a file system without locks
            stack.enter_context(locked(Path(folder)))
        yield Path(folder)


def was_left(folder: Path) -> bool:
    """This user's, by a process that is gone: none has its number, and nobody holds it, whose number may be unknown here."""
    number = folder.name.split("-")[1]
    try:
        found = folder.lstat()
        own = stat.S_ISDIR(found.st_mode) and (not hasattr(os, "getuid") or found.st_uid == os.getuid())
        if (
            not own
            or not number.isdecimal()
            or (int(number) != os.getpid() and psutil.pid_exists(int(number)))
        ):
            return False
        with locked(folder):
            return True
    except (OSError, ValueError, OverflowError):
        return False


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
