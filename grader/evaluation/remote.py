"""What the evaluating process runs; PyTorch is imported only there."""

import os
import sys
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from grader.evaluation.course import Course
from grader.store import write_model

with suppress(ImportError):  # Windows
    import resource


def answer(message: dict[str, Any]) -> dict[str, Any]:
    """Evaluate one submission as the message says; the evaluation goes into the file that it names. Without a submission:
    get ready for the first one."""
    import torch

    from grader.evaluation.evaluate import evaluate, prepare

    given = message["course"]
    paths = {name: Path(given[name]) for name in ("visible", "held_out", "cache") if given[name] is not None}
    course = Course(**(given | paths))
    bound_memory(message["memory"])
    torch.set_num_threads(message["threads"])
    try:
        if "student" not in message:
            prepare(course)
            return {}
        found = evaluate(Path(message["student"]), tuple(message["evidence"]), message["key"], course)
        write_model(Path(message["into"]), found)
    except Exception as error:
        return {"failed": f"evaluation failed: {type(error).__name__}: {error}"[:1000]}
    return {}


def bound_memory(size: int | None) -> None:
    """What a hostile graph or file asks for beyond `size` bytes fails here, instead of taking it from the machine. Linux."""
    if size is not None and sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (size, size))


def answer_pipe(channel: Connection) -> None:
    """Answer what comes through a pipe, until its other end is closed."""
    end_with_parent()
    while True:
        try:
            channel.send(answer(channel.recv()))
        except EOFError:
            return


def end_with_parent() -> None:
    """Run first in the process: a killed grader must not leave it waiting for ever."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
