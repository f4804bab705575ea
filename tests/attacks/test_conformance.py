"""One suite for every level of the sandbox: what a level does not name as open is closed.

Network attacks aim at listeners of the test itself, signals are signal 0, and files are the test's own.
"""

import ctypes
import mmap
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from grader.execution.linux import libc, syscall
from grader.execution.sandbox import disk, watch
from tests.attacks.cage import LEVELS, LIMITS, PLAIN_USER, Cage, cage

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's"),
    pytest.mark.timeout(120),
]
MEGABYTE = 10**6
GRADER = os.getpid()


@pytest.fixture(scope="module", params=list(LEVELS))
def caged(request: pytest.FixtureRequest) -> Iterator[Cage]:
    with cage(request.param) as made:
        yield made


def got(attempt: Callable[[], object]) -> str:
    """ "" if it was refused, else what came of it."""
    try:
        return f"got {attempt()!r}"[:200]
    except (OSError, MemoryError):
        return ""


MACHINES = ("x86_64", "aarch64")
needs_numbers = pytest.mark.skipif(os.uname().machine not in MACHINES, reason="no numbers of system calls")


def here(numbers: tuple[int | None, ...]) -> int | None:
    """The number of a system call on this machine; None if it has none."""
    return dict(zip(MACHINES, numbers, strict=True)).get(os.uname().machine)


def call(number: int | None, *arguments: object) -> str:
    """A system call by its number; "" if it was refused."""
    return "" if syscall(number, *arguments) < 0 else "went through"


def send_to(family: int, kind: int, address: object) -> str:
    def attempt() -> object:
        with socket.socket(family, kind) as tried:
            tried.settimeout(1)
            tried.connect(address)
            return tried.send(b"labels")

    return got(attempt)


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM], ids=["tcp", "udp"])
def test_no_network(caged: Cage, kind: int) -> None:
    with socket.socket(socket.AF_INET, kind) as listener:
        listener.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            listener.listen()
        address = listener.getsockname()
        assert caged.run(lambda: send_to(socket.AF_INET, kind, address))[0] == ""


def test_an_abstract_socket_is_out_of_reach_or_named_as_open(caged: Cage) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"\0grader-attack-{GRADER}")
        listener.listen()
        address = listener.getsockname()
        said = caged.run(lambda: send_to(socket.AF_UNIX, socket.SOCK_STREAM, address))[0]
    assert said == "" or any("without a path" in still for still in caged.level.open)


def test_a_socket_with_a_path_is_out_of_reach_or_named_as_open(caged: Cage) -> None:
    path = str(caged.outside / "socket")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        Path(path).chmod(0o777)
        said = caged.run(lambda: send_to(socket.AF_UNIX, socket.SOCK_STREAM, path))[0]
    Path(path).unlink()
    assert said == "" or any("unix sockets" in still for still in caged.level.open)


@pytest.mark.parametrize("family", [socket.AF_INET6, 16, 17], ids=["inet6", "netlink", "packet"])
def test_no_other_kind_of_socket(caged: Cage, family: int) -> None:
    assert caged.run(lambda: got(lambda: socket.socket(family, socket.SOCK_DGRAM).fileno()))[0] == ""


def test_no_foreign_file_is_read(caged: Cage) -> None:
    secret = caged.outside / "secret"
    assert secret.read_text() == "labels"
    assert caged.run(lambda: got(secret.read_text) + got(lambda: list(caged.outside.iterdir())))[0] == ""


def test_no_foreign_file_is_written(caged: Cage) -> None:
    target = caged.outside / "forged.json"
    attempts = [
        lambda: target.write_text("{}"),
        lambda: (caged.outside / "secret").unlink(),
        lambda: (caged.outside / "link").symlink_to("/etc/passwd"),
        lambda: os.link(caged.outside / "secret", caged.outside / "hard"),
    ]
    assert caged.run(lambda: "".join(got(one) for one in attempts))[0] == ""
    assert sorted(path.name for path in caged.outside.iterdir()) == ["secret"]


def test_no_file_that_everybody_may_write_is_emptied_or_replaced(caged: Cage) -> None:
    common = caged.outside / "common"
    common.write_text("labels")
    common.chmod(0o666)
    attempts = [
        lambda: os.truncate(common, 0),
        lambda: common.write_text(""),
        lambda: os.open(common, os.O_RDONLY | os.O_TRUNC),
        lambda: Path(caged.plan.writable[0], "log").rename(common),
    ]
    said = caged.run(lambda: "".join(got(one) for one in attempts))[0]
    left = common.read_text()
    common.unlink()
    assert (said, left) == ("", "labels")


