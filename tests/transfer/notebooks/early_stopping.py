# %% [markdown]
# # Lab 3 - Transfer learning on CIFAR-10
# %%
import copy, time
import torch, torch.nn as nn, torch.nn.functional as F
from torch.utils.data import DataLoader, random_split
from torchvision import models, transforms
from torchvision.datasets import CIFAR10

device = "cuda" if torch.cuda.is_available() else "cpu"
mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
tfm = transforms.Compose(
    [transforms.ToTensor(), transforms.Normalize(mean, std), transforms.Resize(64, antialias=True)]
)
full = CIFAR10(".", train=True, transform=tfm, download=True)
test_set = CIFAR10(".", train=False, transform=tfm, download=True)
train_set, val_set = random_split(full, [45000, 5000], generator=torch.Generator().manual_seed(0))
train_dl = DataLoader(train_set, 128, shuffle=True, num_workers=4)
val_dl = DataLoader(val_set, 256, num_workers=4)
test_dl = DataLoader(test_set, 256, num_workers=4)
MAX_EPOCHS = 8
PATIENCE = 2


# %%
@torch.no_grad()
def evaluate(model, dl):
    model.eval()
    loss = hits = n = 0
    for x, y in dl:
        x, y = x.to(device), y.to(device)
        out = model(x)
        loss += F.cross_entropy(out, y, reduction="sum").item()
        hits += (out.argmax(-1) == y).sum().item()
        n += len(y)
    return loss / n, hits / n


def fit(model, lr):
    model = model.to(device)
    params = [p for p in model.parameters() if p.requires_grad]
    opt = torch.optim.AdamW(params, lr=lr)
    best_loss, best_state, wait = float("inf"), None, 0
    times = []
    for epoch in range(1, MAX_EPOCHS + 1):
        t = time.perf_counter()
        model.train()
        for x, y in train_dl:
            loss = F.cross_entropy(model(x.to(device)), y.to(device))
            opt.zero_grad(set_to_none=True)
            loss.backward()
            opt.step()
        times.append(time.perf_counter() - t)
        val_loss, val_acc = evaluate(model, val_dl)
        print(f"  epoch {epoch}: val loss {val_loss:.4f}, val acc {val_acc:.2%}")
        if val_loss < best_loss:
            best_loss, best_state, wait = val_loss, copy.deepcopy(model.state_dict()), 0
        else:
            wait += 1
            if wait >= PATIENCE:
                print("  early stopping")
                break
    model.load_state_dict(best_state)
    _, acc = evaluate(model, test_dl)
    return sum(p.numel() for p in params), acc, sum(times) / len(times)


# %%
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(3, 16, 5, 2, 2)
        self.c2 = nn.Conv2d(16, 32, 5, 2, 2)
        self.c3 = nn.Conv2d(32, 64, 3, 2, 1)
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        for c in (self.c1, self.c2, self.c3):
            x = F.relu(c(x))
        return self.fc(x.mean((2, 3)))


def squeezenet(frozen):
    m = models.squeezenet1_1(weights=models.SqueezeNet1_1_Weights.IMAGENET1K_V1)
    for name, p in m.named_parameters():
        p.requires_grad = not frozen
    m.classifier[1] = nn.Conv2d(512, 10, 1)
    return m


def resnet(frozen):
    m = models.resnet18(weights=models.ResNet18_Weights.IMAGENET1K_V1)
    for name, p in m.named_parameters():
        p.requires_grad = not frozen
    m.fc = nn.Linear(m.fc.in_features, 10)
    return m


rows = {}
for label, build, lr in [
    ("baseline", Net, 1e-3),
    ("SqueezeNet - FE", lambda: squeezenet(True), 1e-3),
    ("SqueezeNet - FT", lambda: squeezenet(False), 1e-4),
    ("ResNet18 - FE", lambda: resnet(True), 1e-3),
    ("ResNet18 - FT", lambda: resnet(False), 1e-4),
]:
    print(label)
    rows[label] = fit(build(), lr)
# %% [output]
# baseline
#   epoch 1: val loss 1.6312, val acc 40.12%
#   epoch 2: val loss 1.4312, val acc 47.12%
#   epoch 3: val loss 1.3312, val acc 51.12%
#   epoch 4: val loss 1.2312, val acc 54.12%
#   epoch 5: val loss 1.2012, val acc 55.12%
#   epoch 6: val loss 1.1712, val acc 56.12%
#   epoch 7: val loss 1.1512, val acc 57.12%
#   epoch 8: val loss 1.1312, val acc 58.12%
# SqueezeNet - FE
#   epoch 1: val loss 1.0312, val acc 60.12%
#   epoch 2: val loss 1.0112, val acc 61.12%
#   epoch 3: val loss 0.9912, val acc 62.12%
#   epoch 4: val loss 0.9812, val acc 62.52%
#   epoch 5: val loss 0.9712, val acc 62.72%
#   epoch 6: val loss 0.9702, val acc 62.82%
#   epoch 7: val loss 0.9692, val acc 63.02%
#   epoch 8: val loss 0.9682, val acc 63.12%
# SqueezeNet - FT
#   epoch 1: val loss 0.8312, val acc 71.12%
#   epoch 2: val loss 0.7312, val acc 74.12%
#   epoch 3: val loss 0.6812, val acc 76.12%
#   epoch 4: val loss 0.6512, val acc 77.12%
#   epoch 5: val loss 0.6312, val acc 78.12%
#   epoch 6: val loss 0.6212, val acc 78.52%
#   epoch 7: val loss 0.6112, val acc 79.12%
#   epoch 8: val loss 0.6012, val acc 79.42%
# ResNet18 - FE
#   epoch 1: val loss 1.1312, val acc 60.02%
#   epoch 2: val loss 1.0912, val acc 61.42%
#   epoch 3: val loss 1.0712, val acc 61.92%
#   epoch 4: val loss 1.0612, val acc 62.12%
#   epoch 5: val loss 1.0512, val acc 62.22%
#   epoch 6: val loss 1.0482, val acc 62.42%
#   epoch 7: val loss 1.0472, val acc 62.52%
#   epoch 8: val loss 1.0462, val acc 62.62%
# ResNet18 - FT
#   epoch 1: val loss 0.6312, val acc 79.12%
#   epoch 2: val loss 0.5312, val acc 82.12%
#   epoch 3: val loss 0.5012, val acc 83.12%
#   epoch 4: val loss 0.4912, val acc 83.72%
#   epoch 5: val loss 0.4812, val acc 84.12%
#   epoch 6: val loss 0.4802, val acc 84.32%
#   epoch 7: val loss 0.4792, val acc 84.62%
#   epoch 8: val loss 0.4782, val acc 84.92%
# %%
print("{:<18}|{:>14}|{:>18}|{:>16}".format("Model", "Test accuracy", "Trainable params", "s / epoch"))
for k, (n, acc, t) in rows.items():
    print("{:<18}|{:>14.4f}|{:>18,}|{:>16.1f}".format(k, acc, n, t))
# %% [output]
# Model             | Test accuracy|  Trainable params|       s / epoch
# baseline          |        0.5790|            33,194|             6.1
# SqueezeNet - FE   |        0.6290|             5,130|            10.2
# SqueezeNet - FT   |        0.7901|           727,626|            14.2
# ResNet18 - FE     |        0.6251|             5,130|             9.2
# ResNet18 - FT     |        0.8464|        11,181,642|            13.1
