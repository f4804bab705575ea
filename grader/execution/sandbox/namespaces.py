"""Own process, network, IPC, host-name and mount namespaces, with a root that holds only what the plan lists.

user_namespaces(7), pid_namespaces(7), pivot_root(2), mount_setattr(2). As an ordinary user everything happens inside a user
namespace of one's own; in a container the kernel may refuse that, which probing.py finds out.
"""

import ctypes
import os
from pathlib import Path

from grader.execution.linux import checked, libc, syscall
from grader.execution.sandbox.plan import Plan

NEW_MOUNTS, NEW_HOST_NAME, NEW_IPC = 0x20000, 0x4000000, 0x8000000
NEW_USER, NEW_PIDS, NEW_NETWORK = 0x10000000, 0x20000000, 0x40000000
READ_ONLY, NO_SETUID, NO_DEVICES, NO_EXEC = 1, 2, 4, 8  # the same for mount(2) and mount_setattr(2)
BIND, RECURSIVE, PRIVATE = 0x1000, 0x4000, 1 << 18
SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
SYS_MOUNT_SETATTR = {"x86_64": 442, "aarch64": 442}
AT_FDCWD, AT_RECURSIVE, MNT_DETACH = -100, 0x8000, 2
SYSTEM_FOLDERS = (
    "usr",
    "bin",
    "sbin",
    "lib",
    "lib32",
    "lib64",
)  # of the root: the later ones are links into usr on most systems
ETC = (
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "fonts",
    "alternatives",
    "mime.types",
    "nsswitch.conf",
)
NODES = ("null", "zero", "full", "random", "urandom")
SYSTEM = "/sys/devices/system"  # how many cores there are: torch and OpenMP look it up


def enter_pids() -> None:
    """Children of this process, from the next one on, live in a process namespace of their own. Raises OSError."""
    user, group = os.geteuid(), os.getegid()
    checked(libc.unshare(NEW_PIDS | (0 if user == 0 else NEW_USER)), "unshare")
    if user != 0:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def enter_root(plan: Plan) -> None:
    """The first process of the new process namespace leaves the machine's file system and network. Raises OSError."""
    checked(libc.unshare(NEW_MOUNTS | NEW_IPC | NEW_HOST_NAME | NEW_NETWORK), "unshare")
    mount("", "/", flags=PRIVATE | RECURSIVE)
    new = plan.root
    mount("tmpfs", new, "tmpfs", NO_SETUID | NO_DEVICES, "size=8m,mode=755")
    for name in SYSTEM_FOLDERS:
        if Path("/", name).is_symlink():
            Path(new, name).symlink_to(Path("/", name).readlink())
        elif Path("/", name).is_dir():
            bind(new, f"/{name}")
    etc(new, os.getuid() if plan.user is None else plan.user)
    Path(new, "tmp").mkdir()
    bind(new, plan.temporary, "/tmp", writable=True)
    mount_system(new, plan)
    for path in sorted({*plan.readable, *map(os.path.realpath, plan.readable)}, key=len):
        bind(new, path)
    for path in plan.hidden:
        cover(new, path)
    for path in plan.shown:
        bind(new, path)
    for path in plan.writable:
        bind(new, path, writable=True)
    change_root(new)


def mount_system(new: str, plan: Plan) -> None:
    """/proc of the new process namespace, a small /dev, shared memory that ends with the kernel, terminals."""
    Path(new, "proc").mkdir()
    mount("proc", f"{new}/proc", "proc", NO_SETUID | NO_DEVICES | NO_EXEC)
    bind(new, SYSTEM)
    for node in (*(f"/dev/{name}" for name in NODES), *plan.devices):
        bind(new, node, writable=True, devices=True)
    for folder in ("dev/shm", "dev/pts"):
        Path(new, folder).mkdir(parents=True, exist_ok=True)
    shared = f"size={plan.limits.memory // 2},mode=1777"
    mount("tmpfs", f"{new}/dev/shm", "tmpfs", NO_SETUID | NO_DEVICES, shared)
    mount("devpts", f"{new}/dev/pts", "devpts", NO_SETUID | NO_EXEC, "newinstance,ptmxmode=0666,mode=0620")
    for name, target in (("ptmx", "pts/ptmx"), ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"),
                         ("stdout", "/proc/self/fd/1"), ("stderr", "/proc/self/fd/2")):  # fmt: skip
        Path(new, "dev", name).symlink_to(target)


def etc(new: str, user: int) -> None:
    """What libraries look up, and a list of users that names nobody."""
    Path(new, "etc").mkdir()
    for name in ETC:
        bind(new, f"/etc/{name}")
    Path(new, "etc/passwd").write_text(f"student:x:{user}:{user}::/tmp:/bin/sh\n")
    Path(new, "etc/group").write_text(f"student:x:{user}:\n")
    Path(new, "etc/hosts").write_text("127.0.0.1 localhost\n")


def bind(new: str, source: str, target: str = "", *, writable: bool = False, devices: bool = False) -> None:
    """Show `source` in the new root, at its own path or at `target`; nothing if it is not there, or is already shown."""
    place = Path(new + (target or source))
    there = Path(source)
    shown = (
        not writable and not target and place.exists() and place.samefile(there)
    )  # below a folder that is bound
    if shown or not there.exists():
        return
    if there.is_dir():
        place.mkdir(parents=True, exist_ok=True)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch(exist_ok=True)
    mount(str(there.resolve()), str(place), flags=BIND | (0 if writable else RECURSIVE))
    set_attributes(
        str(place), (0 if writable else READ_ONLY) | NO_SETUID | (0 if devices else NO_DEVICES), not writable
    )


def cover(new: str, path: str) -> None:
    """An empty folder, or an empty file, in the place of one that must not be seen."""
    place = Path(new + str(Path(path).resolve()))
    if place.is_dir():
        mount("tmpfs", str(place), "tmpfs", NO_SETUID | NO_DEVICES, "size=1m,mode=755")
    elif place.exists():
        mount("/dev/null", str(place), flags=BIND)


def change_root(new: str) -> None:
    """The machine's own root is detached: nothing leads back to it."""
    os.chdir(new)
    Path("old").mkdir()
    machine = os.uname().machine
    checked(syscall(SYS_PIVOT_ROOT[machine], b".", b"old"), "pivot_root")
    os.chroot(".")
    os.chdir("/")
    checked(libc.umount2(b"/old", MNT_DETACH), "umount")
    Path("/old").rmdir()
    set_attributes("/", READ_ONLY, recursive=False)


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """mount(2); raises OSError that names the target."""
    texts = [text.encode() if text else None for text in (source, target, kind, data)]
    result = libc.mount(texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3])
    checked(result, f"mount {target}")


def set_attributes(path: str, attributes: int, recursive: bool) -> None:
    """mount_setattr(2); raises OSError that names the path."""
    asked = (ctypes.c_uint64 * 4)(attributes, 0, 0, 0)
    flags = AT_RECURSIVE if recursive else 0
    number = SYS_MOUNT_SETATTR[os.uname().machine]
    checked(syscall(number, AT_FDCWD, path.encode(), flags, ctypes.byref(asked), 32), f"mount_setattr {path}")
