"""What every lesson shares: the images, one pass over them, the loop of epochs."""

import argparse
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim import SGD, Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torch.utils.data import DataLoader
from torchvision import datasets

Transform = Callable[..., Tensor]  # a PIL image, 32 x 32 RGB, in; a tensor (3, height, width) out
Batches = DataLoader[tuple[Tensor, Tensor]]  # images (batch, 3, height, width), labels (batch,)


class Options(argparse.Namespace):
    """The command line of a lesson."""

    data: Path
    epochs: int
    lr: float
    batch_size: int
    device: str
    steps: int | None


def read_options(arguments: Sequence[str] | None = None) -> Options:
    """Parse `arguments`, by default those of the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of CIFAR-10")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--lr", type=float, default=0.1, help="learning rate of SGD")
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--steps", type=int, help="batches in each pass; all of them if not given")
    return parser.parse_args(arguments, namespace=Options())


def cifar10(options: Options, for_training: Transform, for_test: Transform) -> tuple[Batches, Batches]:
    """50,000 images to train on, in a new order each epoch, and 10,000 to test on; downloaded if missing."""
    train = datasets.CIFAR10(options.data, train=True, transform=for_training, download=True)
    test = datasets.CIFAR10(options.data, train=False, transform=for_test, download=True)
    return (
        DataLoader(train, batch_size=options.batch_size, shuffle=True),
        DataLoader(test, batch_size=options.batch_size),
    )


def one_pass(
    model: nn.Module, batches: Batches, options: Options, optimizer: Optimizer | None = None
) -> tuple[float, float]:
    """Train on `batches`, or only evaluate if there is no optimizer. Returns (mean loss, accuracy in %)."""
    model.train(optimizer is not None)  # dropout and batch normalisation behave differently in the two modes
    total_loss, correct, seen = 0.0, 0, 0
    with torch.set_grad_enabled(optimizer is not None):
        for images, labels in islice(batches, options.steps):
            images, labels = images.to(options.device), labels.to(options.device)
            logits = model(images)  # (batch, 10)
            loss = nn.functional.cross_entropy(logits, labels)  # minus the log of the true class's softmax
            if optimizer is not None:
                optimizer.zero_grad()  # gradients add up otherwise
                loss.backward()
                optimizer.step()
            total_loss += loss.item() * len(labels)  # the last batch is smaller
            correct += int((logits.argmax(dim=1) == labels).sum())
            seen += len(labels)
    return total_loss / seen, 100 * correct / seen


def fit(
    title: str,
    model: nn.Module,
    train: Batches,
    test: Batches,
    options: Options,
    schedule: Callable[[Optimizer], LRScheduler] | None = None,
) -> None:
    """Train with plain SGD, a line per epoch. A `schedule` changes the learning rate between epochs."""
    model.to(options.device)
    optimizer = SGD(model.parameters(), lr=options.lr)
    scheduler = schedule(optimizer) if schedule else None
    size = sum(p.numel() for p in model.parameters())
    print(f"{title}: {size:,} parameters, batch {options.batch_size}")
    print(f"torch {torch.__version__} on {options.device}")
    print("epoch       lr | train loss  accuracy | test loss  accuracy")
    for epoch in range(1, options.epochs + 1):
        rate = optimizer.param_groups[0]["lr"]
        loss, accuracy = one_pass(model, train, options, optimizer)
        print(f"{epoch:5} {rate:8.4f} | {loss:10.3f} {accuracy:7.1f} %", end=" | ")
        loss, accuracy = one_pass(model, test, options)
        print(f"{loss:9.3f} {accuracy:7.1f} %")
        if scheduler:
            scheduler.step()
