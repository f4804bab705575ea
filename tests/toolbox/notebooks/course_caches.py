# %% [markdown]
# # Toolbox (layers with caches, parameters in dictionaries, updates in place)

# %%
import numpy as np


# %%
def sigmoid_forward(x):
    out = 1.0 / (1.0 + np.exp(-x))
    cache = x
    return out, cache


def sigmoid_gradient(x):
    s, _ = sigmoid_forward(x)
    return s * (1 - s)


def tanh_forward(x):
    out = (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))
    return out, x


def tanh_gradient(x):
    t, _ = tanh_forward(x)
    return 1 - t * t


def relu_forward(x):
    out = np.maximum(0, x)
    cache = x
    return out, cache


def relu_backward(dout, cache):
    x = cache
    dx = dout * (x > 0)
    return dx


def leaky_relu_forward(x, slope=0.1):
    return np.where(x > 0, x, slope * x), (x, slope)


def leaky_relu_gradient(x, slope=0.1):
    return np.where(x > 0, 1.0, slope)


def elu_forward(x, alpha=1.0):
    return np.where(x > 0, x, alpha * (np.exp(x) - 1)), (x, alpha)


def elu_gradient(x, alpha=1.0):
    return np.where(x > 0, 1.0, alpha * np.exp(x))


def maxout_forward(x, w1, b1, w2, b2):
    z1, z2 = x.dot(w1) + b1, x.dot(w2) + b2
    out = np.maximum(z1, z2)
    cache = (x, w1, w2, z1 > z2)
    return out, cache


# %%
def batchnorm_forward(x, gamma, beta, bn_param):
    """
    bn_param: mode ('train' or 'test'), eps, momentum, running_mean, running_var
    """
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    N, D = x.shape
    running_mean = bn_param.get("running_mean", np.zeros(D, dtype=x.dtype))
    running_var = bn_param.get("running_var", np.zeros(D, dtype=x.dtype))

    out, cache = None, None
    if mode == "train":
        mu = x.mean(axis=0)
        var = x.var(axis=0)
        std = np.sqrt(var + eps)
        x_hat = (x - mu) / std
        out = gamma * x_hat + beta
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * var
        cache = (x, x_hat, mu, std, gamma)
    elif mode == "test":
        x_hat = (x - running_mean) / np.sqrt(running_var + eps)
        out = gamma * x_hat + beta
    else:
        raise ValueError('Invalid forward batchnorm mode "%s"' % mode)

    bn_param["running_mean"] = running_mean
    bn_param["running_var"] = running_var
    return out, cache


