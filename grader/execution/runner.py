"""Runs one submission: each of its files in a kernel of its own, in a scratch folder that holds copies of all of them."""

import asyncio
import copy
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from jupyter_client.manager import AsyncKernelManager

from grader.errors import SubmissionError
from grader.execution.again import MOST_DEATHS, as_good, fatal_cell, put_back, together, without
from grader.execution.client import KILLED_UNEXPLAINED, run_cells
from grader.execution.collect import TOTAL, collect
from grader.execution.notebook import is_untouched, load_work
from grader.execution.provisioner import (
    Kernels,
    end_left_overs,
    environment,
    new_mark,
    socket_folder,
)
from grader.execution.sandbox.confinement import Confinement
from grader.execution.sandbox.disk import disk_used
from grader.execution.sandbox.levels import OFF
from grader.execution.warm import ForkServer
from grader.schema.execution import Execution, Means
from grader.schema.profile import Profile
from grader.schema.result import CellRun, FileRun
from grader.schema.submission import Submission, WorkFile
from grader.store import remove_folder

# Sockets that are files: no ports to race for, and no network. Windows has none that ZeroMQ takes.
TRANSPORT = "tcp" if sys.platform == "win32" else "ipc"
TOGETHER = 3  # times the time of one file, for all files of a student


@dataclass(frozen=True)
class Setting:
    """What is the same for every submission of a class."""

    profile: Profile
    images: Mapping[str, str]  # data set -> folder that kernels may read
    classes: Mapping[str, list[str]]
    course_files: tuple[Path, ...]  # given to every student, not over a file of their own
    starter: Path | None
    threads: int
    cuda: str | None  # CUDA_VISIBLE_DEVICES; None: no GPU
    identity: str  # of the images
    seed: int
    scratch: Path  # folder for scratch folders
    server: ForkServer | None  # where kernels are forked; None: each is started cold
    confinement: Confinement | None  # None: --sandbox=off
    weights: Path | None = None  # folder of published weights, which kernels may read
    pieces: tuple[Mapping[str, object], ...] = ()  # functions to look for, as the probe reads them
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # other names of their arguments

    @property
    def means(self) -> Means | None:
        """None: without a sandbox nothing is limited."""
        if self.confinement is None:
            return None
        limits = self.confinement.limits
        return Means(memory=limits.memory, disk=limits.disk, threads=self.threads)


def execute(
    submission: Submission, setting: Setting, target: Path, key: str, progress: Callable[[str], None]
) -> Execution:
    """Run every file and bring home what was seen; `target` is the student's result folder. Raises nothing of theirs."""
    began = time.monotonic()
    runs: list[FileRun] = []
    evidence: list[str] = []
    remarks = [*submission.remarks, *submission.problems]
    faults = list(submission.unread)
    broken = False
    untouched = bool(submission.work)
    shutil.rmtree(target / "evidence", ignore_errors=True)
    shutil.rmtree(target / "executed", ignore_errors=True)
    for number, work in enumerate(submission.work, start=1):
        name = work.path.name
        prefix = f"{name}: " if len(submission.work) > 1 else ""
        try:
            notebook, repairs = load_work(work)
        except SubmissionError as error:
            remarks.append(str(error))
            untouched = False
            continue
        remarks += [prefix + repair for repair in repairs]
        if setting.starter is None or not is_untouched(
            notebook, nbformat.read(setting.starter, as_version=4)
        ):
            untouched = False
        executed = (
            "executed.ipynb"
            if len(submission.work) == 1
            else f"executed/{number}-{shortened(Path(name).stem)}.ipynb"
        )
        home = target / "evidence" / str(number)
        if time.monotonic() - began > TOGETHER * setting.profile.total_seconds:
            run, fault, lost = left_out(notebook, work, setting, target / executed), "", False
        else:
            run, fault, lost = run_file(
                notebook, work, submission, setting, target / executed, home, progress
            )
        runs.append(run.model_copy(update={"executed": executed}))
        remarks += [f"{prefix}cell {c.cell}: {c.error}" for c in run.cells if c.status == "ran" and c.error]
        evidence.append(f"evidence/{number}" if (home / "evidence.json").exists() else "")
        broken |= lost
        if fault:
            faults.append(prefix + fault)
    if setting.server is not None and setting.server.remark:
        remarks.append(setting.server.remark)
    return Execution(
        key=key,
        profile=setting.profile,
        images=setting.identity,
        files=tuple(runs),
        evidence=tuple(evidence),
        untouched=untouched,
        remarks=tuple(remarks),
        broken=broken,
        faults=tuple(faults),
        means=setting.means,
        sandbox=setting.confinement.level.sentence if setting.confinement else OFF,
        seconds=round(time.monotonic() - began, 3),
        versions={"nbformat": nbformat.__version__},
    )


