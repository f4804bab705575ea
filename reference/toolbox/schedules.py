"""Learning rates as functions of the step or the epoch, both counted from 0."""

import math


def warmup_cosine(step: int, warmup: int, total: int, lr: float) -> float:
    """Linearly up to lr in the first `warmup` steps, then half a cosine down to 0 at `total` (Goyal et al., 2017; Loshchilov
    and Hutter, 2017): large steps come when the first, wild gradients are over, and small ones at the end."""
    if step < warmup:
        return lr * step / warmup
    return lr * 0.5 * (1 + math.cos(math.pi * (step - warmup) / (total - warmup)))


def step_decay(epoch: int, lr: float, every: int = 7, factor: float = 0.1) -> float:
    """`factor` times what it was, every so many epochs."""
    result: float = lr * factor ** (epoch // every)
    return result


def exponential_decay(epoch: int, lr: float, factor: float = 0.95) -> float:
    result: float = lr * factor**epoch
    return result
