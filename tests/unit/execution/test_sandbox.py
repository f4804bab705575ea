"""The parts of the sandbox that are plain functions; what it holds is shown by tests/attacks."""

import errno
import json
import os
import signal
import socket
import subprocess
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from grader.errors import UsageError
from grader.execution import supervisor
from grader.execution.fate import Fate, gigabytes
from grader.execution.sandbox import confine, confinement, disk, landlock, privileges, probing, seccomp, watch
from grader.execution.sandbox.cgroups import create, out_of_memory, remove, remove_left_overs
from grader.execution.sandbox.disk import TooDeep, disk_used, mapped, nameless, written
from grader.execution.sandbox.landlock import without
from grader.execution.sandbox.levels import level_of
from grader.execution.sandbox.plan import Layer, Limits, Plan, plan_from
from grader.profiles import profile_for
from grader.session import LEAST_MEMORY, MOST_MEMORY, limits_of_kernels, sandbox_here, within_disk

LIMITS = Limits(memory=10**9, cpu_seconds=10, disk=10**9)


def test_a_plan_survives_its_way_through_json(tmp_path: Path) -> None:
    plan = confinement.plan_of(("limits",), LIMITS, ("/usr",), ("/root",), True, tmp_path, tmp_path)
    assert plan_from(json.loads(json.dumps(plan.as_json()))) == plan


def test_a_plan_hides_our_answers_and_shows_the_probe(tmp_path: Path) -> None:
    plan = confinement.plan_of(("limits",), LIMITS, (), ("/class",), False, tmp_path, tmp_path)
    hidden = {Path(path).name for path in plan.hidden}
    assert hidden == {"grader", "assignments", "reference", "class"}
    assert {Path(path).name for path in plan.shown} == {"__init__.py", "probe"}


@pytest.mark.parametrize(
    ("layers", "usable", "open_words"),
    [
        (("namespaces", "user", "landlock", "seccomp", "cgroup"), True, []),
        (("namespaces", "user", "seccomp", "cgroup"), True, []),
        (("namespaces", "landlock", "seccomp"), True, ["from time to time"]),
        (
            ("user", "landlock", "seccomp"),
            True,
            ["sockets that have a path", "sockets without a path", "shared memory"],
        ),
        (("user", "landlock", "scopes", "seccomp"), True, ["sockets that have a path", "times and notes"]),
        (("landlock", "scopes", "seccomp", "limits"), True, ["sockets that have a path"]),
        (("landlock", "seccomp", "limits"), False, ["signals", "sockets without a path"]),
        (("landlock",), False, ["the network", "modes, owners and times"]),
        (("user", "seccomp"), False, ["every file"]),
        ((), False, ["every file", "the network"]),
    ],
)
def test_a_level_says_what_stays_open(layers: tuple[Layer, ...], usable: bool, open_words: list[str]) -> None:
    level = level_of(layers)
    assert level.usable is usable
    assert all(any(words in still for still in level.open) for words in open_words)
    assert bool(level.open) is bool(open_words)


def test_a_machine_without_a_sandbox_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confinement, "probed", lambda plan: ())
    with pytest.raises(UsageError, match=r"every file.*--sandbox=off"):
        sandbox_here(LIMITS, [], [], False)
    assert (
        sandbox_here(LIMITS, [], [], False, own=True) is None
    )  # one's own notebook runs with one's own rights


def test_a_kernels_user_is_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    people = {privileges.FIRST_USER + 7, privileges.FIRST_USER + 7 + privileges.STRIDE}

    def account(user: int) -> None:
        if user not in people:
            raise KeyError(user)

    monkeypatch.setattr(privileges.pwd, "getpwuid", account)
    monkeypatch.setattr(privileges.grp, "getgrgid", account)
    assert privileges.new_user(privileges.USERS + 8) == privileges.FIRST_USER + 8
    assert privileges.new_user(7) == privileges.FIRST_USER + 7 + 2 * privileges.STRIDE
    monkeypatch.setattr(privileges.grp, "getgrgid", lambda _: None)
    with pytest.raises(OSError, match="accounts have all"):
        privileges.new_user(7)


@pytest.mark.parametrize("jobs", [1, 2, 1000])
def test_memory_is_shared_among_jobs_within_bounds(jobs: int) -> None:
    memory = limits_of_kernels(profile_for("quick", "standin"), jobs).memory
    assert LEAST_MEMORY <= memory <= MOST_MEMORY


