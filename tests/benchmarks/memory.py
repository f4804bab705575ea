"""Memory of a run, and of a kernel in it: does it grow from submission to submission?

    python -m tests.benchmarks.memory [STUDENTS]

Grades STUDENTS (200) trivial notebooks with one job, and looks every quarter of a second at the grader and at all processes
below it. Printed for each fifth of the run: the largest memory of the grader itself (resident), of its fork server, of the
evaluator and of one kernel (proportional: pages that several share are divided among them), and open files. Figures, no
assertions.
"""

import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

import psutil

from grader.pipeline import grade
from grader.session import Options
from tests.harness import hand_in

TRIVIAL = "# %%\nx = 1 + 1\n# %%\nprint(x)\n"
NETWORK = "# %%\nimport torch\nnet = torch.nn.Linear(3, 2)\nprint(net(torch.zeros(1, 3)))\n"
LOOK_SECONDS = 0.25
PARTS = 5


def proportional(process: psutil.Process) -> float:
    """Megabytes of memory, shared pages divided."""
    return float(process.memory_full_info().pss) / 1e6


class Looking(threading.Thread):
    """(seconds, name, megabytes) of every process, as it finds them."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: list[tuple[float, str, float]] = []
        self.done = threading.Event()

    def run(self) -> None:
        own = psutil.Process()
        while not self.done.wait(LOOK_SECONDS):
            now = time.monotonic()
            self.seen.append((now, "grader, resident", own.memory_info().rss / 1e6))
            self.seen.append((now, "grader, open files", float(own.num_fds())))
            servers = [p for p in own.children() if "grader.execution.server" in " ".join(p.cmdline())]
            for server in servers:
                try:
                    self._below(now, server)
                except psutil.Error:
                    continue

    def _below(self, now: float, server: psutil.Process) -> None:
        self.seen.append((now, "fork server", proportional(server)))
        for child in server.children():
            below = child.children(recursive=True)
            name = "supervisor" if below else "evaluator or supervisor"
            self.seen.append((now, name, proportional(child)))
            for kernel in below:
                self.seen.append((now, "kernel", proportional(kernel)))


def main(students: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for number in range(students):
            hand_in(Path(folder) / "submissions", f"s{number:03}", NETWORK if number % 2 else TRIVIAL)
        looking = Looking()
        looking.start()
        began = time.monotonic()
        grade(
            Options(Path(folder) / "submissions", "cifar_cnn", Path(folder) / "results", device="cpu", jobs=1)
        )
        seconds = time.monotonic() - began
        looking.done.set()
        looking.join()
    table: dict[str, list[float]] = defaultdict(lambda: [0.0] * PARTS)
    for at, name, amount in looking.seen:
        part = min(PARTS - 1, int(PARTS * (at - began) / seconds))
        table[name][part] = max(table[name][part], amount)
    print(f"\n{students} notebooks in {seconds:.0f} s, {seconds / students:.2f} s each")
    for name, parts in sorted(table.items()):
        print(f"{name:26}" + "".join(f"{amount:9.1f}" for amount in parts))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
