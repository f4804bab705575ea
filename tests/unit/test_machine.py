"""Cores and memory that are left to us, by control groups of both versions."""

import os
from pathlib import Path

import psutil
import pytest

from grader.machine import cores, free_memory

GB = 10**9


def write(root: Path, **files: str | int) -> None:
    """Names with __ for the dot."""
    root.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (root / name.replace("__", ".")).write_text(f"{text}\n")


@pytest.fixture(autouse=True)
def large_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: type("", (), {"available": 200 * GB}))


def seen(tmp_path: Path, own: str) -> tuple[int, float]:
    (tmp_path / "own").write_text(own)
    groups, ours = tmp_path / "cgroup", tmp_path / "own"
    return cores(groups, ours), free_memory(groups, ours) / GB


def test_without_groups_the_machine_counts(tmp_path: Path) -> None:
    assert seen(tmp_path, "") == (64, 200)
    assert cores(tmp_path, tmp_path / "missing") == 64


@pytest.mark.parametrize(
    ("quota", "expected"),
    [("200000 100000", 2), ("150000 100000", 2), ("max 100000", 64), ("50000 100000", 1)],
)
def test_a_quota_of_version_2_bounds_cores(quota: str, expected: int, tmp_path: Path) -> None:
    write(tmp_path / "cgroup", cpu__max=quota)
    assert seen(tmp_path, "0::/\n") == (expected, 200)


def test_the_smallest_of_all_groups_above_counts(tmp_path: Path) -> None:
    write(
        tmp_path / "cgroup" / "slurm", cpu__max="400000 100000", memory__max=30 * GB, memory__current=10 * GB
    )
    write(tmp_path / "cgroup" / "slurm" / "job", cpu__max="max 100000", memory__max="max", memory__current=GB)
    assert seen(tmp_path, "0::/slurm/job\n") == (4, 20)


def test_read_files_do_not_count_as_used(tmp_path: Path) -> None:
    write(
        tmp_path / "cgroup",
        memory__max=8 * GB,
        memory__current=6 * GB,
        memory__stat=f"anon 1\ninactive_file {4 * GB}\nactive_file 5",
    )
    assert seen(tmp_path, "0::/\n")[1] == 6


def test_version_1_is_read_in_a_container_that_sees_its_group_as_the_root(tmp_path: Path) -> None:
    write(tmp_path / "cgroup" / "cpu", cpu__cfs_quota_us=300000, cpu__cfs_period_us=100000)
    write(tmp_path / "cgroup" / "memory", memory__limit_in_bytes=4 * GB, memory__usage_in_bytes=GB)
    assert seen(tmp_path, "3:cpu,cpuacct:/docker/0123\n4:memory:/docker/0123\n") == (3, 3)


def test_version_1_without_limits(tmp_path: Path) -> None:
    write(tmp_path / "cgroup" / "cpu", cpu__cfs_quota_us=-1, cpu__cfs_period_us=100000)
    write(tmp_path / "cgroup" / "memory", memory__limit_in_bytes=2**63 - 4096, memory__usage_in_bytes=GB)
    assert seen(tmp_path, "3:cpu,cpuacct:/\n4:memory:/\n") == (64, 200)


def test_a_group_that_is_full_leaves_nothing(tmp_path: Path) -> None:
    write(tmp_path / "cgroup", memory__max=GB, memory__current=2 * GB)
    assert seen(tmp_path, "0::/\n")[1] == 0