def test_its_own_files_are_emptied(caged: Cage) -> None:
    own = Path(caged.plan.writable[0], "emptied")

    def attack() -> int:
        own.write_text("x")
        with own.open("r+") as file:
            file.truncate(0)
        return own.stat().st_size

    assert caged.run(attack)[0] == 0


FOR_ALL = b"\x02\0\0\0" + b"".join(  # owner, group, mask, others: read and write
    struct.pack("<HHI", tag, 6, 0xFFFFFFFF) for tag in (0x01, 0x04, 0x10, 0x20)
)


def marks(path: Path) -> tuple[int, ...]:
    """Mode, owners and times; the last one changes with each of them."""
    found = path.stat()
    return found.st_mode, found.st_uid, found.st_gid, found.st_mtime_ns, found.st_ctime_ns


@pytest.mark.parametrize(
    "attempt",
    [
        lambda path: path.chmod(0o666),
        lambda path: os.chown(path, -1, PLAIN_USER),
        lambda path: os.utime(path, (1, 1)),
        lambda path: os.setxattr(path, "system.posix_acl_access", FOR_ALL),
        lambda path: os.setxattr(path, "user.note", b"1"),
    ],
    ids=["mode", "owner", "times", "list of access", "note"],
)
def test_no_mark_is_set_on_a_foreign_file(caged: Cage, attempt: Callable[[Path], object]) -> None:
    secret = caged.outside / "secret"
    before = marks(secret)
    caged.run(lambda: got(lambda: attempt(secret)))
    assert marks(secret) == before


@pytest.mark.parametrize(
    "attempt",
    [
        lambda file: os.fchmod(file, 0o666),
        lambda file: os.fchown(file, -1, PLAIN_USER),
        lambda file: os.utime(file, (1, 1)),
        lambda file: Path(f"/proc/self/fd/{file}").chmod(0o666),
    ],
    ids=["mode", "owner", "times", "mode by its link"],
)
def test_no_mark_is_set_on_a_file_that_may_be_read(caged: Cage, attempt: Callable[[int], object]) -> None:
    secret = caged.outside / "secret"
    reads = replace(caged, plan=replace(caged.plan, readable=(str(caged.outside),)))
    before = marks(secret)

    def attack() -> str:
        file = os.open(secret, os.O_RDONLY)
        got(lambda: attempt(file))
        return os.read(file, 6).decode()

    assert reads.run(attack)[0] == "labels"
    assert marks(secret) == before


def test_a_file_that_may_be_read_shows_nothing_beside_it(caged: Cage) -> None:
    secret, shown = caged.outside / "secret", caged.outside / "weights.pth"
    shown.write_text("weights")
    shown.chmod(0o644)
    reads = replace(caged, plan=replace(caged.plan, readable=(str(shown),)))
    said = reads.run(lambda: [shown.read_text(), got(secret.read_text), got(lambda: shown.write_text("x"))])[
        0
    ]
    shown.unlink()
    assert said == ["weights", "", ""]


AT_HERE = -100  # AT_FDCWD
MARKS_BY_NUMBER = {  # name: (x86_64, aarch64), what comes before and after the path
    "chmod": ((90, None), (), (0o666,)),
    "fchmodat": ((268, 53), (AT_HERE,), (0o666,)),
    "fchmodat2": ((452, 452), (AT_HERE,), (0o666, 0)),
    "chown": ((92, None), (), (-1, PLAIN_USER)),
    "lchown": ((94, None), (), (-1, PLAIN_USER)),
    "fchownat": ((260, 54), (AT_HERE,), (-1, PLAIN_USER, 0)),
    "utime": ((132, None), (), (None,)),
    "utimes": ((235, None), (), (None,)),
    "futimesat": ((261, None), (AT_HERE,), (None,)),
    "utimensat": ((280, 88), (AT_HERE,), (None, 0)),
}


@needs_numbers
@pytest.mark.parametrize("name", [name for name, (numbers, *_) in MARKS_BY_NUMBER.items() if here(numbers)])
def test_no_call_sets_a_mark_on_a_foreign_file(caged: Cage, name: str) -> None:
    numbers, head, tail = MARKS_BY_NUMBER[name]
    secret = caged.outside / "secret"
    before = marks(secret)
    caged.run(lambda: call(here(numbers), *head, str(secret).encode(), *tail))
    assert marks(secret) == before


def test_its_own_files_are_copied_with_their_marks(caged: Cage) -> None:
    own = Path(caged.plan.writable[0])

    def attack() -> str:
        (own / "from").write_text("x")
        return Path(shutil.copy2(own / "from", own / "to")).read_text()

    assert caged.run(attack)[0] == "x"