def left_out(notebook: nbformat.NotebookNode, work: WorkFile, setting: Setting, executed: Path) -> FileRun:
    """A file whose turn came when the time of all files together was used up."""
    seconds = TOGETHER * setting.profile.total_seconds
    late = f"the {seconds:.0f} s of all files together were used up"
    write_executed(notebook, executed)
    cells = tuple(CellRun(cell=i + 1, status="not_run", error=late) for i in code_cells(notebook))
    return FileRun(file=work.path.name, executed="", seconds=0.0, cells=cells)


def shortened(name: str) -> str:
    """With room for a number and a suffix below the 255 bytes of a file name."""
    return name.encode("utf-8", "replace")[:100].decode("utf-8", "ignore")


def run_file(
    notebook: nbformat.NotebookNode,
    work: WorkFile,
    submission: Submission,
    setting: Setting,
    executed: Path,
    home: Path,
    progress: Callable[[str], None],
) -> tuple[FileRun, str, bool]:
    """One kernel. Returns what became of its cells, what was wrong with what came back ("" if nothing), and whether the
    machine failed it."""
    began = time.monotonic()
    if not code_cells(notebook):
        write_executed(notebook, executed)
        return FileRun(file=work.path.name, executed="", seconds=0.0, cells=()), "", False
    setting.scratch.mkdir(parents=True, exist_ok=True)
    tried, cells, fault = run_twice(notebook, work, submission, setting, home, progress)
    last, dead = cells, list[CellRun]()
    while len(dead) < MOST_DEATHS and time.monotonic() - began < setting.profile.total_seconds / 2:
        fatal = fatal_cell(last, home)
        if fatal is None:
            break
        dead.append(fatal)
        anew = home.with_name(f"{home.name}.again")
        left, last, new_fault = run_twice(without(notebook, dead), work, submission, setting, anew, progress)
        if not as_good(last, cells, anew, home):  # the run before stands
            remove_folder(anew)
            break
        fault = new_fault
        put_back(left, tried, dead)
        remove_folder(home)
        anew.rename(home)
        tried, cells = left, together(last, dead)
    write_executed(tried, executed)
    seconds = round(time.monotonic() - began, 3)
    done = FileRun(file=work.path.name, executed="", seconds=seconds, cells=tuple(cells))
    return done, fault, not cells


def run_twice(
    notebook: nbformat.NotebookNode,
    work: WorkFile,
    submission: Submission,
    setting: Setting,
    home: Path,
    progress: Callable[[str], None],
) -> tuple[nbformat.NotebookNode, list[CellRun], str]:
    """A kernel that cannot be started, or is lost, is a fault of ours or of the machine: once more then. So it may be with
    one that was killed for no known reason: a machine that runs out of memory does so."""
    tried, cells, fault = notebook, list[CellRun](), ""
    for _ in range(2):
        tried = copy.deepcopy(notebook)
        try:
            cells, fault = in_scratch(tried, work, submission, setting, home, progress)
        except Exception as error:
            cells, fault = [], f"the kernel could not be run: {type(error).__name__}: {error}"
        if cells and not any(cell.error == KILLED_UNEXPLAINED for cell in cells):
            break
    return tried, cells, fault


