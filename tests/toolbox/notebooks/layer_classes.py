# %% [markdown]
# # Layers as classes, each with `forward` and `backward`

# %%
import numpy as np
import torch


class Sigmoid:
    def forward(self, x):
        self.out = 1 / (1 + torch.exp(-x))
        return self.out

    def backward(self, dout):
        return dout * self.out * (1 - self.out)


class Tanh:
    def forward(self, x):
        self.out = (torch.exp(x) - torch.exp(-x)) / (torch.exp(x) + torch.exp(-x))
        return self.out

    def backward(self, dout):
        return dout * (1 - self.out**2)


class ReLU:
    def __init__(self):
        self.mask = None

    def forward(self, x):
        self.mask = x <= 0
        out = x.clone()
        out[self.mask] = 0
        return out

    def backward(self, dout):
        dx = dout.clone()
        dx[self.mask] = 0
        return dx


class LeakyReLU:
    def __init__(self, slope=0.1):
        self.slope = slope

    def forward(self, x):
        self.x = x
        return torch.where(x > 0, x, self.slope * x)

    def backward(self, dout):
        return torch.where(self.x > 0, dout, self.slope * dout)


class ELU:
    def __init__(self, alpha=1.0):
        self.alpha = alpha

    def forward(self, x):
        self.x = x
        return torch.where(x > 0, x, self.alpha * (torch.exp(x) - 1))

    def backward(self, dout):
        return dout * torch.where(self.x > 0, torch.ones_like(self.x), self.alpha * torch.exp(self.x))


class Maxout:
    def __init__(self, w1, b1, w2, b2):
        self.w1, self.b1, self.w2, self.b2 = w1, b1, w2, b2

    def __call__(self, x):
        return torch.maximum(x @ self.w1 + self.b1, x @ self.w2 + self.b2)


# %%
relu = ReLU()
print(relu.forward(torch.tensor([-1.0, 2.0])), relu.backward(torch.ones(2)))


# %%
class BatchNorm:
    """Rows or images; running statistics are attributes."""

    axes = (0,)

    def __init__(self, gamma, beta, running_mean, running_var, momentum=0.9, eps=1e-5):
        self.gamma, self.beta = gamma, beta
        self.running_mean, self.running_var = running_mean, running_var
        self.momentum, self.eps = momentum, eps

    def shaped(self, v):
        return v

    def forward(self, x, training=True):
        mean, var = self.running_mean, self.running_var
        if training:
            mean, var = x.mean(self.axes), x.var(self.axes, unbiased=False)
            self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mean
            self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var
        x_hat = (x - self.shaped(mean)) / torch.sqrt(self.shaped(var) + self.eps)
        return self.shaped(self.gamma) * x_hat + self.shaped(self.beta)


class BatchNorm2d(BatchNorm):
    axes = (0, 2, 3)

    def shaped(self, v):
        return v.reshape(1, -1, 1, 1)


class GroupNorm:
    def __init__(self, groups, gamma, beta, eps=1e-5):
        self.groups, self.gamma, self.beta, self.eps = groups, gamma, beta, eps

    def forward(self, x):
        g = x.reshape(x.shape[0], self.groups, -1)
        g = (g - g.mean(2, keepdim=True)) / torch.sqrt(g.var(2, unbiased=False, keepdim=True) + self.eps)
        return g.reshape(x.shape) * self.gamma[:, None, None] + self.beta[:, None, None]


class InstanceNorm(GroupNorm):
    def __init__(self, gamma, beta, eps=1e-5):
        super().__init__(len(gamma), gamma, beta, eps)


class LayerNorm:
    def __init__(self, gamma, beta, eps=1e-5):
        self.gamma, self.beta, self.eps = gamma, beta, eps

    def forward(self, x):
        mean = x.mean(1, keepdim=True)
        var = x.var(1, unbiased=False, keepdim=True)
        return self.gamma * (x - mean) / torch.sqrt(var + self.eps) + self.beta


