"""What goes wrong in these pieces, written out: each docstring says the mistake as a teacher would name it.

A student's result that equals one of these is told which mistake makes the same numbers. Nothing is marked by them.
"""

import math

import torch
from torch import Tensor

from reference.toolbox import activations, inputs, optimization, regularization, targets
from reference.toolbox.normalization import _of_channels, batch_norm_train, group_norm


def sigmoid_wrong_sign(x: Tensor) -> Tensor:
    """the exponent has the wrong sign"""
    return 1 / (1 + torch.exp(x))


def sigmoid_grad_of_output(x: Tensor) -> Tensor:
    """x is taken for what the sigmoid gave: x (1 - x)"""
    return x * (1 - x)


def tanh_grad_of_output(x: Tensor) -> Tensor:
    """x is taken for what tanh gave: 1 - x²"""
    return 1 - x**2


def leaky_slope_001(x: Tensor) -> Tensor:
    """the slope is 0.01, PyTorch's, not 0.1"""
    return activations.leaky_relu(x, 0.01)


def leaky_slope_001_grad(x: Tensor) -> Tensor:
    """the slope is 0.01, PyTorch's, not 0.1"""
    return activations.leaky_relu_grad(x, 0.01)


def leaky_negative(x: Tensor) -> Tensor:
    """the left side falls with a slope of -0.1: its sign is wrong"""
    return activations.leaky_relu(x, -0.1)


def elu_without_one(x: Tensor) -> Tensor:
    """on the left it gives exp(x), without the - 1: it jumps at 0"""
    return torch.where(x > 0, x, torch.exp(x.clamp(max=0)))


def elu_grad_of_value(x: Tensor) -> Tensor:
    """on the left it gives exp(x) - 1, the value and not the derivative"""
    return torch.where(x > 0, torch.ones_like(x), torch.exp(x.clamp(max=0)) - 1)


