"""Who owns the kernel process: jupyter_client's seam for it. nbclient stays as it is.

Today every kernel is started cold, as an ordinary process of its own session and with a reduced environment. Warm, forked
and sandboxed kernels take this place without a change elsewhere.
"""

import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

SANDBOX = "none: the notebook ran with the rights of the person who graded it"
# glibc otherwise returns each large tensor to the system and asks for it again at the next step: 10 % of this lab's training
# time on 1 thread, 23 % on 2 (0.196 -> 0.177 and 0.120 -> 0.092 s a step of 128 images). Other systems ignore the variables.
KEEP_MEMORY = {
    "MALLOC_TRIM_THRESHOLD_": str(2**32 - 1),
    "MALLOC_MMAP_THRESHOLD_": str(2**25),  # the largest that glibc takes
    "MALLOC_TOP_PAD_": str(2**26),
}
MARK = "GRADER_KERNEL"  # environment variable by which left-over processes are recognised
HISTORY = (
    "--HistoryManager.hist_file=:memory:"  # no database in the scratch folder, which a notebook may delete
)
PASSED_ON = ("LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "SYSTEMROOT", "VIRTUAL_ENV")


class GraderProvisioner(LocalProvisioner):
    """Starts a watched kernel and, when it has ended, everything that it left running."""

    mark: str | None = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        self.mark = kwargs.get("env", {}).get(MARK)
        return await super().launch_kernel(cmd, **kwargs)

    async def cleanup(self, restart: bool = False) -> None:
        await super().cleanup(restart)
        if self.mark and not restart:
            end_left_overs(self.mark)


def end_left_overs(mark: str) -> int:
    """Kill every process that carries this mark in its environment; returns how many there were."""
    return end_processes(lambda found: found == mark)


def end_all_kernels(run: int | None = None) -> int:
    """Kill the kernels of a run, given by its process id (None: this one), and what they started."""
    return end_processes(lambda found: found.startswith(f"{run or os.getpid()}-"))


def socket_folder() -> str:
    """A new folder with a short name: the path of a socket holds 107 bytes at most."""
    return tempfile.mkdtemp(prefix=f"grade-{os.getpid()}-")


def clear_after(run: int) -> None:
    """End and remove what a run that was killed left behind, outside its scratch folder."""
    end_all_kernels(run)
    for folder in Path(tempfile.gettempdir()).glob(f"grade-{run}-*"):
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

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(
            argv=[sys.executable, "-P", "-m", "grader.probe", "-f", "{connection_file}", HISTORY],
            display_name="watched Python",
            language="python",
            metadata={"kernel_provisioner": {"provisioner_name": "grader-provisioner"}},
        )


def environment(scratch: Path, probe: Path, mark: str, threads: int, cuda: str | None) -> dict[str, str]:
    """What the kernel sees: a home of its own, no secrets of the grader's."""
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    home = str(scratch)
    return (
        passed
        | KEEP_MEMORY
        | {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            "HOME": home,
            "TMPDIR": home,
            "IPYTHONDIR": str(scratch / ".ipython"),
            "MPLCONFIGDIR": os.environ.get("MPLCONFIGDIR", str(probe.parent / "matplotlib")),
            "PYTHONUNBUFFERED": "1",
            "OMP_NUM_THREADS": str(threads),
            "MKL_NUM_THREADS": str(threads),
            "CUDA_VISIBLE_DEVICES": "" if cuda is None else cuda,
            "GRADER_PROBE": str(probe),
            MARK: mark,
        }
    )