def test_what_is_hidden_is_left_out_of_landlocks_list(tmp_path: Path) -> None:
    for name in ("a/x", "a/secret/y", "b"):
        (tmp_path / name).mkdir(parents=True)
    top = str(tmp_path)
    assert without(top, ()) == [top]
    assert without(top, (f"{top}/a/secret",)) == [f"{top}/a/x", f"{top}/b"]
    assert without(top, (top,)) == []
    assert without(f"{top}/b", (f"{top}/a",)) == [f"{top}/b"]


def verdict(
    machine: str,
    number: int,
    argument: int = 0,
    architecture: int | None = None,
    same_user: bool = False,
    others: dict[int, int] | None = None,
    emptying: bool = True,
) -> int:
    """Runs the filter as the kernel would."""
    data = {0: number, 4: architecture or seccomp.ARCHITECTURE[machine], 16: argument}
    data |= dict.fromkeys(range(20, 40, 4), 0) | (others or {})
    code, at, held = seccomp.program(machine, same_user, emptying), 0, 0
    while True:
        kind, yes, no, value = code[at]
        at += 1
        if kind == seccomp.LOAD:
            held = data[value]
        elif kind == seccomp.RETURN:
            return value
        else:
            true = {
                seccomp.EQUAL: held == value,
                seccomp.AT_LEAST: held >= value,
                seccomp.ANY_BIT: bool(held & value),
            }[kind]
            at += yes if true else no


REFUSED = seccomp.FAIL | errno.EPERM


@pytest.mark.parametrize("machine", list(seccomp.ARCHITECTURE))
def test_the_filter_refuses_what_it_lists_and_nothing_else(machine: str) -> None:
    column = list(seccomp.ARCHITECTURE).index(machine)
    listed = {numbers[column] for numbers in seccomp.REFUSED.values()}
    special = {seccomp.CLONE3}
    for number in range(500):
        argument = seccomp.AF_UNIX if number == seccomp.SOCKET[machine] else 0
        expected = REFUSED if number in listed else seccomp.ALLOW
        if number not in special:
            assert verdict(machine, number, argument) == expected, number


@pytest.mark.parametrize("machine", list(seccomp.ARCHITECTURE))
def test_marks_on_files_of_the_same_user_do_nothing_and_say_that_they_did(machine: str) -> None:
    column = list(seccomp.ARCHITECTURE).index(machine)
    marks = {pair[column] for pair in seccomp.MARKS.values()} | {seccomp.TOUCH[machine]}
    for number in range(500):
        alone = verdict(machine, number, seccomp.AF_UNIX)
        expected = seccomp.FAIL if number in marks else alone  # an error of number 0 is none
        assert verdict(machine, number, seccomp.AF_UNIX, same_user=True) == expected, number
        assert number not in marks or alone == seccomp.ALLOW


@pytest.mark.parametrize("machine", list(seccomp.ARCHITECTURE))
@pytest.mark.parametrize("path", [24, 28])
@pytest.mark.parametrize("times", [32, 36])
def test_touching_a_path_fails_so_that_the_file_is_made(machine: str, path: int, times: int) -> None:
    touch = seccomp.TOUCH[machine]
    assert verdict(machine, touch, same_user=True, others={path: 1}) == REFUSED
    assert verdict(machine, touch, same_user=True, others={path: 1, times: 1}) == seccomp.FAIL
    assert verdict(machine, touch, same_user=True, others={times: 1}) == seccomp.FAIL
    assert verdict(machine, touch, others={path: 1}) == seccomp.ALLOW


@pytest.mark.parametrize("machine", list(seccomp.ARCHITECTURE))
def test_files_are_not_emptied_by_their_path_where_nothing_else_prevents_it(machine: str) -> None:
    for number in range(500):
        expected = verdict(machine, number, seccomp.AF_UNIX)
        if number == seccomp.TRUNCATE[machine]:
            assert expected == seccomp.ALLOW
            expected = REFUSED
        assert verdict(machine, number, seccomp.AF_UNIX, emptying=False) == expected, number


@pytest.mark.parametrize(
    ("layers", "abi", "left"),
    [
        (("landlock",), 1, True),
        (("landlock",), 2, True),
        (("landlock",), 3, False),
        (("namespaces",), 0, False),
    ],
)
def test_an_old_landlock_leaves_emptying_to_the_filter(
    layers: tuple[Layer, ...], abi: int, left: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landlock, "abi", lambda: abi)
    assert landlock.leaves_emptying(replace(plan_on(tmp_path), layers=layers)) is left