def test_its_own_files_are_made_by_touching_them(caged: Cage) -> None:
    own = Path(caged.plan.writable[0])

    def attack() -> list[object]:
        (own / "new").touch()
        (own / "new").touch()
        shell = subprocess.run(["touch", str(own / "by a shell")], check=False).returncode
        return [(own / "new").exists(), (own / "by a shell").exists(), shell]

    assert caged.run(attack)[0] == [True, True, 0]


def test_nothing_of_the_system_is_written(caged: Cage) -> None:
    names = [
        f"/{folder}/grader-attack"
        for folder in ("", "etc", "usr", "usr/bin", "root", "var/tmp", "proc", "sys")
    ]
    assert caged.run(lambda: "".join(got(lambda n=name: Path(n).write_text("x")) for name in names))[0] == ""


def test_its_own_folder_is_written(caged: Cage) -> None:
    own = Path(caged.plan.writable[0], "evidence", "evidence.json")
    assert caged.run(lambda: got(lambda: own.write_text("{}")))[0] == "got 2"
    assert own.read_text() == "{}"


@pytest.mark.parametrize("name", ["environ", "mem", "maps", "fd", "cwd", "root"])
def test_the_grader_is_not_read(caged: Cage, name: str) -> None:
    path = Path(f"/proc/{GRADER}/{name}")

    def attempt() -> object:
        return (
            [str(one) for one in path.iterdir()] if name in ("fd", "cwd", "root") else path.open("rb").read(1)
        )

    assert caged.run(lambda: got(attempt))[0] == ""


def test_the_grader_gets_no_signal(caged: Cage) -> None:
    assert caged.run(lambda: got(lambda: os.kill(GRADER, 0)))[0] == ""


REFUSED_BY_NUMBER = {  # name: (x86_64, aarch64), arguments
    "ptrace": ((101, 117), (0, 0, 0, 0)),
    "process_vm_readv": ((310, 270), (GRADER, None, 0, None, 0, 0)),
    "bpf": ((321, 280), (0, None, 0)),
    "keyctl": ((250, 219), (0, 0, 0)),
    "io_uring_setup": ((425, 425), (1, ctypes.create_string_buffer(200))),
    "userfaultfd": ((323, 282), (0,)),
    "perf_event_open": ((298, 241), (ctypes.create_string_buffer(200), 0, -1, -1, 0)),
    "unshare": ((272, 97), (0x10000000,)),
    "clone into a new user namespace": ((56, 220), (0x10000000 | 17, 0, 0, 0, 0)),
    "clone3": ((435, 435), (ctypes.create_string_buffer(88), 88)),
    "pidfd_getfd": ((438, 438), (0, 0, 0)),
    "the same under x32 numbers": ((0x40000000 | 101, None), (0, 0, 0, 0)),
}


@needs_numbers
@pytest.mark.parametrize(
    "name", [name for name, (numbers, _) in REFUSED_BY_NUMBER.items() if here(numbers) is not None]
)
def test_no_such_call(caged: Cage, name: str) -> None:
    numbers, arguments = REFUSED_BY_NUMBER[name]
    assert caged.run(lambda: call(here(numbers), *arguments))[0] == ""


def test_no_privilege_is_gained(caged: Cage) -> None:
    attempts = [
        lambda: os.setuid(0),
        lambda: os.setgid(0),
        lambda: os.setgroups([0]),
        lambda: os.chroot("/"),
        lambda: os.nice(-5),
        lambda: os.mknod(Path(caged.plan.writable[0], "disk"), 0o60600, os.makedev(8, 0)),
    ]

    def attack() -> str:
        mounted = libc.mount(b"tmpfs", b"/tmp", b"tmpfs", ctypes.c_ulong(0), None)
        return "".join(got(one) for one in attempts) + ("" if mounted else "mounted")

    assert caged.run(attack)[0] == ""


def test_one_allocation_beyond_the_limit_is_refused(caged: Cage) -> None:
    size = 8 * LIMITS.memory
    said, fate = caged.run(
        lambda: got(lambda: len(mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)))
    )
    assert (said, fate.code) == ("", 0)


