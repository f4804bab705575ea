"""What watching costs: training steps with the probe's patches on, beside the same steps with the watcher paused.

    python -m tests.benchmarks.probe_cost [ROUNDS]

One process, one thread, toggled every ten steps, so that a drifting machine hurts both sides alike.
"""

import statistics
import sys
import tempfile
import time

import torch
from torch import nn

from grader.probe import loaders, patches
from grader.probe.cells import Cells
from grader.probe.config import Config
from grader.probe.watcher import Watcher
from reference.cifar_net import CifarNet


def main(rounds: int) -> None:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        config = Config(folder, {}, {}, [], None, None, None, 16, 0, 1)
        watcher = Watcher(config, Cells([]))
        loaders.install(watcher)
        patches.install(watcher)
        network = CifarNet()
        optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
        images, labels = torch.rand(128, 3, 32, 32), torch.randint(0, 10, (128,))
        loss = nn.CrossEntropyLoss()

        def steps(count: int) -> float:
            began = time.perf_counter()
            for _ in range(count):
                optimizer.zero_grad()
                loss(network(images), labels).backward()
                optimizer.step()
            return (time.perf_counter() - began) / count

        steps(10)  # meets the network, exports it
        ratios = []
        for _ in range(rounds):
            watcher.paused = False
            watched = steps(10)
            watcher.paused = True
            ratios.append(watched / steps(10))
    print(f"watched / paused: median {statistics.median(ratios):.3f}, n = {rounds} pairs of 10 steps")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