def in_scratch(
    notebook: nbformat.NotebookNode,
    work: WorkFile,
    submission: Submission,
    setting: Setting,
    home: Path,
    progress: Callable[[str], None],
) -> tuple[list[CellRun], str]:
    """Lay out a folder, run a kernel in it, bring the evidence home. Returns the cells, and what was wrong with it."""
    folder = Path(tempfile.mkdtemp(dir=setting.scratch, prefix=f"{submission.slug[:20]}-"))
    mark = new_mark()
    try:
        here = lay_out(work, submission, setting, folder / "work", notebook)
        seen = folder / "evidence"
        seen.mkdir()
        probe = folder / "probe.json"
        probe.write_text(json.dumps(probe_settings(notebook, setting, seen)))
        env = environment(folder / "work", probe, mark, setting.threads, setting.cuda)
        cells = in_kernel(notebook, setting, env, here, folder, progress)
        if setting.server is None:
            end_left_overs(mark)  # nobody writes evidence while it is brought home
        others = disk_used(str(home.parent), but=(str(home),)) if home.parent.is_dir() else 0
        return cells, collect(seen, home, TOTAL - others)
    finally:
        if setting.server is None:
            end_left_overs(mark)
        remove_folder(folder)


def code_cells(notebook: nbformat.NotebookNode) -> list[int]:
    """Positions, from 0, of the cells that hold code."""
    return [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code" and cell.source.strip()]


def write_executed(notebook: nbformat.NotebookNode, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def in_kernel(
    notebook: nbformat.NotebookNode,
    setting: Setting,
    env: dict[str, str],
    here: Path,
    folder: Path,
    progress: Callable[[str], None],
) -> list[CellRun]:
    """Start a kernel, run the cells, end it. Raises whatever keeps a kernel from starting or takes it away."""
    sockets = Path(socket_folder())
    plan = setting.confinement.plan(folder, sockets) if setting.confinement else None
    channels, temporary = sockets / "channels", sockets / "tmp"
    channels.mkdir(exist_ok=True)
    temporary.mkdir(exist_ok=True)
    # not in the scratch folder: sockets of DataLoader's workers lie below, and the path of one holds 107 bytes at most
    env |= {"TMPDIR": "/tmp" if plan and plan.own_root else str(temporary)}
    manager = AsyncKernelManager(
        kernel_spec_manager=Kernels(setting.server, plan),
        kernel_name="grader",
        transport=TRANSPORT,
        ip=f"{channels}/kernel" if TRANSPORT == "ipc" else "127.0.0.1",
        client_class="grader.execution.client.PromptClient",
    )
    manager.connection_file = f"{channels}/connection.json"
    try:
        progress("starting a kernel")
        return asyncio.run(run_cells(notebook, manager, setting.profile, env, str(here), progress))
    finally:
        remove_folder(sockets)


def lay_out(
    work: WorkFile, submission: Submission, setting: Setting, scratch: Path, notebook: nbformat.NotebookNode
) -> Path:
    """Copy the student's files and the course's; returns the folder that the kernel starts in."""
    for path in (*submission.helpers, *(other.path for other in submission.work)):
        copy = scratch / path.relative_to(submission.root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    here = (scratch / work.path.relative_to(submission.root)).parent
    for path in setting.course_files:
        if not (here / path.name).exists():
            shutil.copyfile(path, here / path.name)
    for name in notebook.metadata.get("grader", {}).get("directories", []):
        folder = (here / name).resolve()
        if folder.is_relative_to(scratch.resolve()):
            with suppress(FileExistsError, NotADirectoryError):  # a student's file of that name stays
                folder.mkdir(parents=True, exist_ok=True)
    return here


def probe_settings(notebook: nbformat.NotebookNode, setting: Setting, seen: Path) -> dict[str, object]:
    """What grader/probe/config.py reads."""
    profile = setting.profile
    return {
        "evidence": str(seen),
        "images": dict(setting.images),
        "classes": dict(setting.classes),
        "cells": code_cells(notebook),
        "train_steps": profile.train_steps,
        "train_samples": profile.train_samples,
        "full_runs": profile.full_runs,
        "train_seconds": profile.train_seconds,
        "batch_pixels": profile.batch_pixels,
        "kept_weights": profile.kept_weights,
        "weights": str(setting.weights) if setting.weights else None,
        "later_share": profile.later_share,
        "eval_samples": profile.eval_samples,
        "tiny_batch": profile.tiny_batch,
        "seed": setting.seed,
        "pieces": setting.pieces,
        "roles": setting.roles,
        "threads": setting.threads,
        "script": notebook.metadata.get("grader", {}).get("script"),
        "helper_files": [path.name for path in setting.course_files],
    }