def test_an_old_landlock_has_no_scopes_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "abi", lambda: 5)
    with pytest.raises(OSError, match="no scopes"):
        landlock.restrict(replace(plan_on(tmp_path), layers=("landlock", "scopes")))


@pytest.mark.parametrize("machine", list(seccomp.ARCHITECTURE))
def test_the_filter_looks_at_sockets_and_clones(machine: str) -> None:
    socket, clone = seccomp.SOCKET[machine], seccomp.CLONE[machine]
    assert verdict(machine, socket, 2) == seccomp.FAIL | errno.EACCES
    assert verdict(machine, clone, 0x11) == seccomp.ALLOW
    assert verdict(machine, clone, 0x10000011) == REFUSED
    assert verdict(machine, seccomp.CLONE3) == seccomp.FAIL | errno.ENOSYS
    assert verdict(machine, 1, architecture=0x40000003) == seccomp.KILL


def emptied(groups: list[Path]) -> None:
    """The files of a real group are removed with it."""
    for file in (file for group in groups for file in group.iterdir()):
        file.unlink()


def test_groups_are_made_with_their_limits_and_removed(tmp_path: Path) -> None:
    for controller in ("memory", "pids"):
        (tmp_path / controller).mkdir()
    groups = create("grade-1-x", LIMITS, tmp_path)
    assert [group.relative_to(tmp_path).parts[0] for group in groups] == ["memory", "pids"]
    (groups[0] / "memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 1\n")
    assert out_of_memory(groups)
    (groups[0] / "memory.oom_control").unlink()
    assert not out_of_memory(groups)
    assert (groups[0] / "memory.limit_in_bytes").read_text() == str(LIMITS.memory)
    assert (groups[1] / "pids.max").read_text() == str(LIMITS.processes)
    emptied(groups)
    remove(groups)
    assert not any(group.exists() for group in groups)


def test_processor_time_is_shared_by_kernels_where_it_can_be(tmp_path: Path) -> None:
    for controller in ("memory", "pids", "cpu"):
        (tmp_path / controller).mkdir()
    groups = create("grade-1-x", LIMITS, tmp_path)
    assert [group.relative_to(tmp_path).parts[0] for group in groups] == ["memory", "pids", "cpu"]
    emptied(groups)
    remove_left_overs(1, tmp_path)
    assert not any(group.exists() for group in groups)


def tree_of_version_2(root: Path, **shared: str) -> Path:
    """A false /sys/fs/cgroup: what each group shares out to those within it, by path with __ for the stroke. Returns the
    false /proc/self/cgroup of a process in the deepest one."""
    for path, names in {"": "memory pids", **shared}.items():
        group = root / path.replace("__", "/")
        group.mkdir(parents=True, exist_ok=True)
        (group / "cgroup.controllers").write_text("cpu memory pids\n")
        (group / "cgroup.subtree_control").write_text(f"{names}\n")
        (group / "cgroup.procs").touch()
    ours = root.parent / "ours"
    ours.write_text(f"0::/{'' if group == root else group.relative_to(root)}\n")
    return ours


def test_a_group_of_version_2_is_made_beside_our_own_and_removed_after_a_killed_run(tmp_path: Path) -> None:
    root = tmp_path / "cgroup"
    ours = tree_of_version_2(root, user="cpu memory pids", user__session="")
    (group,) = create("grade-1-x", LIMITS, root, ours)
    assert group == root / "user" / "grade-1-x"
    assert {file.name: file.read_text() for file in group.iterdir()} == {
        "memory.max": str(LIMITS.memory),
        "pids.max": str(LIMITS.processes),
        "memory.swap.max": "0",
        "memory.oom.group": "1",
    }
    assert (root / "user/cgroup.subtree_control").read_text() == "+cpu"
    emptied([group])
    remove_left_overs(1, root, ours)
    assert not group.exists()


@pytest.mark.parametrize("shared", ["cpu memory", "cpu pids", ""])
def test_a_group_that_would_not_hold_everything_is_not_made(shared: str, tmp_path: Path) -> None:
    root = tmp_path / "cgroup"
    ours = tree_of_version_2(root, **{"": shared})
    with pytest.raises(OSError, match="no control group"):
        create("grade-1-x", LIMITS, root, ours)
    assert not (root / "grade-1-x").exists()


