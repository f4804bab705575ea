"""What a set of layers is called, what it leaves open, and whether it will do beside answers and other hand-ins."""

from dataclasses import dataclass

from grader.execution.sandbox.plan import Layer

OFF = "none: notebooks ran with the rights of the person who graded them (--sandbox=off)"
REMEDY = (
    "Run as root, or allow user namespaces (sysctl user.max_user_namespaces; on Ubuntu also "
    "kernel.apparmor_restrict_unprivileged_userns=0; in a container: --security-opt seccomp=unconfined), or use Linux "
    "with Landlock: 5.13 or newer as root, 6.12 or newer as another user. To run notebooks with your own rights all the "
    "same: --sandbox=off."
)


@dataclass(frozen=True)
class Level:
    """`open`: what a notebook can still do that it should not. `hides`: answers and other hand-ins are out of reach."""

    name: str
    layers: tuple[Layer, ...]
    open: tuple[str, ...]
    hides: bool
    cut_off: bool  # no network
    kept_in: bool  # no signals to the grader and to other kernels

    @property
    def usable(self) -> bool:
        return self.hides and self.cut_off and self.kept_in

    @property
    def sentence(self) -> str:
        """For reports."""
        return f"{self.name}; open: {'; '.join(self.open) if self.open else 'nothing that is known'}"


def level_of(layers: tuple[Layer, ...]) -> Level:
    """Layers are those that were seen to work."""
    namespaces, user, landlock, scopes, seccomp, cgroup = (
        layer in layers for layer in ("namespaces", "user", "landlock", "scopes", "seccomp", "cgroup")
    )
    hides, cut_off, kept_in = namespaces or landlock, namespaces or seccomp, namespaces or user or scopes
    if not hides and not seccomp:
        name = "none"
    elif namespaces:
        name = "own namespaces, another user" if user else "own namespaces"
    elif landlock:
        name = "Landlock, another user" if user else "Landlock"
    else:
        name = "system calls only"
    still: list[str] = []
    if not hides:
        still.append("every file of the machine that the kernel's user may read")
    if not cut_off:
        still.append("the network")
    if not kept_in:
        still.append("the grader's own processes, and those of other notebooks, can be stopped by signals")
    if not namespaces:
        still += [
            "names and sizes of files, and command lines of other processes, can be seen",
            "unix sockets that have a path and let everyone in can be reached",
            "shared memory is the machine's, not limited, and may be left behind",
        ]
        if user or not seccomp:
            still.append("times and notes of files that everybody may write can be set")
        if not scopes:
            still.append("unix sockets without a path can be reached")
        if not user and not seccomp:
            still.append("modes, owners and times of the grader's own files can be changed")
    if not seccomp:
        still.append("system calls are not filtered")
    if not cgroup:
        still.append("memory and processes are counted from time to time instead of being held")
    return Level(name, layers, tuple(still), hides, cut_off, kept_in)
