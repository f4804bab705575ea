"""The fork server: everything imported, nothing begun. It forks a supervisor, and with it a kernel, for each order; or
a worker of our own.

    python -P -m grader.execution.server DESCRIPTOR warm|bare

Started once for a grading run by execution/warm.py, over an inherited socket. What is forbidden here is what a child could
not undo: starting threads, any torch operation on more than one thread, CUDA. It is told nothing that a student must not
know, for every kernel starts as a copy of its memory. `bare` imports nothing: kernels then start cold, in the same sandbox.
"""

import gc
import importlib
import os
import select
import socket
import sys
import time
from contextlib import suppress

from grader.execution.messages import receive, send
from grader.execution.supervisor import supervise
from grader.execution.worker import work

FIRST = (  # before the first kernel: all that the probe and nearly every notebook import
    "numpy", "torch", "torchvision", "torchvision.models", "torchvision.transforms.v2", "torch.utils.data",
    "torch.export", "torch._dynamo",  # the probe writes networks down; the first optimizer imports dynamo, 1.1 s
    "matplotlib.pyplot", "matplotlib.backends.backend_agg", "PIL.Image", "PIL.PngImagePlugin",
    "ipykernel.kernelapp", "ipykernel.debugger", "IPython.core.completerlib", "IPython.extensions.storemagic",
    "IPython.core.pylabtools", "torchinfo", "grader.probe.kernel", "IPython.utils._process_posix", "pexpect",
)  # fmt: skip
INSIDE = (  # what the first export imports, 0.2 s: PyTorch's own modules, which another version may call otherwise
    "torch.export._trace", "torch._export.non_strict_utils", "torch._functorch.aot_autograd",
    "torch._inductor.codecache", "networkx",
)  # fmt: skip
LATER = (
    "pandas",
    "sklearn.metrics",
    "sklearn.model_selection",
)  # one at a time, while no kernel runs
IDLE_MILLISECONDS = 50


def main(descriptor: int, warm: bool) -> None:
    """Serve until the grader closes its end; children learn of that by themselves."""
    channel = socket.socket(fileno=descriptor)
    began = time.monotonic()
    if warm:
        import_all(FIRST)
        for name in INSIDE:
            with suppress(ImportError):
                import_all([name])
        check_untouched()
    send(channel, {"ready": True, "seconds": round(time.monotonic() - began, 3)})
    waiting = select.poll()
    waiting.register(channel, select.POLLIN)
    later = list(LATER) if warm else []
    kernels: set[int] = set()  # supervisors' process ids
    while True:
        if not waiting.poll(IDLE_MILLISECONDS if later else None):
            if not still_running(kernels):
                import_all([later.pop(0)])
            continue
        order, descriptors = receive(channel)
        if order is None:
            return
        lease = socket.socket(fileno=descriptors[0])
        forked = os.fork()
        if forked == 0:
            channel.close()
            if "worker" in order:
                work(order["worker"], lease)
            supervise(order, lease)
        lease.close()
        if "worker" not in order:
            kernels.add(forked)
        still_running(kernels)


def still_running(kernels: set[int]) -> bool:
    """Collects children that have ended. Whether any kernel still runs: it shall not share its cores with imports."""
    with suppress(ChildProcessError):
        while ended := os.waitpid(-1, os.WNOHANG)[0]:
            kernels.discard(ended)
    return bool(kernels)


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
    main(int(sys.argv[1]), sys.argv[2] == "warm")
    os._exit(0)