def test_a_group_of_version_2_is_made_only_where_we_may_move_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "cgroup"
    ours = tree_of_version_2(root, user="memory pids", user__app="memory pids", user__app__scope="")
    foreign = [root / "user/app/cgroup.procs"]
    monkeypatch.setattr(os, "access", lambda path, mode: path not in foreign)
    assert create("grade-1-x", LIMITS, root, ours) == [root / "user" / "grade-1-x"]
    foreign += [root / "user", root / "cgroup.procs"]
    with pytest.raises(OSError, match="no control group"):
        create("grade-1-y", LIMITS, root, ours)


def test_groups_beyond_our_own_view_are_not_looked_for(tmp_path: Path) -> None:
    root = tmp_path / "cgroup"
    tree_of_version_2(root, user="memory pids")
    (tmp_path / "ours").write_text("1:name=systemd:/user\n0::/../user\n")
    assert create("grade-1-x", LIMITS, root, tmp_path / "ours") == [root / "grade-1-x"]


def test_disk_use_leaves_out_what_is_counted_apart(tmp_path: Path) -> None:
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence/weights").write_bytes(bytes(200_000))
    (tmp_path / "mine").write_bytes(bytes(100_000))
    (tmp_path / "link").symlink_to("/usr")
    whole = disk_used(str(tmp_path))
    assert disk_used(str(tmp_path), but=(str(tmp_path), str(tmp_path / "evidence"))) <= whole - 200_000


@pytest.mark.parametrize(
    ("fate", "words"),
    [
        (Fate(3), "it ended its own process with exit code 3"),
        (Fate(-11), "signal SIGSEGV (a memory access violation)"),
        (Fate(-9, "it ran out of memory (limit 4 GB)"), "it ran out of memory (limit 4 GB)"),
        (Fate(-9, lost=True), "the process that watches over it was lost"),
        (Fate(-63), "signal 63"),
    ],
)
def test_a_fate_is_said_in_words(fate: Fate, words: str) -> None:
    assert fate.in_words() == words


def test_sizes_are_said_as_people_say_them() -> None:
    assert [gigabytes(size) for size in (4 * 10**9, 1_500_000_000, 60 * 10**6)] == ["4 GB", "1.5 GB", "60 MB"]


def test_files_below_a_path_that_is_too_long_count(tmp_path: Path) -> None:
    before = Path.cwd()
    try:
        os.chdir(tmp_path)
        for _ in range(20):
            Path("d" * 250).mkdir()
            os.chdir("d" * 250)
        Path("deep").write_bytes(bytes(1_000_000))
        assert disk_used(str(tmp_path)) >= 1_000_000
    finally:
        os.chdir(before)
        subprocess.run(["rm", "-rf", str(tmp_path / ("d" * 250))], check=True)  # deeper than Python goes


def test_folders_nested_without_end_are_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "LONG", len(str(tmp_path)))
    monkeypatch.setattr(disk, "MOST_OPEN", 1)
    (tmp_path / "a").mkdir()
    assert disk_used(str(tmp_path)) < 100_000
    monkeypatch.setattr(disk, "LONG", 1)
    with pytest.raises(TooDeep):
        disk_used(str(tmp_path))
    assert len(list(Path("/proc/self/fd").iterdir())) < 100