def batchnorm_backward(dout, cache):
    x, x_hat, mu, std, gamma = cache
    N = x.shape[0]
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx_hat = dout * gamma
    dx = (dx_hat - dx_hat.mean(axis=0) - x_hat * (dx_hat * x_hat).mean(axis=0)) / std
    return dx, dgamma, dbeta


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    N, C, H, W = x.shape
    flat = x.transpose(0, 2, 3, 1).reshape(-1, C)
    out, cache = batchnorm_forward(flat, gamma, beta, bn_param)
    return out.reshape(N, H, W, C).transpose(0, 3, 1, 2), cache


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get("eps", 1e-5)
    mu = x.mean(axis=1, keepdims=True)
    var = x.var(axis=1, keepdims=True)
    x_hat = (x - mu) / np.sqrt(var + eps)
    return gamma * x_hat + beta, (x_hat, gamma, var + eps)


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    eps = gn_param.get("eps", 1e-5)
    N, C, H, W = x.shape
    x_group = np.reshape(x, (N, G, C // G, H, W))
    mean = np.mean(x_group, axis=(2, 3, 4), keepdims=True)
    var = np.var(x_group, axis=(2, 3, 4), keepdims=True)
    x_hat = ((x_group - mean) / np.sqrt(var + eps)).reshape(N, C, H, W)
    return gamma.reshape(1, C, 1, 1) * x_hat + beta.reshape(1, C, 1, 1), (G, x, x_hat, mean, var, gamma)


def instancenorm_forward(x, gamma, beta, in_param):
    return spatial_groupnorm_forward(x, gamma, beta, x.shape[1], in_param)


# %%
np.random.seed(231)
a = 5 * np.random.randn(200, 3) + 12
bn_param = {"mode": "train"}
out, _ = batchnorm_forward(a, np.ones(3), np.zeros(3), bn_param)
print("means:", out.mean(axis=0), "stds:", out.std(axis=0))


# %%
def xavier(n_in, n_out):
    return np.random.randn(n_in, n_out) / np.sqrt(n_in)


def xavier_conv(in_channels, num_filters, filter_size):
    fan_in = in_channels * filter_size * filter_size
    return np.random.randn(num_filters, in_channels, filter_size, filter_size) / np.sqrt(fan_in)


# %%
def sgd(w, dw, learning_rate):
    w -= learning_rate * dw
    return w


def sgd_momentum(w, dw, v, learning_rate, momentum):
    v *= momentum
    v += dw
    w -= learning_rate * v


# %%
def dropout_forward(x, dropout_param):
    """dropout_param: p, the probability of zeroing; mode, 'train' or 'test'"""
    p, mode = dropout_param["p"], dropout_param["mode"]
    mask = None
    if mode == "train":
        mask = (np.random.rand(*x.shape) > p) / (1 - p)
        out = x * mask
    else:
        out = x
    return out.astype(x.dtype, copy=False), (dropout_param, mask)


def dropconnect_forward(w, dropout_param):
    return dropout_forward(w, dropout_param)


def l1_loss(W, reg):
    """Returns the penalty and its gradient."""
    return reg * np.abs(W).sum(), reg * np.sign(W)


def l2_loss(W, reg):
    return 0.5 * reg * np.sum(W * W), reg * W


def elastic_loss(W, reg1, reg2):
    l1, d1 = l1_loss(W, reg1)
    l2, d2 = l2_loss(W, reg2)
    return l1 + l2, d1 + d2


def max_norm(W, max_value):
    for i in range(W.shape[0]):
        norm = np.sqrt((W[i] ** 2).sum())
        if norm > max_value:
            W[i] *= max_value / norm


# %%
def softmax(s):
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def softmax_loss(x, y):
    probs = softmax(x)
    N = x.shape[0]
    loss = -np.sum(np.log(probs[np.arange(N), y])) / N
    dx = probs.copy()
    dx[np.arange(N), y] -= 1
    return loss, dx / N


def mixup_data(X, y, alpha=1.0):
    lam = np.random.beta(alpha, alpha)
    index = np.random.permutation(X.shape[0])
    return lam * X + (1 - lam) * X[index, :], y, y[index], lam


def mixup_loss(scores, y_a, y_b, lam):
    la, da = softmax_loss(scores, y_a)
    lb, db = softmax_loss(scores, y_b)
    return lam * la + (1 - lam) * lb, lam * da + (1 - lam) * db


def label_smoothing_loss(scores, y, smoothing=0.1):
    N, K = scores.shape
    target = np.ones((N, K)) * smoothing / K
    target[range(N), y] += 1 - smoothing
    probs = softmax(scores)
    return -np.sum(target * np.log(probs)) / N, (probs - target) / N


def distillation_loss(student_scores, teacher_scores, y, T, alpha):
    p, q = softmax(teacher_scores / T), softmax(student_scores / T)
    soft = np.sum(p * np.log(p / q)) / len(y)
    hard, _ = softmax_loss(student_scores, y)
    return alpha * T**2 * soft + (1 - alpha) * hard


# %%
def warmup_cosine_lr(iteration, warmup_iters, max_iters, base_lr):
    if iteration < warmup_iters:
        return base_lr * iteration / warmup_iters
    frac = (iteration - warmup_iters) / (max_iters - warmup_iters)
    return 0.5 * base_lr * (1 + np.cos(np.pi * frac))


def step_decay_lr(epoch, base_lr, step_size, gamma):
    return base_lr * gamma ** (epoch // step_size)


def exponential_decay_lr(epoch, base_lr, gamma):
    return base_lr * gamma**epoch


# %%
def preprocess_255(images):
    mean = np.array([123.68, 116.779, 103.939]).reshape(3, 1, 1)
    std = np.array([58.393, 57.12, 57.375]).reshape(3, 1, 1)
    return (images - mean) / std


def preprocess_unit(images):
    mean = np.array([0.485, 0.456, 0.406]).reshape(3, 1, 1)
    std = np.array([0.229, 0.224, 0.225]).reshape(3, 1, 1)
    return (images - mean) / std
