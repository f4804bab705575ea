"""An IPython kernel with the probe in it. Started by execution/provisioner.py as `python -P -m grader.probe -f FILE`."""

import os
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import zmq
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp

from grader.probe import (
    archive,
    channels,
    classifiers,
    definitions,
    devices,
    habits,
    images,
    loaders,
    patches,
    published,
    scripted,
)
from grader.probe.cells import Cells
from grader.probe.config import Config, load
from grader.probe.watcher import Watcher


def prepare(config: Config) -> tuple[Watcher, Cells]:
    """Patch PyTorch before any student code exists."""
    cells = Cells(config.cells)
    watcher = Watcher(config, cells)
    torch.set_num_threads(config.threads)
    images.install(config)
    archive.install(watcher)
    loaders.install(watcher)
    devices.install(watcher)
    patches.install(watcher)
    scripted.install(watcher)
    published.install(watcher, Path(config.weights) if config.weights else None)
    classifiers.install(watcher)
    return watcher, cells


def seed(value: int) -> None:
    """The same start for everyone; a notebook that seeds itself overrides it."""
    random.seed(value)
    np.random.seed(value)
    torch.manual_seed(value)


def seed_once(shell: Any, value: int) -> Callable[[object], None]:
    """For the first cell: what comes before it draws numbers, as IPython does for the tip in its banner."""

    def seed_first(_: object) -> None:
        shell.events.unregister("pre_run_cell", seed_first)
        seed(value)

    return seed_first


class WatchedKernel(IPythonKernel):
    """ipykernel's kernel; registers the probe's events once its shell exists."""

    watcher: Watcher
    cells: Cells
    config_of_probe: Config

    def start(self) -> None:
        super().start()  # type: ignore[no-untyped-call]
        cells, watcher, config = type(self).cells, type(self).watcher, type(self).config_of_probe
        shell: Any = self.shell
        cells.watch(shell)
        habits.install(watcher, shell)
        shell.events.register(
            "post_run_cell", lambda result: cells.between and watcher.cell_ended(result.success)
        )
        if config.pieces:
            definitions.install(watcher, shell)
        sys.argv = [config.script or "notebook"]
        if config.script:
            shell.user_ns["__file__"] = config.script
        shell.events.register("pre_run_cell", seed_once(shell, config.seed))


class WatchedApp(IPKernelApp):
    """ipykernel's application, whose output waits for its reader instead of being dropped: the reader takes little in."""

    def init_iopub(self, context: Any) -> None:
        context.setsockopt(zmq.SNDHWM, 0)
        super().init_iopub(context)  # type: ignore[no-untyped-call]


def main(argv: list[str] | None = None) -> None:
    config = load()
    WatchedKernel.config_of_probe = config
    WatchedKernel.watcher, WatchedKernel.cells = prepare(config)
    sys.path.insert(0, "")
    channels.install()
    arguments: Any = argv if argv is not None else sys.argv[1:]
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    WatchedApp.launch_instance(arguments, kernel_class=WatchedKernel)
