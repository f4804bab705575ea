"""Who owns the kernel process: jupyter_client's seam for it. nbclient stays as it is.

A kernel is forked by the fork server (execution/warm.py). Where there is none (not Linux) it is started cold, as an ordinary
process of its own session.
"""

import asyncio
import os
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Any as AnyTrait

from grader import BEING_GRADED
from grader.execution.fate import Fate
from grader.execution.sandbox.cgroups import remove_left_overs
from grader.execution.sandbox.plan import Plan
from grader.execution.warm import ForkServer

# glibc otherwise returns each large tensor to the system and asks for it again at the next step: 10 % of this lab's training
# time on 1 thread, 23 % on 2 (0.196 -> 0.177 and 0.120 -> 0.092 s a step of 128 images). Other systems ignore the variables.
KEEP_MEMORY = {
    "MALLOC_TRIM_THRESHOLD_": str(2**32 - 1),
    "MALLOC_MMAP_THRESHOLD_": str(2**25),  # the largest that glibc takes
    "MALLOC_TOP_PAD_": str(2**26),
}
# OpenMP's threads wait for each other in a busy loop, and longer than they work where another process has their core: beside
# an evaluation a step on 2 threads took 0.30 s, with this 0.21 s (0.11 s alone, with it or without).
SHORT_SPIN = {"GOMP_SPINCOUNT": "1000"}
MARK = BEING_GRADED  # left-over processes are recognised by it
HISTORY = (
    "--HistoryManager.hist_file=:memory:"  # no database in the scratch folder, which a notebook may delete
)
PASSED_ON = ("LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "SYSTEMROOT", "VIRTUAL_ENV")


COMMAND = (sys.executable, "-P", "-m", "grader.probe")
CHANNELS = ("shell", "iopub", "stdin", "control", "hb")
POLL_SECONDS = 0.002
LISTENING_SECONDS = 10.0
LONGEST_HOME = (
    40  # bytes; "/grade-4194304-abcdefgh/channels/kernel-65535" and the sockets of loaders come after it
)
KILL_SECONDS = 3.0  # for a kernel that was killed to be gone


class GraderProvisioner(LocalProvisioner):
    """Has a watched kernel forked, or starts it; ends it and, when it has ended, everything that it left running."""

    server = AnyTrait(None, allow_none=True)  # ForkServer | None
    plan = AnyTrait(None, allow_none=True)  # sandbox.plan.Plan | None
    mark: str | None = None
    ended: Fate | None = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        self.mark = kwargs["env"].get(MARK)
        if self.server is None:
            return await super().launch_kernel(cmd, **kwargs)
        order = {
            "arguments": cmd[len(COMMAND) :],
            "environment": kwargs["env"],
            "folder": kwargs["cwd"],
            "plan": self.plan.as_json() if self.plan else None,
            "log": str(Path(kwargs["env"]["GRADER_PROBE"]).with_name("kernel.log")),
        }
        self.process: Any = self.server.launch(order)
        self.pid = self.process.pid
        await self._listening()
        return self.connection_info

    async def _listening(self) -> None:
        """Until the kernel listens, or dies: who connects too early tries again only after 0.1 s."""
        info: Any = self.connection_info
        channels = [Path(f"{info['ip']}-{info[name + '_port']}") for name in CHANNELS]
        deadline = time.monotonic() + LISTENING_SECONDS
        while not all(path.exists() for path in channels) and time.monotonic() < deadline:
            if await self.poll() is not None:
                return
            await asyncio.sleep(POLL_SECONDS)

    async def kill(self, restart: bool = False) -> None:
        """Returns when the kernel is gone, or after KILL_SECONDS: jupyter_client would look only every 0.1 s."""
        await super().kill(restart)
        deadline = time.monotonic() + KILL_SECONDS
        while await self.poll() is None and time.monotonic() < deadline:
            await asyncio.sleep(POLL_SECONDS)

    async def poll(self) -> int | None:
        code = await super().poll()
        if code is not None and self.process:
            self.ended = getattr(self.process, "fate", None) or Fate(code)
        return code

    async def cleanup(self, restart: bool = False) -> None:
        await super().cleanup(restart)
        if self.mark and self.server is None and not restart:
            end_left_overs(self.mark)


def end_left_overs(mark: str) -> int:
    """Kill every process that carries this mark in its environment; returns how many there were."""
    return end_processes(lambda found: found == mark)


def end_all_kernels(run: int | None = None) -> int:
    """Kill the kernels of a run, given by its process id (None: this one), and what they started."""
    return end_processes(lambda found: found.startswith(f"{run or os.getpid()}-"))


def socket_folder() -> str:
    """A new folder with a short name: the path of a socket holds 107 bytes at most."""
    return tempfile.mkdtemp(prefix=f"grade-{os.getpid()}-", dir=short_home())


def short_home() -> Path:
    """The folder for temporary files, or /tmp where that is too long for sockets below it: a kernel would never answer."""
    home, usual = Path(tempfile.gettempdir()), Path("/tmp")
    return usual if len(os.fsencode(home)) > LONGEST_HOME and os.access(usual, os.W_OK | os.X_OK) else home


def clear_after(run: int) -> None:
    """End and remove what a run that was killed left behind, outside its scratch folder."""
    end_all_kernels(run)
    remove_left_overs(run)
    for home in {Path(tempfile.gettempdir()), short_home()}:
        for folder in home.glob(f"grade-{run}-*"):
            shutil.rmtree(folder, ignore_errors=True)


def new_mark() -> str:
    return f"{os.getpid()}-{uuid.uuid4().hex}"


def end_processes(ours: Callable[[str], bool]) -> int:
    ended = 0
    for process in psutil.process_iter():
        try:
            mark = process.environ().get(MARK)
            if mark is not None and ours(mark) and process.pid != os.getpid():
                process.kill()
                ended += 1
        except (psutil.Error, OSError):
            continue
    return ended


class Kernels(KernelSpecManager):
    """The one kernel we start, whatever the notebook's metadata asks for."""

    def __init__(self, server: ForkServer | None, plan: Plan | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.server, self.plan = server, plan

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        config = {"server": self.server, "plan": self.plan}
        provisioner = {"provisioner_name": "grader-provisioner", "config": config}
        return KernelSpec(
            argv=[*COMMAND, "-f", "{connection_file}", HISTORY],
            display_name="watched Python",
            language="python",
            metadata={"kernel_provisioner": provisioner},
        )


def environment(scratch: Path, probe: Path, mark: str, threads: int, cuda: str | None) -> dict[str, str]:
    """What the kernel sees: a home of its own, no secrets of the grader's."""
    home = str(scratch)
    return process_environment(threads, mark) | {
        "HOME": home,
        "USER": "student",
        "IPYTHONDIR": str(scratch / ".ipython"),
        "MPLCONFIGDIR": str(probe.parent / "matplotlib"),
        "CUDA_VISIBLE_DEVICES": "" if cuda is None else cuda,
        "GRADER_PROBE": str(probe),
    }


def process_environment(threads: int, mark: str) -> dict[str, str]:
    """What C libraries read when a process starts or when they are loaded: a forked kernel has it from its server."""
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return (
        passed
        | KEEP_MEMORY
        | SHORT_SPIN
        | {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            "PYTHONUNBUFFERED": "1",
            "OMP_NUM_THREADS": str(threads),
            "MKL_NUM_THREADS": str(threads),
            MARK: mark,
        }
    )


def server_environment(threads: int, scratch: Path) -> dict[str, str]:
    """The fork server's. MPLBACKEND as grader/probe/kernel.py sets it: matplotlib reads it when it is imported."""
    return (
        process_environment(threads, new_mark())
        | {
            "HOME": str(scratch),
            "TMPDIR": str(scratch),
            "MPLCONFIGDIR": os.environ.get("MPLCONFIGDIR", str(scratch / "matplotlib")),
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "PYTORCH_NVML_BASED_CUDA_CHECK": "1",  # torch.cuda.is_available() would call cuInit, which no fork survives
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # ipykernel's debugger complains otherwise
        }
    )
