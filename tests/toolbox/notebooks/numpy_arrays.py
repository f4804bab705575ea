# %% [markdown]
# # Training toolbox, NumPy only

# %%
import numpy as np
import torch  # to compare with, in one cell


# %%
def sigmoid(x):
    return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))


def tanh(x):
    return 2 * sigmoid(2 * x) - 1


def relu(x):
    return np.maximum(0, x)


def leaky_relu(x, slope=0.1):
    return np.where(x > 0, x, slope * x)


def elu(x, alpha=1.0):
    y = x.copy()
    y[y < 0] = alpha * (np.exp(y[y < 0]) - 1)
    return y


def maxout(x, w1, b1, w2, b2):
    return np.maximum(x.dot(w1) + b1, x.dot(w2) + b2)


# %%
def sigmoid_prime(x):
    return sigmoid(x) * (1 - sigmoid(x))


def tanh_prime(x):
    return 1 - tanh(x) ** 2


def relu_prime(x):
    return (x > 0).astype(int)


def leaky_relu_prime(x, slope=0.1):
    return np.where(x > 0, 1, slope)


def elu_prime(x, alpha=1.0):
    return np.where(x > 0, 1, alpha * np.exp(x))


# %%
def numerical_gradient(f, x, h=1e-5):
    grad = np.zeros_like(x)
    it = np.nditer(x, flags=["multi_index"])
    while not it.finished:
        i = it.multi_index
        old = x[i]
        x[i] = old + h
        up = f(x).sum()
        x[i] = old - h
        down = f(x).sum()
        x[i] = old
        grad[i] = (up - down) / (2 * h)
        it.iternext()
    return grad


def check_relu_grad(x=None):
    x = np.random.randn(3, 3) if x is None else x
    assert np.allclose(numerical_gradient(relu, x), relu_prime(x))


check_relu_grad()
assert np.allclose(sigmoid(np.array([-3.0, 2.0])), torch.sigmoid(torch.tensor([-3.0, 2.0])).numpy())


# %%
# x.var() of NumPy divides by n
def batchnorm1d_train(x, gamma, beta, running_mean, running_var, momentum=0.9, eps=1e-5):
    mu, var = x.mean(axis=0), x.var(axis=0)
    out = gamma * (x - mu) / (var + eps) ** 0.5 + beta
    return out, momentum * running_mean + (1 - momentum) * mu, momentum * running_var + (1 - momentum) * var


def batchnorm1d_test(x, gamma, beta, running_mean, running_var, eps=1e-5):
    return gamma * (x - running_mean) / (running_var + eps) ** 0.5 + beta


def batchnorm2d_train(x, gamma, beta, running_mean, running_var, momentum=0.9, eps=1e-5):
    n, c, h, w = x.shape
    rows = x.transpose(0, 2, 3, 1).reshape(-1, c)
    out, rm, rv = batchnorm1d_train(rows, gamma, beta, running_mean, running_var, momentum, eps)
    return out.reshape(n, h, w, c).transpose(0, 3, 1, 2), rm, rv


def batchnorm2d_test(x, gamma, beta, running_mean, running_var, eps=1e-5):
    g, b, m, v = [a.reshape(1, -1, 1, 1) for a in (gamma, beta, running_mean, running_var)]
    return g * (x - m) / (v + eps) ** 0.5 + b


def layernorm(x, gamma, beta, eps=1e-5):
    mu, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
    return gamma * (x - mu) / (var + eps) ** 0.5 + beta


def groupnorm(x, gamma, beta, G, eps=1e-5):
    N, C, H, W = x.shape
    x = x.reshape(N, G, C // G, H, W)
    x = (x - x.mean(axis=(2, 3, 4), keepdims=True)) / (x.var(axis=(2, 3, 4), keepdims=True) + eps) ** 0.5
    return x.reshape(N, C, H, W) * gamma.reshape(1, C, 1, 1) + beta.reshape(1, C, 1, 1)


def instancenorm(x, gamma, beta, eps=1e-5):
    return groupnorm(x, gamma, beta, x.shape[1], eps)


# %%
def xavier_init(fan_in, fan_out):
    return np.random.randn(fan_in, fan_out) / np.sqrt(fan_in)


def xavier_init_conv(c_in, c_out, k):
    return np.random.randn(c_out, c_in, k, k) / np.sqrt(c_in * k * k)


# %%
def sgd(w, dw, lr):
    return w - lr * dw


def sgd_momentum(w, dw, v, lr, rho=0.9):
    v = rho * v + dw
    return w - lr * v, v


# %%
def dropout(x, p, train=True):
    if not train:
        return x
    return x * np.random.binomial(1, 1 - p, size=x.shape) / (1 - p)


def dropconnect(w, p, train=True):
    return dropout(w, p, train)


def l1_reg(w, lam):
    return lam * np.sum(np.abs(w))


def l2_reg(w, lam):
    return lam * np.linalg.norm(w) ** 2 / 2


def elastic_net_reg(w, lam1, lam2):
    return l1_reg(w, lam1) + l2_reg(w, lam2)


def maxnorm(w, c):
    norms = np.linalg.norm(w, axis=1, keepdims=True)
    return w * np.minimum(1, c / norms)


# %%
def log_softmax(z):
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def cross_entropy(z, y):
    return -log_softmax(z)[np.arange(len(y)), y].mean()


def mixup(x, y, alpha):
    lam = np.random.beta(alpha, alpha)
    perm = np.random.permutation(len(x))
    return lam * x + (1 - lam) * x[perm], y, y[perm], lam


def mixup_loss(z, y_a, y_b, lam):
    return lam * cross_entropy(z, y_a) + (1 - lam) * cross_entropy(z, y_b)


def smooth_cross_entropy(z, y, eps=0.1):
    n, k = z.shape
    t = np.full((n, k), eps / k)
    t[np.arange(n), y] += 1 - eps
    return -(t * log_softmax(z)).sum() / n


def distillation(z_student, z_teacher, y, T, alpha):
    p = np.exp(log_softmax(z_teacher / T))
    kl = (p * (np.log(p) - log_softmax(z_student / T))).sum(axis=1).mean()
    return alpha * T * T * kl + (1 - alpha) * cross_entropy(z_student, y)


# %%
def warmup_cosine(t, warmup, total, lr):
    return np.where(
        t < warmup, lr * t / warmup, lr * (1 + np.cos(np.pi * (t - warmup) / (total - warmup))) / 2
    )


def step_lr(epoch, lr, step_size=7, gamma=0.1):
    return lr * gamma ** np.floor(epoch / step_size)


def exp_lr(epoch, lr, gamma=0.95):
    return lr * np.power(gamma, epoch)


# %%
MEAN255, STD255 = np.array([123.68, 116.779, 103.939]), np.array([58.393, 57.12, 57.375])
MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def normalize255(x):
    return (x - MEAN255[None, :, None, None]) / STD255[None, :, None, None]


def normalize01(x):
    return (x - MEAN[None, :, None, None]) / STD[None, :, None, None]
