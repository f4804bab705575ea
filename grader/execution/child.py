"""A freshly forked process turns into a kernel: everything that it inherited from the fork server and must not keep."""

import gc
import os
import signal
import sys
import tempfile
import time
from typing import Any

from grader.execution.messages import close_all_but


def become_kernel(order: dict[str, Any]) -> None:
    """Run the kernel that `order` describes; returns when it was told to stop."""
    close_all_but(set())
    forget_the_server(order["environment"], order["folder"])
    from grader.probe.kernel import main

    main(order["arguments"])


def redirect(log: str) -> None:
    """No input, no output but the error stream, which goes into a file of the kernel's own folder."""
    nothing = os.open(os.devnull, os.O_RDWR)
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.dup2(written, 2)
    os.close(nothing)
    os.close(written)


def reset_signals() -> None:
    """As in a process that Python has just started."""
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def forget_the_server(environment: dict[str, str], folder: str) -> None:
    """Environment, working folder, and what libraries remember of either."""
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(folder)
    tempfile.tempdir = None  # the server's: $TMPDIR would be ignored
    matplotlib: Any = sys.modules.get("matplotlib")
    if matplotlib is not None:  # it remembers the folder of its first look
        drawing = environment["MPLCONFIGDIR"]
        matplotlib.get_configdir = matplotlib.get_cachedir = lambda: drawing
    gc.enable()
