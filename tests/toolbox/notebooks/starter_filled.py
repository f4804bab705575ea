# %% [markdown]
# # The pieces of training, written from scratch
#
# Name: Ada
#
# The statement has the formulas and the conventions. Write each function below in place of its `raise NotImplementedError`; the cells between them are for trying things out, and nothing in those is marked. Tensors in, tensors out; NumPy arrays are as good. Names are free, but those below are found at once.
#
# `import grader; grader.check()` in a cell, or `grade check` on the command line, tells you which functions are right.

# %%
import math

import torch

# %% [markdown]
# ## 1. Activations
#
# Elementwise, on a tensor of any shape.


# %%
def sigmoid(x):
    """1 / (1 + exp(-x))."""
    return 1 / (1 + torch.exp(-x))


def tanh(x):
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x)), without torch.tanh."""
    a, b = torch.exp(x), torch.exp(-x)
    return (a - b) / (a + b)


def relu(x):
    """x where x > 0, else 0."""
    return torch.clamp(x, min=0)


def leaky_relu(x, slope=0.1):
    """x where x > 0, else slope * x."""
    return torch.maximum(x, slope * x)


def elu(x, alpha=1.0):
    """x where x > 0, else alpha * (exp(x) - 1)."""
    out = x.clone()
    out[x <= 0] = alpha * (torch.exp(x[x <= 0]) - 1)
    return out


def maxout(x, w1, b1, w2, b2):
    """The larger of x @ w1 + b1 and x @ w2 + b2, unit by unit. x (N, D), w1 and w2 (D, M), b1 and b2 (M,)."""
    return torch.stack([x @ w1 + b1, x @ w2 + b2]).max(dim=0).values


# %% [markdown]
# Their derivatives **at x**: x is what goes into the activation, not what comes out of it.


# %%
def sigmoid_grad(x):
    s = sigmoid(x)
    return s * (1 - s)


def tanh_grad(x):
    return 1 - tanh(x).pow(2)


def relu_grad(x):
    """At 0, where there is none: 0, 1/2 or 1."""
    return (x > 0).float()


def leaky_relu_grad(x, slope=0.1):
    """At 0: slope or 1."""
    d = torch.ones_like(x)
    d[x < 0] = slope
    return d


def elu_grad(x, alpha=1.0):
    return torch.where(x > 0, 1.0, alpha * torch.exp(x))


# %% [markdown]
# Try it: a derivative is (f(x + h) - f(x - h)) / 2h for a small h. In float64, or the difference drowns in rounding.


# %%
def compare(f, df, at=(-10.0, -1.0, 0.5, 10.0), h=1e-5):
    points = torch.tensor(at, dtype=torch.float64)
    print("by hand     ", df(points))
    print("differences ", (f(points + h) - f(points - h)) / (2 * h))


compare(sigmoid, sigmoid_grad)
compare(tanh, tanh_grad)
compare(relu, relu_grad)
compare(leaky_relu, leaky_relu_grad)
compare(elu, elu_grad)

# %% [markdown]
# ## 2. Batch normalisation and its relatives
#
# The variance is divided by n, and eps stands under the square root. New running value = momentum * old one + (1 - momentum) * that of the batch.


# %%
def batch_norm_train_1d(x, gamma, beta, running_mean, running_var, momentum=0.9, eps=1e-5):
    """x (N, D), all others (D,). Returns the output and the new running mean and running variance."""
    mean = x.mean(dim=0)
    var = x.var(dim=0, unbiased=False)
    out = gamma * (x - mean) / torch.sqrt(var + eps) + beta
    running_mean = momentum * running_mean + (1 - momentum) * mean
    running_var = momentum * running_var + (1 - momentum) * var
    return out, running_mean, running_var


def batch_norm_test_1d(x, gamma, beta, running_mean, running_var, eps=1e-5):
    """x (N, D), all others (D,). Returns the output."""
    return gamma * (x - running_mean) / torch.sqrt(running_var + eps) + beta


def batch_norm_train_2d(x, gamma, beta, running_mean, running_var, momentum=0.9, eps=1e-5):
    """x (N, C, H, W), all others (C,). Returns the output and the new running mean and running variance."""
    N, C, H, W = x.shape
    flat = x.permute(0, 2, 3, 1).reshape(-1, C)
    out, running_mean, running_var = batch_norm_train_1d(
        flat, gamma, beta, running_mean, running_var, momentum, eps
    )
    return out.reshape(N, H, W, C).permute(0, 3, 1, 2), running_mean, running_var


def batch_norm_test_2d(x, gamma, beta, running_mean, running_var, eps=1e-5):
    """x (N, C, H, W), all others (C,). Returns the output."""
    gamma, beta, mean, var = (v.view(1, -1, 1, 1) for v in (gamma, beta, running_mean, running_var))
    return gamma * (x - mean) / (var + eps).sqrt() + beta


def layer_norm(x, gamma, beta, eps=1e-5):
    """x (N, D), gamma and beta (D,): each row by its own mean and variance."""
    mean = x.mean(dim=1, keepdim=True)
    var = ((x - mean) ** 2).mean(dim=1, keepdim=True)
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta


def group_norm(x, gamma, beta, groups, eps=1e-5):
    """x (N, C, H, W), gamma and beta (C,): each group of C / groups channels of each image by its own mean and variance."""
    N, C, H, W = x.shape
    g = x.view(N, groups, -1)
    mean = g.mean(-1, keepdim=True)
    var = g.var(-1, keepdim=True, unbiased=False)
    g = (g - mean) / torch.sqrt(var + eps)
    return g.view(N, C, H, W) * gamma.view(1, C, 1, 1) + beta.view(1, C, 1, 1)


def instance_norm(x, gamma, beta, eps=1e-5):
    """x (N, C, H, W), gamma and beta (C,): each channel of each image by its own mean and variance."""
    return group_norm(x, gamma, beta, x.shape[1], eps)


# %% [markdown]
# Try it: which gamma and beta give x back?

# %%
x = 3 + 2 * torch.randn(64, 5)
out, mean, var = batch_norm_train_1d(x, torch.ones(5), torch.zeros(5), torch.zeros(5), torch.ones(5))
print(out.mean(0), out.var(0, unbiased=False))

# %% [markdown]
# ## 3. Initialisation
#
# Normal, mean 0, standard deviation 1 / sqrt(inputs of a unit).


# %%
def xavier_linear(d_in, d_out):
    """Weights (d_in, d_out) of a linear layer."""
    return torch.randn(d_in, d_out) / math.sqrt(d_in)


def xavier_conv(c_in, c_out, k):
    """Weights (c_out, c_in, k, k) of a convolution. How many inputs has one of its units?"""
    return torch.randn(c_out, c_in, k, k) / math.sqrt(k * k * c_in)


# %% [markdown]
# Try it: seven layers of 4096 units, with weights of 0.01, of 0.05, and with yours.


# %%
def seven_layers(weights, activation=torch.tanh, units=512):
    a = torch.randn(16, units)
    for layer in range(1, 8):
        a = activation(a @ weights(units, units))
        print(f"layer {layer}: standard deviation {a.std():.4f}")


seven_layers(lambda d_in, d_out: 0.01 * torch.randn(d_in, d_out))
seven_layers(lambda d_in, d_out: 0.05 * torch.randn(d_in, d_out))
seven_layers(xavier_linear)

# %% [markdown]
# ## 4. Steps of an optimizer


# %%
def sgd_step(w, grad, lr):
    """Returns the new weights. Any shape."""
    return w - lr * grad


def momentum_step(w, grad, v, lr, rho=0.9):
    """v = rho * v + grad, then w - lr * v. Returns the new weights and the new velocity."""
    v = rho * v + grad
    w = w - lr * v
    return w, v


# %% [markdown]
# Try it: go down a long valley, with both.


# %%
def valley(w):
    """10 w0² + w1² / 10, and its gradient."""
    return 10 * w[0] ** 2 + w[1] ** 2 / 10, torch.stack([20 * w[0], w[1] / 5])


w = torch.tensor([1.0, 10.0])
for step in range(100):
    w = sgd_step(w, valley(w)[1], 0.05)
print(w, valley(w)[0])

# %% [markdown]
# ## 5. Regularisation


# %%
def dropout(x, p, training=True):
    """Each value is zeroed with probability p, the others are divided by 1 - p. Without training: x as it is."""
    if not training:
        return x
    mask = (torch.rand(x.shape) > p).float()
    return x * mask / (1 - p)


def drop_connect(w, p, training=True):
    """The same for the weights of a layer, in place of what it is given."""
    return dropout(w, p, training)


def l1_penalty(w, lam):
    """lam * sum |w|."""
    return lam * w.abs().sum()


def l2_penalty(w, lam):
    """lam / 2 * sum w²."""
    return lam / 2 * (w**2).sum()


def elastic_net(w, lam1, lam2):
    """lam1 * sum |w| + lam2 / 2 * sum w²."""
    return l1_penalty(w, lam1) + l2_penalty(w, lam2)


def max_norm(w, c):
    """w (units, inputs): rows whose norm is above c are shortened to norm c, the others stay."""
    norms = torch.sqrt((w**2).sum(dim=1, keepdim=True))
    return torch.where(norms > c, w * c / norms, w)


# %% [markdown]
# Try it: how many values does dropout zero, and what happens to the mean?

# %%
dropped = dropout(torch.ones(1000, 1000), 0.3)
print((dropped == 0).float().mean(), dropped.mean())

# %% [markdown]
# ## 6. Softer targets
#
# scores (N, K): before the softmax. y (N,): class numbers. Losses are averaged over the batch.


# %%
def log_softmax(scores):
    shifted = scores - scores.max(dim=1, keepdim=True).values
    return shifted - shifted.exp().sum(dim=1, keepdim=True).log()


def cross_entropy(scores, y):
    return -log_softmax(scores)[torch.arange(len(y)), y].mean()


def mixup(x, y, alpha):
    """One lam from Beta(alpha, alpha) for the batch, and the batch in another order. x (N, ...), y (N,).

    Returns lam * x + (1 - lam) * x[order], y, y[order], lam.
    """
    lam = torch.distributions.Beta(alpha, alpha).sample().item()
    order = torch.randperm(x.shape[0])
    return lam * x + (1 - lam) * x[order], y, y[order], lam


def mixup_loss(scores, y_a, y_b, lam):
    """lam * cross-entropy with y_a + (1 - lam) * cross-entropy with y_b."""
    return lam * cross_entropy(scores, y_a) + (1 - lam) * cross_entropy(scores, y_b)


def label_smoothing_loss(scores, y, smoothing=0.1):
    """Cross-entropy with targets that give each of the K classes smoothing / K, and the label 1 - smoothing besides."""
    K = scores.shape[1]
    targets = torch.full_like(scores, smoothing / K)
    targets[torch.arange(len(y)), y] += 1 - smoothing
    return -(targets * log_softmax(scores)).sum(dim=1).mean()


def distillation_loss(student, teacher, y, temperature, alpha):
    """alpha * T² * KL(teacher || student), both softened by T, + (1 - alpha) * cross-entropy of the student with y."""
    p = log_softmax(teacher / temperature).exp()
    q = log_softmax(student / temperature)
    kl = (p * (p.log() - q)).sum(dim=1).mean()
    return alpha * temperature**2 * kl + (1 - alpha) * cross_entropy(student, y)


# %% [markdown]
# ## 7. Learning rates
#
# Numbers in, one number out. Steps and epochs are counted from 0.


# %%
def warmup_cosine(step, warmup, total, lr):
    """From 0 up to lr in a straight line in the first `warmup` steps, then down to 0 at step `total` along half a cosine."""
    if step < warmup:
        return lr * step / warmup
    progress = (step - warmup) / (total - warmup)
    return lr * (1 + math.cos(math.pi * progress)) / 2


def step_decay(epoch, lr, every=7, factor=0.1):
    """lr, multiplied by factor after every so many epochs."""
    return lr * factor ** (epoch // every)


def exponential_decay(epoch, lr, factor=0.95):
    """lr, multiplied by factor after each epoch."""
    return lr * factor**epoch


# %% [markdown]
# Try it: draw the three curves.

# %%
# import matplotlib.pyplot as plt
#
# plt.plot([warmup_cosine(step, 10, 100, 0.1) for step in range(101)])
# plt.plot([step_decay(epoch, 0.1) for epoch in range(101)])
# plt.plot([exponential_decay(epoch, 0.1) for epoch in range(101)])

# %% [markdown]
# ## 8. Input normalisation
#
# (x - mean) / std for each channel, red, green, blue. x (N, 3, H, W).


# %%
def normalize_255(x):
    """x in [0, 255]: mean (123.68, 116.779, 103.939), std (58.393, 57.12, 57.375)."""
    mean = torch.tensor([123.68, 116.779, 103.939]).view(1, 3, 1, 1)
    std = torch.tensor([58.393, 57.12, 57.375]).view(1, 3, 1, 1)
    return (x - mean) / std


def normalize_unit(x):
    """x in [0, 1]: mean (0.485, 0.456, 0.406), std (0.229, 0.224, 0.225)."""
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
    return (x - mean) / std
