"""A step of an optimizer: the new weights, from the weights, their gradient and what is remembered of earlier ones."""

from torch import Tensor


def sgd_step(w: Tensor, grad: Tensor, lr: float) -> Tensor:
    return w - lr * grad


def momentum_step(w: Tensor, grad: Tensor, v: Tensor, lr: float, rho: float = 0.9) -> tuple[Tensor, Tensor]:
    """v = rho v + g, then w - lr v: a gradient that keeps its direction counts up to 1 / (1 - rho) times.

    The velocity is not scaled by lr, so that a new rate acts on all of it at once. Returns the new weights and velocity.
    """
    v = rho * v + grad
    return w - lr * v, v