def fill_shared_memory(size: int) -> None:
    memory = mmap.mmap(-1, size)
    for _ in range(size // MEGABYTE):
        memory.write(bytes(MEGABYTE))
    time.sleep(5)  # a watch looks from time to time


def test_memory_beyond_the_limit_ends_the_kernel_and_is_said(caged: Cage) -> None:
    limits = replace(LIMITS, file_size=2 * LIMITS.memory)
    said, fate = caged.run(lambda: fill_shared_memory(LIMITS.memory + 150 * MEGABYTE), limits)
    assert said is None
    assert fate.in_words() == "it ran out of memory (limit 300 MB)"


def fork_many(most: int) -> int:
    """How many children could be started; they wait, and end with their sandbox."""
    for count in range(most):
        try:
            if os.fork() == 0:
                time.sleep(20)
                os._exit(0)
        except OSError:
            return count
    return most


def test_a_fork_bomb_is_bounded_and_nothing_is_left(caged: Cage) -> None:
    read, write = os.pipe()
    said, fate = caged.run(lambda: fork_many(3 * LIMITS.processes))
    os.close(write)
    left = os.read(read, 1)  # every process below holds the other end
    os.close(read)
    assert isinstance(said, int)
    assert said <= LIMITS.processes
    assert left == b"", fate


def test_a_file_beyond_the_limit_is_refused(caged: Cage) -> None:
    path = Path(caged.plan.writable[0], "big")
    said, _ = caged.run(lambda: got(lambda: path.write_bytes(bytes(LIMITS.file_size + MEGABYTE))))
    assert said == ""
    assert path.stat().st_size <= LIMITS.file_size
    path.unlink()


def test_a_full_disk_ends_the_kernel_and_is_said(caged: Cage) -> None:
    folder = Path(caged.plan.writable[0])

    def attack() -> None:
        for number in range(5):
            (folder / f"part{number}").write_bytes(bytes(15 * MEGABYTE))
        time.sleep(20)

    said, fate = caged.run(attack)
    for path in folder.glob("part*"):
        path.unlink()
    assert said is None
    assert fate.in_words() == "its files took more than 60 MB"


def hide_files(folder: Path, count: int) -> None:
    """Files without a name, on their way through a socket that nobody reads: no process holds them open."""
    left, right = socket.socketpair()
    for number in range(count):
        path = folder / f"hidden{number}"
        with path.open("wb") as file:
            file.write(bytes(15 * MEGABYTE))
            path.unlink()
            socket.send_fds(left, [b"x"], [file.fileno()])
    time.sleep(20)
    right.close()


def test_hidden_files_end_the_kernel_when_the_disk_gets_full(
    caged: Cage, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(caged.plan.writable[0])
    monkeypatch.setattr(watch, "LITTLE", 2**60)
    monkeypatch.setattr(watch, "NEARLY_NONE", 0)
    said, fate = caged.run(lambda: hide_files(folder, 6))
    assert said is None
    assert fate.in_words() == "it wrote more than 60 MB until the machine's disk was nearly full"


def test_a_full_disk_of_the_machine_is_no_doing_of_the_kernel(
    caged: Cage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "LITTLE", 2**60)
    monkeypatch.setattr(watch, "NEARLY_NONE", 2**60)
    said, fate = caged.run(lambda: time.sleep(20))
    assert (said, fate.lost) == (None, True)
    assert "the machine's disk has less than" in fate.in_words()


def test_files_without_end_end_the_kernel(caged: Cage, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(caged.plan.writable[0], "many")
    monkeypatch.setattr(disk, "MOST_FILES", 500)
    monkeypatch.setattr(watch, "MOST_FILES", 500)
    monkeypatch.setattr(watch, "DISK_SHARE", 1)  # a look at so many takes a second on a slow machine

    def attack() -> None:
        folder.mkdir()
        for number in range(700):
            (folder / str(number)).touch()
        time.sleep(20)

    said, fate = caged.run(attack)
    shutil.rmtree(folder)
    assert said is None
    assert fate.in_words() == "it made more than 500 files"


def test_a_daemon_does_not_outlive_the_kernel(caged: Cage) -> None:
    read, write = os.pipe()

    def attack() -> None:
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(60)
            os._exit(0)

    caged.run(attack)
    os.close(write)
    assert os.read(read, 1) == b""
    os.close(read)


def test_shared_memory_is_not_left_behind_or_named_as_open(caged: Cage) -> None:
    path = Path(f"/dev/shm/grader-attack-{GRADER}")
    caged.run(lambda: got(lambda: path.write_text("x")))
    left = path.exists()
    path.unlink(missing_ok=True)
    assert not left or any("shared memory" in still for still in caged.level.open)


def test_other_processes_are_out_of_sight_or_named_as_open(caged: Cage) -> None:
    said, _ = caged.run(lambda: [p.name for p in Path("/proc").iterdir() if p.name.isdigit()])
    assert isinstance(said, list)
    assert len(said) <= 2 or any("command lines" in still for still in caged.level.open)


def test_what_a_kernel_needs_is_there(caged: Cage) -> None:
    own = caged.plan.writable[0]

    def attack() -> str:
        with tempfile.TemporaryFile(dir=own) as file:
            file.write(b"x")
        left, right = socket.socketpair()
        left.send(b"x")
        read, write = os.openpty()
        os.write(write, b"x")
        return f"{right.recv(1)!r} {read > 0} {len(os.urandom(8))}"

    assert caged.run(attack)[0] == "b'x' True 8"
