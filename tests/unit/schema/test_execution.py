"""Which stored runs are worth another try: those that a limit ended, where there is clearly more of it now."""

import pytest

from grader.profiles import profile_for
from grader.schema.execution import Execution, Means, refused
from grader.schema.result import CellRun, FileRun

GIGABYTE = 10**9
HAD = Means(memory=4 * GIGABYTE, disk=2 * GIGABYTE, threads=1)
MORE = Means(memory=8 * GIGABYTE, disk=2 * GIGABYTE, threads=1)


def run(status: str, error: str, means: Means | None = HAD) -> Execution:
    cell = CellRun(cell=2, status=status, error=error)  # type: ignore[arg-type]
    files = (
        FileRun(
            file="lab.ipynb",
            executed="executed.ipynb",
            seconds=1.0,
            cells=(CellRun(cell=1, status="ran"), cell),
        ),
    )
    return Execution(
        key="k",
        profile=profile_for("quick", "standin"),
        images="i",
        files=files,
        evidence=("",),
        untouched=False,
        remarks=(),
        means=means,
        sandbox="",
        seconds=1.0,
        versions={},
    )


@pytest.mark.parametrize(
    ("status", "error", "again"),
    [
        ("killed", "the kernel died in this cell: it ran out of memory (limit 4 GB)", True),
        ("killed", "the kernel died in this cell: its files took more than 2 GB", True),
        ("killed", "the kernel died in this cell: signal SIGKILL (killed)", True),
        ("killed", "the kernel died in this cell: it ended its own process with exit code 0", False),
        ("killed", "the kernel died in this cell: signal SIGSEGV (a memory access violation)", False),
        ("timeout", "interrupted after 600 s", True),
        ("not_run", "the notebook's 1200 s were used up", True),
        ("not_run", "the kernel had died before", False),
        (
            "error",
            "RuntimeError: [enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory",
            True,
        ),
        ("error", "ZeroDivisionError: division by zero", False),
        ("error", "ValueError: interrupted after 600 s", False),
        ("ran", "", False),
    ],
)
def test_what_a_limit_ended_is_tried_again_with_more(status: str, error: str, again: bool) -> None:
    assert run(status, error).might_go_on_with(MORE) is again


@pytest.mark.parametrize(
    ("now", "more"),
    [
        (HAD, False),
        (
            HAD.model_copy(update={"memory": int(4.4 * GIGABYTE)}),
            False,
        ),  # available memory is never the same twice
        (HAD.model_copy(update={"memory": 5 * GIGABYTE}), True),
        (HAD.model_copy(update={"disk": 4 * GIGABYTE}), True),
        (HAD.model_copy(update={"threads": 2}), True),
        (HAD.model_copy(update={"memory": GIGABYTE}), False),
        (None, False),
    ],
)
def test_only_clearly_more_counts(now: Means | None, more: bool) -> None:
    assert run("timeout", "interrupted after 600 s").might_go_on_with(now) is more


def test_a_run_without_limits_is_not_repeated() -> None:
    assert not run("timeout", "interrupted after 600 s", means=None).might_go_on_with(MORE)


@pytest.mark.parametrize(
    ("status", "error", "machine"),
    [
        ("error", "MemoryError: ", True),
        ("error", "OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 GiB", True),
        ("error", "OSError: [Errno 28] No space left on device", True),
        ("error", "RuntimeError: DataLoader worker (pid 41) is killed by signal: Killed. ", True),
        ("error", "RuntimeError: DataLoader worker (pid(s) 41) exited unexpectedly", False),
        ("error", "RuntimeError: mat1 and mat2 shapes cannot be multiplied", False),
        (
            "killed",
            "the kernel died in this cell: it ran out of memory (limit 4 GB)",
            False,
        ),  # is known as such
        ("ran", "", False),
    ],
)
def test_a_machine_that_is_too_small_is_no_error_of_the_code(status: str, error: str, machine: bool) -> None:
    assert refused(run(status, error).files[0].cells[1]) is machine
