"""The sandbox of a grading run: which level this machine gives, and the plan of each kernel."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from grader.execution.sandbox.levels import Level, level_of
from grader.execution.sandbox.plan import Layer, Limits, Plan

EVERY_LAYER: tuple[Layer, ...] = ("namespaces", "user", "landlock", "scopes", "seccomp", "cgroup", "limits")
PROBING_SECONDS = 60.0
OURS = Path(__file__).parents[2]  # the package grader
NOT_FOR_KERNELS = ("grader", "assignments", "reference")  # packages of ours: answers, rubric, solutions


@dataclass(frozen=True)
class Confinement:
    """What is the same for every kernel of a run. Paths as in plan.Plan."""

    level: Level
    limits: Limits
    readable: tuple[str, ...]
    hidden: tuple[str, ...]
    gpu: bool

    def plan(self, folder: Path, sockets: Path) -> Plan:
        """For one kernel. `folder`: its scratch folder, `sockets`: that of its channels."""
        return plan_of(self.level.layers, self.limits, self.readable, self.hidden, self.gpu, folder, sockets)


def plan_of(
    layers: tuple[Layer, ...],
    limits: Limits,
    readable: tuple[str, ...],
    hidden: tuple[str, ...],
    gpu: bool,
    folder: Path,
    sockets: Path,
) -> Plan:
    """Makes the folders that the plan names inside `folder` and `sockets`."""
    root, temporary, channels = sockets / "root", sockets / "tmp", sockets / "channels"
    for path in (root, temporary, channels, folder / "evidence"):
        path.mkdir(exist_ok=True)
    return Plan(
        layers=layers,
        readable=(*software(), *readable),
        hidden=(*(str(OURS.parent / name) for name in NOT_FOR_KERNELS), *hidden),
        shown=(str(OURS / "__init__.py"), str(OURS / "probe"), *readable),
        writable=(str(folder), str(channels), str(temporary)),
        disk=(str(folder), str(folder / "evidence"), str(temporary), str(channels)),
        root=str(root),
        temporary=str(temporary),
        devices=nvidia_devices() if gpu else (),
        limits=limits,
        name=f"grade-{os.getpid()}-{folder.name}",
        gpu=gpu,
    )


def software() -> tuple[str, ...]:
    """Folders of the interpreter and of what is installed for it, with the libraries that were asked for."""
    installed = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    libraries = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    wanted = [sys.prefix, sys.base_prefix, *installed, *filter(os.path.isabs, libraries)]
    return tuple(dict.fromkeys(path for path in wanted if Path(path).is_dir()))


def nvidia_devices() -> tuple[str, ...]:
    """All of them: CUDA_VISIBLE_DEVICES counts those that are there, so one that is hidden renumbers the others."""
    return tuple(sorted(str(path) for path in Path("/dev").glob("nvidia*")))


def confinement_here(
    limits: Limits, readable: Iterable[Path], hidden: Iterable[Path], gpu: bool
) -> Confinement:
    """The best that this machine allows, seen to work a moment ago."""
    shown = tuple(str(path) for path in readable)
    kept = tuple(str(path.resolve()) for path in hidden)
    layers: tuple[Layer, ...] = ()
    if sys.platform == "linux":
        folder, sockets = (Path(tempfile.mkdtemp(prefix=f"grade-{os.getpid()}-")) for _ in range(2))
        try:
            plan = plan_of(EVERY_LAYER, limits, shown, kept, gpu, folder, sockets)
            layers = probed(plan)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            shutil.rmtree(sockets, ignore_errors=True)
    return Confinement(level_of(layers), limits, shown, kept, gpu)


def probed(plan: Plan) -> tuple[Layer, ...]:
    """Layers that hold; none if they cannot be tried."""
    ran = subprocess.run(
        [sys.executable, "-P", "-m", "grader.execution.sandbox.probing"],
        input=json.dumps(plan.as_json()),
        capture_output=True,
        text=True,
        timeout=PROBING_SECONDS,
        check=False,
    )
    try:
        found = json.loads(ran.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return ()
    return tuple(layer for layer in EVERY_LAYER if layer in found)