def maxout_summed(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    """the two linear functions are added, where the larger one should be taken"""
    return x @ w1 + b1 + x @ w2 + b2


def maxout_without_bias(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    """the biases are left out"""
    return torch.maximum(x @ w1, x @ w2)


def _batch_norm(x: Tensor, gamma: Tensor, beta: Tensor, variance: Tensor, eps: float) -> Tensor:
    mean = x.mean((0,) if x.dim() == 2 else (0, 2, 3))
    scaled = (x - _of_channels(mean, x)) / torch.sqrt(_of_channels(variance, x) + eps)
    return _of_channels(gamma, x) * scaled + _of_channels(beta, x)


def batch_norm_unbiased(
    x: Tensor,
    gamma: Tensor,
    beta: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
    momentum: float,
    eps: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """the variance is divided by n - 1, not by n"""
    axes = (0,) if x.dim() == 2 else (0, 2, 3)
    variance = x.var(axes)
    _, mean, _ = batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps)
    running = momentum * running_var + (1 - momentum) * variance
    return _batch_norm(x, gamma, beta, variance, eps), mean, running


def batch_norm_pytorch_momentum(
    x: Tensor,
    gamma: Tensor,
    beta: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
    momentum: float,
    eps: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """momentum is the share of the new batch, as in PyTorch; here it is the share of the old value"""
    return batch_norm_train(x, gamma, beta, running_mean, running_var, 1 - momentum, eps)


def batch_norm_std_for_variance(
    x: Tensor,
    gamma: Tensor,
    beta: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
    momentum: float,
    eps: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """it divides by the variance, without the square root"""
    axes = (0,) if x.dim() == 2 else (0, 2, 3)
    variance = x.var(axes, unbiased=False)
    _, *running = batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps)
    return _batch_norm(x, gamma, beta, (variance + eps) ** 2 - eps, eps), running[0], running[1]


def batch_norm_keeps_running(
    x: Tensor,
    gamma: Tensor,
    beta: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
    momentum: float,
    eps: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """the running statistics are not changed"""
    out, _, _ = batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps)
    return out, running_mean, running_var


def batch_norm_all_axes(
    x: Tensor,
    gamma: Tensor,
    beta: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
    momentum: float,
    eps: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """one mean and one variance are taken of all channels together"""
    normalised = (x - x.mean()) / torch.sqrt(x.var(unbiased=False) + eps)
    out = _of_channels(gamma, x) * normalised + _of_channels(beta, x)
    mean = momentum * running_mean + (1 - momentum) * x.mean()
    return out, mean, momentum * running_var + (1 - momentum) * x.var(unbiased=False)


def batch_norm_test_of_batch(
    x: Tensor, gamma: Tensor, beta: Tensor, running_mean: Tensor, running_var: Tensor, eps: float
) -> Tensor:
    """the statistics of the test batch are used, not the running ones"""
    return _batch_norm(x, gamma, beta, x.var((0,) if x.dim() == 2 else (0, 2, 3), unbiased=False), eps)


def batch_norm_test_std(
    x: Tensor, gamma: Tensor, beta: Tensor, running_mean: Tensor, running_var: Tensor, eps: float
) -> Tensor:
    """it divides by the variance, without the square root"""
    mean, variance = _of_channels(running_mean, x), _of_channels(running_var, x)
    return _of_channels(gamma, x) * (x - mean) / (variance + eps) + _of_channels(beta, x)


def layer_norm_over_batch(x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> Tensor:
    """mean and variance are taken over the batch, as in batch normalisation, not over the features of each row"""
    return gamma * (x - x.mean(0)) / torch.sqrt(x.var(0, unbiased=False) + eps) + beta


def layer_norm_unbiased(x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> Tensor:
    """the variance is divided by n - 1, not by n"""
    return gamma * (x - x.mean(1, keepdim=True)) / torch.sqrt(x.var(1, keepdim=True) + eps) + beta


def group_norm_ungrouped(x: Tensor, gamma: Tensor, beta: Tensor, groups: int, eps: float) -> Tensor:
    """all channels are one group"""
    return group_norm(x, gamma, beta, 1, eps)


def group_norm_each_channel(x: Tensor, gamma: Tensor, beta: Tensor, groups: int, eps: float) -> Tensor:
    """each channel is a group of its own"""
    return group_norm(x, gamma, beta, x.shape[1], eps)


def instance_norm_all_channels(x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> Tensor:
    """mean and variance are taken over all channels of an image, not of each one"""
    return group_norm(x, gamma, beta, 1, eps)


def instance_norm_over_batch(x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> Tensor:
    """mean and variance are taken over the batch too, as in batch normalisation"""
    return _batch_norm(x, gamma, beta, x.var((0, 2, 3), unbiased=False), eps)


def sgd_ascent(w: Tensor, grad: Tensor, lr: float) -> Tensor:
    """the step goes up the gradient: its sign is wrong"""
    return w + lr * grad


def sgd_without_rate(w: Tensor, grad: Tensor, lr: float) -> Tensor:
    """the learning rate is left out"""
    return w - grad


def momentum_with_rate_inside(
    w: Tensor, grad: Tensor, v: Tensor, lr: float, rho: float
) -> tuple[Tensor, Tensor]:
    """the velocity holds the learning rate, v = rho v - lr g; here v = rho v + g, and lr scales the step"""
    v = rho * v - lr * grad
    return w + v, v


def momentum_averaged(w: Tensor, grad: Tensor, v: Tensor, lr: float, rho: float) -> tuple[Tensor, Tensor]:
    """the velocity is an average, rho v + (1 - rho) g; here v = rho v + g"""
    v = rho * v + (1 - rho) * grad
    return w - lr * v, v


def momentum_nesterov(w: Tensor, grad: Tensor, v: Tensor, lr: float, rho: float) -> tuple[Tensor, Tensor]:
    """the step is Nesterov's, lr (g + rho v); here it is lr v"""
    v = rho * v + grad
    return w - lr * (grad + rho * v), v


def momentum_old_velocity(w: Tensor, grad: Tensor, v: Tensor, lr: float, rho: float) -> tuple[Tensor, Tensor]:
    """the step is made with the velocity from before"""
    return optimization.sgd_step(w, v, lr), rho * v + grad


def l1_mean(w: Tensor, lam: float) -> Tensor:
    """it is the mean of the weights' sizes, not their sum"""
    return lam * w.abs().mean()


def l1_signed(w: Tensor, lam: float) -> Tensor:
    """the weights are added with their signs"""
    return lam * w.sum()


def l2_without_half(w: Tensor, lam: float) -> Tensor:
    """the factor 1/2 is missing"""
    return lam * (w**2).sum()


def l2_root(w: Tensor, lam: float) -> Tensor:
    """it is the norm, with a square root; the penalty is half of its square"""
    return lam * (w**2).sum().sqrt()


def elastic_without_half(w: Tensor, lam1: float, lam2: float) -> Tensor:
    """the factor 1/2 of the squares is missing"""
    return regularization.l1_penalty(w, lam1) + 2 * regularization.l2_penalty(w, lam2)


def max_norm_always(w: Tensor, c: float) -> Tensor:
    """rows that are shorter than c are scaled as well"""
    return w * c / (w**2).sum(1, keepdim=True).sqrt()


def max_norm_columns(w: Tensor, c: float) -> Tensor:
    """columns are shortened, not rows"""
    return regularization.max_norm(w.T, c).T


def max_norm_whole(w: Tensor, c: float) -> Tensor:
    """the whole matrix is scaled by one factor, not each row by its own"""
    return w * min(1.0, c / float((w**2).sum().sqrt()))


def mixup_loss_swapped(scores: Tensor, y_a: Tensor, y_b: Tensor, lam: float) -> Tensor:
    """lam is the share of the second labels"""
    return targets.mixup_loss(scores, y_b, y_a, lam)


def mixup_loss_unmixed(scores: Tensor, y_a: Tensor, y_b: Tensor, lam: float) -> Tensor:
    """only the first labels count"""
    return targets.mixup_loss(scores, y_a, y_b, 1.0)


def smoothing_among_others(scores: Tensor, y: Tensor, smoothing: float) -> Tensor:
    """the smoothing is shared among the other K - 1 classes; here it is shared among all K"""
    return targets.label_smoothing_loss(scores, y, smoothing * scores.shape[1] / (scores.shape[1] - 1))


def smoothing_unused(scores: Tensor, y: Tensor, smoothing: float) -> Tensor:
    """nothing is smoothed"""
    return targets.label_smoothing_loss(scores, y, 0.0)


def distillation_without_square(
    student: Tensor, teacher: Tensor, y: Tensor, temperature: float, alpha: float
) -> Tensor:
    """the factor T² is missing"""
    hard = targets.distillation_loss(student, teacher, y, temperature, 0.0)
    soft = targets.distillation_loss(student, teacher, y, temperature, 1.0) / temperature**2
    return alpha * soft + (1 - alpha) * hard


def distillation_shares_swapped(
    student: Tensor, teacher: Tensor, y: Tensor, temperature: float, alpha: float
) -> Tensor:
    """alpha is the share of the labels; here it is that of the teacher"""
    return targets.distillation_loss(student, teacher, y, temperature, 1 - alpha)


def distillation_unsoftened(
    student: Tensor, teacher: Tensor, y: Tensor, temperature: float, alpha: float
) -> Tensor:
    """the scores are not divided by the temperature"""
    hard = targets.distillation_loss(student, teacher, y, 1.0, 0.0)
    soft = targets.distillation_loss(student, teacher, y, 1.0, 1.0) * temperature**2
    return alpha * soft + (1 - alpha) * hard


def cosine_without_warmup(step: int, warmup: int, total: int, lr: float) -> float:
    """the rate does not rise in the first steps"""
    return lr * 0.5 * (1 + math.cos(math.pi * step / total))


def cosine_over_all_steps(step: int, warmup: int, total: int, lr: float) -> float:
    """the cosine is counted from step 0, not from the end of the warm-up: the rate jumps"""
    return lr * step / warmup if step < warmup else cosine_without_warmup(step, warmup, total, lr)


def cosine_full_wave(step: int, warmup: int, total: int, lr: float) -> float:
    """a whole wave of the cosine is used: the rate comes back up; pi is wanted, not 2 pi"""
    if step < warmup:
        return lr * step / warmup
    return lr * 0.5 * (1 + math.cos(2 * math.pi * (step - warmup) / (total - warmup)))


def step_decay_each_epoch(epoch: int, lr: float, every: int, factor: float) -> float:
    """the rate falls a little at every epoch: epoch / every is not rounded down"""
    result: float = lr * factor ** (epoch / every)
    return result


def step_decay_once(epoch: int, lr: float, every: int, factor: float) -> float:
    """the rate falls once, and never again"""
    return lr * factor if epoch >= every else lr


def exponential_linear(epoch: int, lr: float, factor: float) -> float:
    """the factor is multiplied by the epoch, where it should be raised to its power"""
    return lr * factor * epoch


def exponential_natural(epoch: int, lr: float, factor: float) -> float:
    """it is exp(-factor * epoch), another curve"""
    return lr * math.exp(-factor * epoch)


def normalize_255_unit_constants(x: Tensor) -> Tensor:
    """the constants are those of images in [0, 1]"""
    return inputs.normalize_unit(x)


def normalize_255_reversed(x: Tensor) -> Tensor:
    """the channels' constants are in the wrong order (blue first)"""
    return inputs.normalize_255(x.flip(1)).flip(1)


def normalize_unit_reversed(x: Tensor) -> Tensor:
    """the channels' constants are in the wrong order (blue first)"""
    return inputs.normalize_unit(x.flip(1)).flip(1)


def normalize_unit_255_constants(x: Tensor) -> Tensor:
    """the constants are those of images in [0, 255]"""
    return inputs.normalize_255(x)


def normalize_unit_mean_only(x: Tensor) -> Tensor:
    """only the mean is taken away; it is not divided by the standard deviation"""
    return inputs.normalize_unit(x) * torch.tensor(inputs.STD).reshape(1, 3, 1, 1)
