# %% [markdown]
# Lab, functions in the order of the statement

# %%
import math
import torch


# %%
def f1(x):
    return 1 / (1 + torch.exp(-x))


# %%
def f2(x):
    a, b = (torch.exp(x), torch.exp(-x))
    return (a - b) / (a + b)


# %%
def f3(x):
    return torch.clamp(x, min=0)


# %%
def f4(x, slope=0.1):
    return torch.maximum(x, slope * x)


# %%
def f5(x, alpha=1.0):
    out = x.clone()
    out[x <= 0] = alpha * (torch.exp(x[x <= 0]) - 1)
    return out


# %%
def f6(x, w1, b1, w2, b2):
    return torch.stack([x @ w1 + b1, x @ w2 + b2]).max(dim=0).values


# %%
def f7(x):
    s = f1(x)
    return s * (1 - s)


# %%
def f8(x):
    return 1 - f2(x).pow(2)


# %%
def f9(x):
    return (x > 0).float()


# %%
def f10(x, slope=0.1):
    d = torch.ones_like(x)
    d[x < 0] = slope
    return d


# %%
def f11(x, alpha=1.0):
    return torch.where(x > 0, 1.0, alpha * torch.exp(x))


# %%
def f12(x, gamma, beta, running_mean, running_var, momentum=0.9, eps=1e-05):
    mean = x.mean(dim=0)
    var = x.var(dim=0, unbiased=False)
    out = gamma * (x - mean) / torch.sqrt(var + eps) + beta
    running_mean = momentum * running_mean + (1 - momentum) * mean
    running_var = momentum * running_var + (1 - momentum) * var
    return (out, running_mean, running_var)


# %%
def f13(x, gamma, beta, running_mean, running_var, eps=1e-05):
    return gamma * (x - running_mean) / torch.sqrt(running_var + eps) + beta


# %%
def f14(x, gamma, beta, running_mean, running_var, momentum=0.9, eps=1e-05):
    N, C, H, W = x.shape
    flat = x.permute(0, 2, 3, 1).reshape(-1, C)
    out, running_mean, running_var = f12(flat, gamma, beta, running_mean, running_var, momentum, eps)
    return (out.reshape(N, H, W, C).permute(0, 3, 1, 2), running_mean, running_var)


# %%
def f15(x, gamma, beta, running_mean, running_var, eps=1e-05):
    gamma, beta, mean, var = (v.view(1, -1, 1, 1) for v in (gamma, beta, running_mean, running_var))
    return gamma * (x - mean) / (var + eps).sqrt() + beta


# %%
def f16(x, gamma, beta, eps=1e-05):
    mean = x.mean(dim=1, keepdim=True)
    var = ((x - mean) ** 2).mean(dim=1, keepdim=True)
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta


# %%
def f17(x, gamma, beta, groups, eps=1e-05):
    N, C, H, W = x.shape
    g = x.view(N, groups, -1)
    mean = g.mean(-1, keepdim=True)
    var = g.var(-1, keepdim=True, unbiased=False)
    g = (g - mean) / torch.sqrt(var + eps)
    return g.view(N, C, H, W) * gamma.view(1, C, 1, 1) + beta.view(1, C, 1, 1)


# %%
def f18(x, gamma, beta, eps=1e-05):
    return f17(x, gamma, beta, x.shape[1], eps)


# %%
def f19(d_in, d_out):
    return torch.randn(d_in, d_out) / math.sqrt(d_in)


# %%
def f20(c_in, c_out, k):
    return torch.randn(c_out, c_in, k, k) / math.sqrt(k * k * c_in)


# %%
def f21(w, grad, lr):
    return w - lr * grad


# %%
def f22(w, grad, v, lr, rho=0.9):
    v = rho * v + grad
    w = w - lr * v
    return (w, v)


# %%
def f23(x, p, training=True):
    if not training:
        return x
    mask = (torch.rand(x.shape) > p).float()
    return x * mask / (1 - p)


# %%
def f24(w, p, training=True):
    return f23(w, p, training)


# %%
def f25(w, lam):
    return lam * w.abs().sum()


# %%
def f26(w, lam):
    return lam / 2 * (w**2).sum()


# %%
def f27(w, lam1, lam2):
    return f25(w, lam1) + f26(w, lam2)


# %%
def f28(w, c):
    norms = torch.sqrt((w**2).sum(dim=1, keepdim=True))
    return torch.where(norms > c, w * c / norms, w)


def h1(scores):
    shifted = scores - scores.max(dim=1, keepdim=True).values
    return shifted - shifted.exp().sum(dim=1, keepdim=True).log()


def h2(scores, y):
    return -h1(scores)[torch.arange(len(y)), y].mean()


# %%
def f29(x, y, alpha):
    lam = torch.distributions.Beta(alpha, alpha).sample().item()
    order = torch.randperm(x.shape[0])
    return (lam * x + (1 - lam) * x[order], y, y[order], lam)


# %%
def f30(scores, y_a, y_b, lam):
    return lam * h2(scores, y_a) + (1 - lam) * h2(scores, y_b)


# %%
def f31(scores, y, smoothing=0.1):
    K = scores.shape[1]
    targets = torch.full_like(scores, smoothing / K)
    targets[torch.arange(len(y)), y] += 1 - smoothing
    return -(targets * h1(scores)).sum(dim=1).mean()


# %%
def f32(student, teacher, y, temperature, alpha):
    p = h1(teacher / temperature).exp()
    q = h1(student / temperature)
    kl = (p * (p.log() - q)).sum(dim=1).mean()
    return alpha * temperature**2 * kl + (1 - alpha) * h2(student, y)


# %%
def f33(step, warmup, total, lr):
    if step < warmup:
        return lr * step / warmup
    progress = (step - warmup) / (total - warmup)
    return lr * (1 + math.cos(math.pi * progress)) / 2


# %%
def f34(epoch, lr, every=7, factor=0.1):
    return lr * factor ** (epoch // every)


# %%
def f35(epoch, lr, factor=0.95):
    return lr * factor**epoch


# %%
def f36(x):
    mean = torch.tensor([123.68, 116.779, 103.939]).view(1, 3, 1, 1)
    std = torch.tensor([58.393, 57.12, 57.375]).view(1, 3, 1, 1)
    return (x - mean) / std


# %%
def f37(x):
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
    return (x - mean) / std
