# %% [markdown]
# # One function for all batch norms; running statistics in place; other orders of arguments

# %%
import numpy as np
import torch
import torch.nn.functional as F
from torch.nn.functional import elu as torch_elu
from torch.nn.functional import relu


# %%
def my_relu(z):
    return torch.where(z > 0, z, torch.zeros_like(z))


def my_lrelu(alpha, z):
    return torch.where(z > 0, z, alpha * z)


def my_elu(alpha, z):
    return torch.where(z > 0, z, alpha * (z.exp() - 1))


def my_sigmoid(z):
    return 0.5 * (1 + my_tanh(z / 2))


def my_tanh(z):
    e = (-2 * z.abs()).exp()
    return z.sign() * (1 - e) / (1 + e)


def my_maxout(x, weights1, weights2, bias1, bias2):
    return torch.maximum(x @ weights1 + bias1, x @ weights2 + bias2)


derivatives = {
    "relu": lambda z: (z > 0).float(),
    "lrelu": lambda z, slope=0.1: (z > 0).float() + slope * (z <= 0).float(),
    "elu": lambda z: torch.where(z > 0, torch.ones_like(z), z.exp()),
    "sigmoid": lambda z: my_sigmoid(z) * my_sigmoid(-z),
    "tanh": lambda z: 1 - my_tanh(z).square(),
}

# %%
# compared with PyTorch
z = torch.linspace(-3, 3, 13)
assert torch.allclose(my_elu(1.0, z), torch_elu(z)) and torch.allclose(my_relu(z), relu(z))
sigmoid = torch.sigmoid(z)
tanh = torch.tanh(z)
print((my_sigmoid(z) - sigmoid).abs().max(), (my_tanh(z) - tanh).abs().max())


def plot_sigmoid(x):
    import matplotlib.pyplot as plt

    plt.plot(x.numpy(), my_sigmoid(x).numpy())
    plt.show()


def test_tanh():
    assert torch.allclose(my_tanh(z), tanh, atol=1e-6)


def check_grad_relu(x, h=1e-3):
    return ((my_relu(x + h) - my_relu(x - h)) / (2 * h) - derivatives["relu"](x)).abs().max() < 1e-3


test_tanh()
check_grad_relu(torch.tensor([-1.0, 1.0]))


# %%
def batch_norm(x, running_mean, running_var, gamma, beta, training, momentum=0.9, eps=1e-5):
    """x (N, D) or (N, C, H, W). Changes the running statistics in place."""
    images = x.dim() == 4
    if images:
        n, c, h, w = x.shape
        x = x.permute(0, 2, 3, 1).reshape(-1, c)
    if training:
        mean, var = x.mean(0), x.var(0, unbiased=False)
        running_mean.mul_(momentum).add_(mean, alpha=1 - momentum)
        running_var.mul_(momentum).add_(var, alpha=1 - momentum)
    else:
        mean, var = running_mean, running_var
    out = gamma * (x - mean) / torch.sqrt(var + eps) + beta
    return out.reshape(n, h, w, c).permute(0, 3, 1, 2) if images else out


def norm(x, kind, gamma, beta, groups=None, eps=1e-5):
    """Layer, group and instance norm by one reshape."""
    groups = {"layer": 1, "group": groups, "instance": x.shape[1]}[kind]
    rows = x.reshape(x.shape[0] * groups, -1)
    rows = (rows - rows.mean(1)[:, None]) / (rows.var(1, unbiased=False)[:, None] + eps).sqrt()
    shape = [1, -1] + [1] * (x.dim() - 2)
    return rows.reshape(x.shape) * gamma.reshape(shape) + beta.reshape(shape)


def layer_norm(x, beta, gamma, eps=1e-5):
    return norm(x, "layer", gamma, beta, eps=eps)


def group_norm(groups, x, beta, gamma, eps=1e-5):
    return norm(x, "group", gamma, beta, groups, eps)


def instance_norm(x, beta, gamma, eps=1e-5):
    return norm(x, "instance", gamma, beta, eps=eps)


# %%
def xavier(fan_out, fan_in):
    return np.random.normal(0, 1 / np.sqrt(fan_in), (fan_out, fan_in))


def conv_xavier(k, c_out, c_in):
    return torch.randn(c_out, c_in, k, k).div((k * k * c_in) ** 0.5)


def train_step(lr, w, grad):
    w -= lr * grad


def train_step_with_momentum(lr, rho, w, v, grad):
    v.mul_(rho).add_(grad)
    w -= lr * v


# %%
def drop_out(p, x, train):
    return F.relu(torch.ones(())) * x * (torch.rand_like(x) > p) / (1 - p) if train else x


def drop_conn(p, w, train):
    return drop_out(p, w, train)


def lasso(lam, w):
    return (lam * w.abs().sum()).item()


def ridge(lam, w):
    return (lam * w.square().sum() / 2).item()


def elastic(l1, l2, w):
    return lasso(l1, w) + ridge(l2, w)


def project_max_norm(c, w):
    for row in w:
        if row.norm() > c:
            row *= c / row.norm()
    return w


# %%
def mixup_batch(alpha, x, y):
    lam = np.random.beta(alpha, alpha)
    index = torch.randperm(x.size(0))
    return lam * x + (1 - lam) * x[index], (y, y[index]), lam


def mixup_criterion(criterion, pred, y_a, y_b, lam):
    return lam * criterion(pred, y_a) + (1 - lam) * criterion(pred, y_b)


def smoothed_ce(logits, target, epsilon=0.1):
    return (1 - epsilon) * F.cross_entropy(logits, target) - epsilon * F.log_softmax(logits, 1).mean()


def kd_loss(outputs, labels, teacher_outputs, alpha, T):
    soft = F.kl_div(
        F.log_softmax(outputs / T, dim=1), F.softmax(teacher_outputs / T, dim=1), reduction="batchmean"
    )
    return soft * alpha * T * T + F.cross_entropy(outputs, labels) * (1 - alpha)


# %%
def cosine_with_warmup(lr, warmup_steps, total_steps, step):
    warm = lr * step / warmup_steps
    cosine = lr * (1 + torch.cos(torch.pi * (step - warmup_steps) / (total_steps - warmup_steps))) / 2
    return torch.where(step < warmup_steps, warm, cosine)


print(cosine_with_warmup(0.1, 3, 10, torch.arange(11)))


def lr_steps(lr, gamma, step_size, epoch):
    return lr * gamma ** (epoch // step_size)


def lr_exponential(lr, gamma, epoch):
    return lr * gamma**epoch


# %%
def standardize(x):
    return (x - torch.tensor([0.485, 0.456, 0.406])[:, None, None]) / torch.tensor([0.229, 0.224, 0.225])[
        :, None, None
    ]


def standardize_255(x):
    return (x - torch.tensor([123.68, 116.779, 103.939])[:, None, None]) / torch.tensor(
        [58.393, 57.12, 57.375]
    )[:, None, None]


# %%
# an experiment: everything with PyTorch's own
def my_relu(z):
    return F.relu(z)


def batch_norm(x, running_mean, running_var, gamma, beta, training, momentum=0.9, eps=1e-5):
    return F.batch_norm(x, running_mean, running_var, gamma, beta, training, 1 - momentum, eps)


# %%
1 / 0
