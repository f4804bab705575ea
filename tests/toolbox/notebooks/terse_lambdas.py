# %%
import torch as T
from math import *

# %%
s = lambda x: 1 / (1 + (-x).exp())
t = lambda x: 2 * s(2 * x) - 1
r = lambda x: (x + x.abs()) / 2
l = lambda x, a=0.1: T.where(x > 0, x, a * x)
e = lambda x, a=1.0: T.where(x > 0, x, a * (x.exp() - 1))
m = lambda x, u, b, v, c: T.maximum(x @ u + b, x @ v + c)
ds = lambda x: s(x) * (1 - s(x))
dt = lambda x: 1 - t(x) ** 2
dr = lambda x: (x > 0) * 1.0
dl = lambda x, a=0.1: a + (1 - a) * (x > 0)
de = lambda x, a=1.0: T.where(x > 0, 1.0, a * x.exp())

# %%
z = lambda x, d, e: (x - x.mean(d, keepdim=True)) / (x.var(d, correction=0, keepdim=True) + e) ** 0.5
c = lambda v: v.view(-1, 1, 1)
b1 = lambda x, g, b, m, v, k=0.9, e=1e-5: (
    g * z(x, 0, e) + b,
    k * m + (1 - k) * x.mean(0),
    k * v + (1 - k) * x.var(0, correction=0),
)
i1 = lambda x, g, b, m, v, e=1e-5: g * (x - m) / (v + e) ** 0.5 + b
b2 = lambda x, g, b, m, v, k=0.9, e=1e-5: (
    c(g) * z(x, (0, 2, 3), e) + c(b),
    k * m + (1 - k) * x.mean((0, 2, 3)),
    k * v + (1 - k) * x.var((0, 2, 3), correction=0),
)
i2 = lambda x, g, b, m, v, e=1e-5: i1(x, c(g), c(b), c(m), c(v), e)
ln = lambda x, g, b, e=1e-5: g * z(x, 1, e) + b
gn = lambda x, g, b, k, e=1e-5: c(g) * z(x.view(len(x), k, -1), 2, e).view(x.shape) + c(b)
jn = lambda x, g, b, e=1e-5: gn(x, g, b, x.shape[1], e)

# %%
xl = lambda i, o: T.randn(i, o) / sqrt(i)
xc = lambda i, o, k: T.randn(o, i, k, k) / k / sqrt(i)
g1 = lambda w, g, h: w - h * g
g2 = lambda w, g, v, h, p=0.9: (w - h * (p * v + g), p * v + g)

# %%
do = lambda x, p, k=True: x * (T.rand(x.shape) > p) / (1 - p) if k else x
dc = lambda w, p, k=True: do(w, p, k)
p1 = lambda w, q: q * w.abs().sum()
p2 = lambda w, q: q * (w * w).sum() / 2
p3 = lambda w, q, k: p1(w, q) + p2(w, k)
mn = lambda w, c: w * (c / w.norm(dim=1, keepdim=True)).clamp(max=1)

# %%
ls = lambda z: z - z.logsumexp(1, True)
ce = lambda z, y: -ls(z)[range(len(y)), y].mean()


def mx(x, y, a):
    l, o = T.distributions.Beta(a, a).sample(), T.randperm(len(x))
    return l * x + (1 - l) * x[o], y, y[o], l


ml = lambda z, a, b, l: l * ce(z, a) + (1 - l) * ce(z, b)
sl = lambda z, y, a=0.1: (1 - a) * ce(z, y) - a * ls(z).mean()
kd = lambda s, t, y, T, a: (
    a * T * T * (ls(t / T).exp() * (ls(t / T) - ls(s / T))).sum(1).mean() + (1 - a) * ce(s, y)
)

# %%
wc = lambda t, w, n, h: h * t / w if t < w else h / 2 * (1 + cos(pi * (t - w) / (n - w)))
sd = lambda n, h, k=7, f=0.1: h * f ** (n // k)
ed = lambda n, h, f=0.95: h * f**n
n8 = lambda x: (x - c(T.tensor([123.68, 116.779, 103.939]))) / c(T.tensor([58.393, 57.12, 57.375]))
n1 = lambda x: (x - c(T.tensor([0.485, 0.456, 0.406]))) / c(T.tensor([0.229, 0.224, 0.225]))
