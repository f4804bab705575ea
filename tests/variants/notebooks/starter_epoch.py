# %% [markdown]
# # TP : réseaux de neurones convolutifs
# Script de base modifié pour CIFAR-10

# %%
import time

import matplotlib.pyplot as plt
import torch
import torch.nn as nn
import torchvision.datasets as datasets
import torchvision.transforms as transforms

CUDA = torch.cuda.is_available()


# %%
class AverageMeter:
    """Moyenne courante."""

    def __init__(self):
        self.sum = 0.0
        self.count = 0

    def update(self, value, n=1):
        self.sum += value * n
        self.count += n

    @property
    def avg(self):
        return self.sum / max(1, self.count)


def accuracy(output, target, topk=(1, 5)):
    _, pred = output.topk(max(topk), 1, True, True)
    correct = pred.t().eq(target.view(1, -1))
    return [100.0 * correct[:k].reshape(-1).float().sum(0).item() / target.size(0) for k in topk]


# %%
class ConvNet(nn.Module):
    """LeNet-5 remplacé par le réseau de l'énoncé."""

    def __init__(self):
        super(ConvNet, self).__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 32, (5, 5), stride=1, padding=2),
            nn.ReLU(),
            nn.MaxPool2d((2, 2), stride=2, padding=0),
            nn.Conv2d(32, 64, (5, 5), stride=1, padding=2),
            nn.ReLU(),
            nn.MaxPool2d((2, 2), stride=2, padding=0),
            nn.Conv2d(64, 64, (5, 5), stride=1, padding=2),
            nn.ReLU(),
            nn.MaxPool2d((2, 2), stride=2, padding=0),
        )
        self.classifier = nn.Sequential(
            nn.Linear(1024, 1000),
            nn.ReLU(),
            nn.Linear(1000, 10),
        )

    def forward(self, input):
        bsize = input.size(0)
        output = self.features(input)
        output = output.view(bsize, -1)
        return self.classifier(output)


# %%
def get_dataset(batch_size, path):
    train_dataset = datasets.CIFAR10(path, train=True, download=True, transform=transforms.ToTensor())
    val_dataset = datasets.CIFAR10(path, train=False, download=True, transform=transforms.ToTensor())
    train_loader = torch.utils.data.DataLoader(
        train_dataset, batch_size=batch_size, shuffle=True, pin_memory=CUDA, num_workers=2
    )
    val_loader = torch.utils.data.DataLoader(
        val_dataset, batch_size=batch_size, shuffle=False, pin_memory=CUDA, num_workers=2
    )
    return train_loader, val_loader


def epoch(data, model, criterion, optimizer=None):
    model.eval() if optimizer is None else model.train()
    avg_loss, avg_top1, avg_top5 = AverageMeter(), AverageMeter(), AverageMeter()
    start = time.time()
    for i, (input, target) in enumerate(data):
        if CUDA:
            input, target = input.cuda(), target.cuda()
        output = model(input)
        loss = criterion(output, target)
        if optimizer:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        top1, top5 = accuracy(output, target)
        avg_loss.update(loss.item(), len(input))
        avg_top1.update(top1, len(input))
        avg_top5.update(top5, len(input))
        if i % 200 == 0 and optimizer:
            print(f"[{i}/{len(data)}] perte {loss.item():.4f} prec@1 {top1:.1f} prec@5 {top5:.1f}")
    mode = "Train" if optimizer else "Test"
    print(f"===> {mode} {time.time() - start:.0f} s, perte {avg_loss.avg:.4f}, prec@1 {avg_top1.avg:.2f} %\n")
    return avg_top1.avg, avg_top5.avg, avg_loss.avg


def main(batch_size=128, lr=0.1, epochs=5, cuda=False):
    model = ConvNet()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr)
    if cuda:
        model, criterion = model.cuda(), criterion.cuda()
    train, test = get_dataset(batch_size, "./datasets")
    courbes = []
    for i in range(epochs):
        print(f"=== ÉPOQUE {i + 1} ===")
        train_top1, _, train_loss = epoch(train, model, criterion, optimizer)
        test_top1, _, test_loss = epoch(test, model, criterion)
        courbes.append((train_top1, test_top1, train_loss, test_loss))
    return courbes


# %%
courbes = main(128, 0.1, 30, CUDA)

# %%
plt.plot([c[0] for c in courbes], label="train")
plt.plot([c[1] for c in courbes], label="test")
plt.legend()
plt.title("Précision top-1 (%)")
plt.show()
