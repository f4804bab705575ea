"""LeNet-5 on MNIST: the starter script of the lab. Run it, read it, then turn it into your own.

python base.py --path ./data --epochs 5 --batch-size 128 --lr 0.1 [--cuda]
"""

import argparse
import time

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms


class ConvNet(nn.Module):
    """LeNet-5: 28 x 28 grey images to the scores of ten digits. 61,706 parameters."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, kernel_size=5, stride=1, padding=2),  # (batch, 6, 28, 28)
            nn.Tanh(),
            nn.MaxPool2d(kernel_size=2, stride=2),  # (batch, 6, 14, 14)
            nn.Conv2d(6, 16, kernel_size=5, stride=1, padding=0),  # (batch, 16, 10, 10)
            nn.Tanh(),
            nn.MaxPool2d(kernel_size=2, stride=2),  # (batch, 16, 5, 5)
        )
        self.classifier = nn.Sequential(
            nn.Linear(16 * 5 * 5, 120),
            nn.Tanh(),
            nn.Linear(120, 84),
            nn.Tanh(),
            nn.Linear(84, 10),  # scores; the softmax is part of the loss
        )

    def forward(self, images):
        maps = self.features(images)
        return self.classifier(maps.flatten(1))  # (batch, 10)


def get_dataset(batch_size, path):
    """The loaders of the training images and of the test images."""
    to_tensor = transforms.ToTensor()
    train = datasets.MNIST(path, train=True, download=True, transform=to_tensor)
    test = datasets.MNIST(path, train=False, download=True, transform=to_tensor)
    return (
        DataLoader(train, batch_size=batch_size, shuffle=True),
        DataLoader(test, batch_size=batch_size, shuffle=False),
    )


def epoch(data, model, criterion, optimizer=None):
    """One pass over `data`: trains with an optimizer, else evaluates. Returns top-1, top-5 (%), loss."""
    device = next(model.parameters()).device
    model.train(optimizer is not None)
    top1 = top5 = total_loss = seen = 0
    with torch.set_grad_enabled(optimizer is not None):
        for images, labels in data:
            images, labels = images.to(device), labels.to(device)
            scores = model(images)
            loss = criterion(scores, labels)
            if optimizer is not None:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            best = scores.topk(5, dim=1).indices == labels[:, None]  # (batch, 5): where the true class is
            top1 += best[:, 0].sum().item()
            top5 += best.sum().item()
            total_loss += loss.item() * len(labels)
            seen += len(labels)
    return 100 * top1 / seen, 100 * top5 / seen, total_loss / seen


def main(batch_size=128, lr=0.1, epochs=5, cuda=False, path="./data"):
    """Train, and test after every epoch. Returns the model."""
    model = ConvNet()
    criterion = nn.CrossEntropyLoss()
    if cuda:  # before the optimizer is made, so that it holds the parameters that are trained
        model, criterion = model.cuda(), criterion.cuda()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    train, test = get_dataset(batch_size, path)
    for number in range(1, epochs + 1):
        start = time.time()
        top1, top5, loss = epoch(train, model, criterion, optimizer)
        print(f"epoch {number}  train  top-1 {top1:5.2f} %  top-5 {top5:5.2f} %  loss {loss:.4f}", end="  ")
        print(f"{time.time() - start:.0f} s")
        top1, top5, loss = epoch(test, model, criterion)
        print(f"epoch {number}  test   top-1 {top1:5.2f} %  top-5 {top5:5.2f} %  loss {loss:.4f}")
    return model


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--path", default="./data", help="folder of the images; downloaded if missing")
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--cuda", action="store_true", help="train on the GPU")
    args = parser.parse_args()
    main(args.batch_size, args.lr, args.epochs, args.cuda, args.path)
