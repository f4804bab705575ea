# %% [markdown]
# # Toolbox with type hints, decorators and partial

# %%
from __future__ import annotations

import functools
import math
import time
from typing import NamedTuple

import torch
from torch import Tensor


class BNOut(NamedTuple):
    out: Tensor
    running_mean: Tensor
    running_var: Tensor


def timed(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        start = time.perf_counter()
        try:
            return f(*args, **kwargs)
        finally:
            wrapper.seconds = time.perf_counter() - start

    return wrapper


def floating(f):
    """Decorator without functools.wraps."""

    def inner(x, *args, **kwargs):
        if not isinstance(x, Tensor) or not x.is_floating_point():
            raise TypeError("a floating tensor is wanted")
        return f(x, *args, **kwargs)

    return inner


# %%
@timed
def sigmoid(x: Tensor) -> Tensor:
    return x.neg().exp().add(1).reciprocal()


@floating
def tanh(x: Tensor) -> Tensor:
    return 2 * sigmoid(2 * x) - 1


@torch.no_grad()
def relu(x: Tensor) -> Tensor:
    return x.clamp_min(0)


def leaky_relu(x: Tensor, /, slope: float = 0.1) -> Tensor:
    return torch.where(x > 0, x, slope * x)


def elu(x: Tensor, *, alpha: float = 1.0) -> Tensor:
    return torch.where(x > 0, x, alpha * torch.expm1(x))


@torch.no_grad()
def maxout(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    return torch.stack((x @ w1 + b1, x @ w2 + b2)).amax(0)


@torch.inference_mode()
def sigmoid_grad(x: Tensor) -> Tensor:
    return (s := sigmoid(x)) * (1 - s)


@timed
@torch.no_grad()
def tanh_grad(x: Tensor) -> Tensor:
    return 1 - tanh(x).square()


def leaky_relu_grad(x: Tensor, slope: float = 0.1) -> Tensor:
    def one(v: float) -> float:
        return 1.0 if v > 0 else slope

    return x.clone().apply_(one)


relu_grad = functools.partial(leaky_relu_grad, slope=0.0)


def elu_grad(x: Tensor, *, alpha: float = 1.0) -> Tensor:
    return torch.where(x > 0, torch.ones(()), alpha * x.exp())


# %%
def _moments(x: Tensor, dim: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    var, mean = torch.var_mean(x, dim, correction=0, keepdim=True)
    return mean, var


def _affine(x_hat: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
    shape = (1, -1) + (1,) * (x_hat.ndim - 2)
    return x_hat * gamma.view(shape) + beta.view(shape)


def batch_norm_train(
    *,
    x: Tensor,
    gamma: Tensor,
    beta: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
    momentum: float = 0.9,
    eps: float = 1e-5,
) -> BNOut:
    mean, var = _moments(x, (0, *range(2, x.ndim)))

    def mix(old: Tensor, new: Tensor) -> Tensor:
        return momentum * old + (1 - momentum) * new.flatten()

    out = _affine((x - mean) * torch.rsqrt(var + eps), gamma, beta)
    return BNOut(out, mix(running_mean, mean), mix(running_var, var))


def batch_norm_eval(
    *, x: Tensor, gamma: Tensor, beta: Tensor, running_mean: Tensor, running_var: Tensor, eps: float = 1e-5
) -> Tensor:
    scale = gamma / torch.sqrt(running_var + eps)
    return _affine(x, scale, beta - running_mean * scale)


def layer_norm(x: Tensor, *, gamma: Tensor, beta: Tensor, eps: float = 1e-5) -> Tensor:
    mean, var = _moments(x, (-1,))
    return (x - mean) / (var + eps).sqrt() * gamma + beta


def group_norm(x: Tensor, num_groups: int, *, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    grouped = x.unflatten(1, (num_groups, -1))
    mean, var = _moments(grouped, (2, 3, 4))
    return _affine(((grouped - mean) / (var + eps).sqrt()).flatten(1, 2), weight, bias)


def instance_norm(x: Tensor, *, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    return group_norm(x, x.shape[1], weight=weight, bias=bias, eps=eps)


# %%
def _xavier(*shape: int, fan_in: int) -> Tensor:
    return torch.empty(*shape).normal_(0, fan_in**-0.5)


def xavier_linear(*, in_features: int, out_features: int) -> Tensor:
    return _xavier(out_features, in_features, fan_in=in_features)


def xavier_conv(*, in_channels: int, out_channels: int, kernel_size: int) -> Tensor:
    return _xavier(out_channels, in_channels, kernel_size, kernel_size, fan_in=in_channels * kernel_size**2)


@torch.no_grad()
def sgd_step(w: Tensor, grad: Tensor, *, lr: float = 0.1) -> Tensor:
    return w.sub(grad, alpha=lr)


@torch.no_grad()
def momentum_step(
    w: Tensor, grad: Tensor, v: Tensor, *, lr: float = 0.1, rho: float = 0.9
) -> dict[str, Tensor]:
    v = v.mul(rho).add(grad)
    return {"w": w.sub(v, alpha=lr), "v": v}


# %%
def dropout(x: Tensor, *, p: float = 0.5, training: bool = True) -> Tensor:
    if not 0 <= p < 1:
        raise ValueError(f"p = {p}")
    return torch.where(torch.rand_like(x) < p, 0.0, x / (1 - p)) if training else x


drop_connect = functools.partial(dropout)


def lp_penalty(w: Tensor, lam: float, p: int) -> Tensor:
    return lam / p * w.abs().pow(p).sum()


l1_penalty = functools.partial(lp_penalty, p=1)
l2_penalty = functools.partial(lp_penalty, p=2)


def elastic_net(w: Tensor, *, lam1: float = 1e-4, lam2: float = 1e-4) -> Tensor:
    return l1_penalty(w, lam1) + l2_penalty(w, lam2)


def max_norm(w: Tensor, *, c: float = 3.0) -> Tensor:
    norms = w.square().sum(dim=1, keepdim=True).sqrt()
    return torch.where(norms > c, w / norms * c, w)


# %%
class Mixed(NamedTuple):
    x: Tensor
    y_a: Tensor
    y_b: Tensor
    lam: float


def mixup(x: Tensor, y: Tensor, *, alpha: float = 0.2) -> Mixed:
    lam = torch.distributions.Beta(alpha, alpha).sample().item()
    order = torch.randperm(x.size(0))
    return Mixed(torch.lerp(x[order], x, lam), y, y[order], lam)


def cross_entropy(scores: Tensor, y: Tensor) -> Tensor:
    return (scores.logsumexp(1) - scores.gather(1, y.unsqueeze(1)).squeeze(1)).mean()


def mixup_loss(scores: Tensor, y_a: Tensor, y_b: Tensor, *, lam: float) -> Tensor:
    return torch.lerp(cross_entropy(scores, y_b), cross_entropy(scores, y_a), lam)


def label_smoothing_loss(scores: Tensor, y: Tensor, *, smoothing: float = 0.1) -> Tensor:
    log_p = scores.log_softmax(1)
    one_hot = torch.eye(scores.shape[1])[y]
    target = (1 - smoothing) * one_hot + smoothing / scores.shape[1]
    return -(target * log_p).sum(1).mean()


def distillation_loss(
    student: Tensor, teacher: Tensor, y: Tensor, *, temperature: float = 4.0, alpha: float = 0.9
) -> Tensor:
    p, q = (teacher / temperature).softmax(1), (student / temperature).softmax(1)
    soft = (p * (p / q).log()).sum() / len(y)
    return alpha * temperature**2 * soft + (1 - alpha) * cross_entropy(student, y)


# %%
@functools.lru_cache(maxsize=None)
def warmup_cosine(step: int, *, warmup: int, total: int, lr: float) -> float:
    if step < warmup:
        return lr * (step + 1) / warmup
    return lr * math.cos(math.pi / 2 * (step - warmup) / (total - warmup)) ** 2


def step_decay(epoch: int, *, lr: float, every: int = 7, factor: float = 0.1) -> float:
    for _ in range(every, epoch + 1, every):
        lr *= factor
    return lr


def exponential_decay(epoch: int, *, lr: float, factor: float = 0.95) -> float:
    return lr * math.exp(epoch * math.log(factor))


# %%
def _normalize(x: Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> Tensor:
    return x.sub(torch.tensor(mean).view(-1, 1, 1)).div(torch.tensor(std).view(-1, 1, 1))


normalize_255 = functools.partial(_normalize, mean=(123.68, 116.779, 103.939), std=(58.393, 57.12, 57.375))
normalize_unit = functools.partial(_normalize, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
