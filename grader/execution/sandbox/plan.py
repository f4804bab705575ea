"""What a kernel may see and use. Made in the grader, sent to the fork server as JSON, carried out by confine.py."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Layer = Literal["namespaces", "user", "landlock", "scopes", "seccomp", "cgroup", "limits"]


@dataclass(frozen=True)
class Limits:
    """Of one kernel with everything that it starts. Bytes, seconds, counts."""

    memory: int
    cpu_seconds: int  # of one process, all its threads together
    disk: int  # of the scratch folder; as much again for the evidence
    file_size: int = 2 * 10**9
    processes: int = 512  # and threads
    open_files: int = 4096


@dataclass(frozen=True)
class Plan:
    """Paths are absolute. A path that does not exist is left out."""

    layers: tuple[Layer, ...]
    readable: tuple[str, ...]  # with everything below
    hidden: tuple[str, ...]  # below readable ones, and yet not to be seen
    shown: tuple[str, ...]  # below hidden ones, and yet readable
    writable: tuple[str, ...]  # the kernel's own folders
    disk: tuple[str, ...]  # folders that are each held to limits.disk
    root: str  # an empty folder on which the kernel's own root is mounted
    temporary: str  # a folder of the kernel's own that it sees as /tmp
    devices: tuple[str, ...]  # beside null, zero, random and the like
    limits: Limits
    name: str  # of the control group
    user: int | None = None  # the kernel's user id; None: the grader's
    gpu: bool = False  # CUDA reserves far more address space than memory: no limit on it

    @property
    def own_root(self) -> bool:
        """The kernel sees a file system of its own, `temporary` as /tmp."""
        return "namespaces" in self.layers

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def plan_from(data: dict[str, Any]) -> Plan:
    """The plan that `as_json` was made from, after its way through JSON."""
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in data.items()
    }
    return Plan(**(given | {"limits": Limits(**data["limits"])}))