class Dropout:
    def __init__(self, p):
        self.p = p

    def forward(self, x, training=True):
        if not training:
            return x
        self.mask = torch.rand_like(x) >= self.p
        return x * self.mask / (1 - self.p)


class DropConnect(Dropout):
    pass


# %%
class Initializers:
    @staticmethod
    def xavier_linear(d_in, d_out):
        return torch.randn(d_in, d_out) * d_in**-0.5

    @staticmethod
    def xavier_conv(c_in, c_out, k):
        return torch.randn(c_out, c_in, k, k) * (c_in * k * k) ** -0.5


class SGD:
    def __init__(self, lr):
        self.lr = lr

    def step(self, w, grad):
        return w - self.lr * grad


class Momentum:
    def __init__(self, lr, rho=0.9):
        self.lr, self.rho = lr, rho

    def step(self, w, grad, v):
        v = self.rho * v + grad
        return w - self.lr * v, v


# %%
class Penalties:
    """A namespace of functions."""

    @staticmethod
    def l1(w, lam):
        return lam * w.abs().sum()

    @staticmethod
    def l2(w, lam):
        return lam / 2 * (w**2).sum()

    @classmethod
    def elastic(cls, w, lam1, lam2):
        return cls.l1(w, lam1) + cls.l2(w, lam2)

    @staticmethod
    def max_norm(w, c):
        return w * torch.clamp(c / w.norm(dim=1, keepdim=True), max=1)


# %%
class Losses:
    def log_softmax(self, scores):
        return scores - torch.logsumexp(scores, 1, keepdim=True)

    def cross_entropy(self, scores, y):
        return -self.log_softmax(scores)[torch.arange(len(y)), y].mean()

    def mixup_loss(self, scores, y_a, y_b, lam):
        return lam * self.cross_entropy(scores, y_a) + (1 - lam) * self.cross_entropy(scores, y_b)

    def label_smoothing(self, scores, y, smoothing=0.1):
        return (1 - smoothing) * self.cross_entropy(scores, y) - smoothing * self.log_softmax(scores).mean()

    def distillation(self, student, teacher, y, temperature, alpha):
        p = self.log_softmax(teacher / temperature)
        q = self.log_softmax(student / temperature)
        kl = (p.exp() * (p - q)).sum(1).mean()
        return alpha * temperature**2 * kl + (1 - alpha) * self.cross_entropy(student, y)


class Mixup:
    def __init__(self, alpha):
        self.alpha = alpha

    def __call__(self, x, y):
        lam = np.random.beta(self.alpha, self.alpha)
        order = torch.randperm(len(x))
        return lam * x + (1 - lam) * x[order], y, y[order], lam


# %%
class WarmupCosine:
    def __init__(self, warmup, total, lr):
        self.warmup, self.total, self.lr = warmup, total, lr

    def __call__(self, step):
        if step < self.warmup:
            return self.lr * step / self.warmup
        return self.lr * (1 + np.cos(np.pi * (step - self.warmup) / (self.total - self.warmup))) / 2


class StepLR:
    def __init__(self, lr, step_size=7, gamma=0.1):
        self.lr, self.step_size, self.gamma = lr, step_size, gamma

    def get_lr(self, epoch):
        return self.lr * self.gamma ** (epoch // self.step_size)


class ExponentialLR:
    def __init__(self, lr, gamma=0.95):
        self.lr, self.gamma = lr, gamma

    def get_lr(self, epoch):
        return self.lr * self.gamma**epoch


class Normalize:
    def __init__(self, mean, std):
        self.mean = torch.tensor(mean).reshape(1, 3, 1, 1)
        self.std = torch.tensor(std).reshape(1, 3, 1, 1)

    def __call__(self, x):
        return (x - self.mean) / self.std


normalize_255 = Normalize((123.68, 116.779, 103.939), (58.393, 57.12, 57.375))
normalize_unit = Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
