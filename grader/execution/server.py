"""The fork server: everything imported, nothing begun. It forks a supervisor, and with it a kernel, for each order; or
a worker of our own.

    python -P -m grader.execution.server DESCRIPTOR warm|bare [PACKAGE ...]

Started once for a grading run by execution/warm.py, over an inherited socket. What is forbidden here is what a child could
not undo: starting threads, any torch operation on more than one thread, CUDA. It is told nothing that a student must not
know, for every kernel starts as a copy of its memory. PACKAGE: one that the class mentions (execution/packages.py). `bare`
imports nothing: kernels then start cold, in the same sandbox.
"""

import gc
import importlib
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import suppress

from grader.execution.messages import receive, send
from grader.execution.packages import PACKAGES
from grader.execution.supervisor import supervise
from grader.execution.worker import work

ALWAYS = (  # what the probe imports, and the network's part of every notebook
    "numpy", "torch", "torchvision", "torchvision.models", "torchvision.transforms.v2", "torch.utils.data",
    "torch.export", "torch._dynamo",  # the probe writes networks down; the first optimizer imports dynamo, 1.1 s
    "PIL.Image", "PIL.PngImagePlugin",
    "ipykernel.kernelapp", "ipykernel.debugger", "IPython.core.completerlib", "IPython.extensions.storemagic",
    "IPython.core.pylabtools", "grader.probe.kernel", "IPython.utils._process_posix", "pexpect",
)  # fmt: skip
INSIDE = (  # what the first export imports, 0.2 s: PyTorch's own modules, which another version may call otherwise
    "torch.export._trace", "torch._export.non_strict_utils", "torch._functorch.aot_autograd",
    "torch._inductor.codecache", "networkx",
)  # fmt: skip


def main(descriptor: int, warm: bool, packages: Sequence[str] = ()) -> None:
    """Serve until the grader closes its end; children learn of that by themselves."""
    channel = socket.socket(fileno=descriptor)
    began = time.monotonic()
    if warm:
        import_all(ALWAYS)
        for name in (*INSIDE, *(name for package in packages for name in PACKAGES[package])):
            with suppress(ImportError):
                import_all([name])
        check_untouched()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for children that have ended
    send(channel, {"ready": True, "seconds": round(time.monotonic() - began, 3)})
    while True:
        order, descriptors = receive(channel)
        if order is None:
            return
        lease = socket.socket(fileno=descriptors[0])
        if os.fork() == 0:
            channel.close()
            if "worker" in order:
                work(order["worker"], lease)
            supervise(order, lease)
        lease.close()


def import_all(names: tuple[str, ...] | list[str]) -> None:
    """Import, and keep the garbage collector from touching, and so copying, these pages in every child. Nothing is
    collected before: that takes 0.3 s, for a few megabytes that all children share."""
    gc.disable()
    for name in names:
        importlib.import_module(name)
    if "torch" in sys.modules:
        import torch

        torch.set_num_threads(1)  # a pool of threads does not survive a fork; children may raise it
    gc.freeze()


def check_untouched() -> None:
    """Raises RuntimeError if a forked child could not use CUDA any more."""
    import torch

    if torch.cuda.is_initialized():
        raise RuntimeError("an import has initialised CUDA: kernels cannot be forked from this process")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] == "warm", sys.argv[3:])
    os._exit(0)