def test_removed_files_that_are_held_open_count_once(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        file.write(bytes(1_000_000))
        file.flush()
        assert nameless([os.getpid()], (str(tmp_path),)) == 0
        Path(file.name).unlink()
        twice = os.dup(file.fileno())
        assert nameless([os.getpid(), os.getpid()], (str(tmp_path), "/nowhere")) >= 1_000_000
        assert nameless([os.getpid()], (str(tmp_path),)) < 2_000_000
        os.close(twice)


def test_a_removed_file_that_lies_in_memory_counts_once(tmp_path: Path) -> None:
    file, me, disks = tmp_path / "a", os.getpid(), {tmp_path.stat().st_dev}
    file.write_bytes(bytes(1_000_000))
    inode = str(file.stat().st_ino)
    held = [torch.from_file(str(file), shared=True, size=1_000_000, dtype=torch.uint8) for _ in range(2)]
    assert nameless([me], (str(tmp_path),)) == 0
    with file.open("rb"):
        file.unlink()
        assert 1_000_000 <= nameless([me], (str(tmp_path),)) < 1_010_000
    assert [i for _, i in mapped(me, disks)] == [inode]
    assert 1_000_000 <= nameless([me, me], (str(tmp_path),)) < 1_010_000
    assert mapped(me, set()) == {}
    held.clear()
    assert nameless([me], (str(tmp_path),)) == 0


def test_memory_of_a_process_that_has_gone_holds_no_file(tmp_path: Path) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    assert mapped(gone.pid, {tmp_path.stat().st_dev}) == {}


def plan_on(folder: Path) -> Plan:
    where = (str(folder),)
    return Plan((), (), (), (), where, where, "", "", (), LIMITS, "x")


def test_a_look_is_made_early_when_space_disappears(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = 10**12
    monkeypatch.setattr(watch, "free_on", lambda folders: free)
    held = watch.Watch(plan_on(tmp_path), held=True)
    held._next_disk = float("inf")
    (tmp_path / "big").write_bytes(bytes(1_000))
    monkeypatch.setattr(watch, "disk_used", lambda folder, but: LIMITS.disk + 1)
    free -= LIMITS.disk
    assert held.broken() == ""
    free -= 1
    assert held.broken().startswith("its files took more than")


def test_only_layers_of_the_plan_are_tried_on_top_of_those_that_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[tuple[Layer, ...]] = []

    def holds(plan: Plan, check: object) -> bool:
        tried.append(plan.layers)
        return plan.layers[-1] != "seccomp"

    monkeypatch.setattr(probing, "probe_only", holds)
    plan = replace(plan_on(tmp_path), layers=("user", "landlock", "scopes", "seccomp", "limits"))
    assert probing.working(plan, "") == ["limits", "user", "landlock", "scopes"]
    assert tried == [
        ("limits", "user"),
        ("limits", "seccomp"),
        ("limits", "user", "landlock"),
        ("limits", "user", "landlock", "scopes"),
        ("limits", "user", "landlock", "scopes"),
    ]


def test_a_supervisor_never_waits_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float | None] = []
    ended = os.pidfd_open(os.getpid())
    polls = SimpleNamespace(register=lambda *_: None, poll=lambda most: waits.append(most) or [(ended, 1)])
    monkeypatch.setattr(supervisor.select, "poll", lambda: polls)
    monkeypatch.setattr(os, "pidfd_open", lambda _: ended)
    left, right = socket.socketpair()
    with left, right:
        assert supervisor.follow(os.getpid(), False, None, left) == ""
    os.close(ended)
    assert waits == [1000 * supervisor.LOOK_SECONDS]


def test_the_first_process_passes_interrupts_on_and_writes_how_the_kernel_ended() -> None:
    read, write = os.pipe()
    up, ready = os.pipe()
    first = os.fork()
    if first == 0:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        kernel = os.fork()
        if kernel == 0:
            os.setsid()
            signal.signal(signal.SIGINT, lambda *_: os._exit(7))
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
            os.write(ready, b"x")
            while True:
                signal.pause()
        confine.serve_as_first(kernel, write)
    os.close(write)
    os.read(up, 1)
    os.kill(first, signal.SIGINT)
    assert os.waitstatus_to_exitcode(int(os.read(read, 20))) == 7
    assert os.waitpid(first, 0)[1] == 0
    for descriptor in (read, up, ready):
        os.close(descriptor)


def test_bytes_sent_to_the_disk_are_counted(tmp_path: Path) -> None:
    before = written([os.getpid()])
    (tmp_path / "a").write_bytes(bytes(5_000_000))
    assert written([os.getpid(), 2**22 + 1]) - before in range(5_000_000, 20_000_000) or not before


def test_the_disk_is_shared_among_the_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = 20 * 10**9
    monkeypatch.setattr("psutil.disk_usage", lambda place: SimpleNamespace(free=free))
    roomy = replace(LIMITS, disk=4 * 10**9)
    assert [within_disk(roomy, tmp_path / "new" / "er", jobs).disk for jobs in (1, 2, 50)] == [
        4 * 10**9,
        2_500_000_000,
        10**9,
    ]
    free = 10**9
    with pytest.raises(UsageError, match="are free there"):
        within_disk(roomy, tmp_path, 1)
