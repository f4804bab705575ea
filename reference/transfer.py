"""Transfer learning: the same ten classes learnt from nothing, or from a network that has seen ImageNet.

From scratch: random weights (`CifarNet`, 32 x 32 pixels), everything is trained.
Feature extraction: published weights, frozen; only a new last layer, the head, is trained.
Finetuning: published weights and a new head; everything is trained, with a smaller learning rate.

The head is the last layer with weights: `classifier[1]`, a 1 x 1 convolution, in SqueezeNet, `classifier[6]`
in AlexNet and VGG, `fc` in ResNet. Published networks were trained on 224 x 224 pixels normalised as ImageNet
is, so CIFAR-10's images are enlarged. AlexNet takes no less than 63 x 63, VGG no less than 32 x 32.

    python -m reference.transfer --data DIR --networks squeezenet1_1 resnet18 --size 64 --images 4000 --epochs 2
    python -m reference.transfer --synthetic
"""

import argparse
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Adam
from torch.utils.data import DataLoader, Subset
from torchvision import datasets, models, transforms

from reference.cifar_net import CifarNet
from reference.training import Batches, Transform

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # red, green, blue in [0, 1]
CLASSES = 10

Approach = tuple[
    str, nn.Module, float, tuple[Batches, Batches]
]  # title, network, learning rate, train and test


class Row(NamedTuple):
    """A line of the comparison."""

    model: str
    trainable: int  # parameters
    accuracy: float  # on the test images, %
    seconds: float  # training time per epoch


def head_name(network: nn.Module) -> str:
    """Where the last layer with weights is: "classifier.1", "classifier.6" or "fc"."""
    names = [name for name, layer in network.named_modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    return str(names[-1])


def head_of(network: nn.Module) -> nn.Module:
    return network.get_submodule(head_name(network))


def with_new_head(network: nn.Module, classes: int) -> nn.Module:
    """The same network; its last layer becomes an untrained one with `classes` outputs."""
    old = head_of(network)
    if isinstance(old, nn.Conv2d):  # (batch, classes, height, width), which SqueezeNet averages
        network.set_submodule(head_name(network), nn.Conv2d(old.in_channels, classes, kernel_size=1))
    elif isinstance(old, nn.Linear):  # (batch, classes)
        network.set_submodule(head_name(network), nn.Linear(old.in_features, classes))
    return network


def pretrained(name: str, classes: int = CLASSES, weights: Path | None = None) -> nn.Module:
    """torchvision's network of that name with ImageNet weights and an untrained head.

    `weights`: folder of published files under their published names; torchvision downloads without it.
    Raises FileNotFoundError if the file is not there.
    """
    published = models.get_model_weights(name).DEFAULT
    if weights is None:
        return with_new_head(models.get_model(name, weights=published), classes)
    file = weights / Path(published.url).name
    if not file.is_file():
        raise FileNotFoundError(f"no file {file}; the weights of {name} are published at {published.url}")
    network = models.get_model(name)
    network.load_state_dict(torch.load(file, weights_only=True))
    return with_new_head(network, classes)


def freeze(network: nn.Module) -> None:
    """Leave the head only to be trained."""
    network.requires_grad_(False)
    head_of(network).requires_grad_(True)


def trainable(network: nn.Module) -> list[nn.Parameter]:
    return [p for p in network.parameters() if p.requires_grad]


def training_mode(network: nn.Module) -> None:
    """All but what is frozen, where batch normalisation would otherwise go on moving its mean and variance."""
    network.train()
    for module in network.modules():
        parameters = list(module.parameters())
        if parameters and not any(p.requires_grad for p in parameters):
            module.eval()


def train(network: nn.Module, batches: Batches, epochs: int, rate: float, device: str) -> float:
    """The same loop for all three approaches. Returns seconds per epoch, loading of the images included."""
    training_mode(network.to(device))
    optimizer = Adam(trainable(network), lr=rate)
    start = time.perf_counter()
    for epoch in range(1, epochs + 1):
        total_loss, seen = 0.0, 0
        for images, labels in batches:
            logits = network(images.to(device))  # (batch, classes)
            loss = nn.functional.cross_entropy(logits, labels.to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total_loss += loss.item() * len(labels)
            seen += len(labels)
        print(f"  epoch {epoch}: train loss {total_loss / seen:.3f}")
    return (time.perf_counter() - start) / epochs


@torch.no_grad()
def accuracy(network: nn.Module, batches: Batches, device: str) -> float:
    """Images classified rightly, in %."""
    network.to(device).eval()
    right = [network(images.to(device)).argmax(dim=1).cpu() == labels for images, labels in batches]
    return 100 * torch.cat(right).float().mean().item()


def prepared(size: int) -> Transform:
    """Enlarged to `size` x `size` and normalised, for training and test alike."""
    normalised = transforms.Normalize(IMAGENET_MEAN, IMAGENET_STD)
    preparation: Transform = transforms.Compose([transforms.Resize(size), transforms.ToTensor(), normalised])
    return preparation


def synthetic(number: int, transform: Transform) -> list[tuple[Tensor, int]]:
    """Noisy 32 x 32 images, a colour for each class: to see everything run where CIFAR-10 is not at hand."""
    pairs = []
    for label in torch.arange(number) % CLASSES:
        colour = torch.stack([label % 2, label // 2 % 2, label / 9])[:, None, None]  # red, green, blue
        image = (colour + 0.1 * torch.randn(3, 32, 32)).clamp(0, 1)
        pairs.append((transform(transforms.ToPILImage()(image)), int(label)))
    return pairs


def loaders(options: argparse.Namespace, size: int) -> tuple[Batches, Batches]:
    """At most `options.images` images to train on, in a new order each epoch, and as many to test on."""

    def some(train: bool) -> Batches:
        if not options.synthetic:
            images = datasets.CIFAR10(options.data, train=train, transform=prepared(size), download=True)
        else:
            images = synthetic(options.images, prepared(size))
        first = range(min(options.images, len(images)))
        return DataLoader(Subset(images, first), batch_size=32, shuffle=train)

    return some(train=True), some(train=False)


def approaches(options: argparse.Namespace) -> list[Approach]:
    """From scratch, then two for each network. Raises FileNotFoundError, ValueError for an unknown name."""
    small, enlarged = loaders(options, 32), loaders(options, options.size)
    found: list[Approach] = [("From scratch", CifarNet(), 1e-3, small)]
    for name in options.networks:
        for kind, rate in (("feat_extract", 1e-3), ("finetuning", 1e-4)):
            if options.synthetic and not options.weights:
                network = with_new_head(models.get_model(name), CLASSES)  # offline: nothing is transferred
            else:
                network = pretrained(name, CLASSES, options.weights)
            if kind == "feat_extract":
                freeze(network)
            found.append((f"{name} ({kind})", network, rate, enlarged))
    return found


def compare(approaches: Iterable[Approach], epochs: int, device: str) -> list[Row]:
    """Train and test each, all for the same number of epochs."""
    rows = []
    for title, network, rate, (batches, test) in approaches:
        print(title)
        count = sum(p.numel() for p in trainable(network))
        seconds = train(network, batches, epochs, rate, device)
        rows.append(Row(title, count, accuracy(network, test, device), seconds))
    return rows


def table(rows: Iterable[Row]) -> str:
    form = "{:<28} | {:>26} | {:>13} | {:>23}".format
    lines = [form("Model", "Number of trainable params", "Test accuracy", "Training time per epoch")]
    lines += [form(r.model, f"{r.trainable:,}", f"{r.accuracy:.1f} %", f"{r.seconds:.1f} s") for r in rows]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of CIFAR-10, see --synthetic")
    parser.add_argument("--synthetic", action="store_true", help="draw images; no download, random weights")
    parser.add_argument("--networks", nargs="+", default=["squeezenet1_1", "resnet18"], metavar="NAME")
    parser.add_argument("--size", type=int, default=64, help="pixels a side for the published networks")
    parser.add_argument("--images", type=int, default=2000, help="to train on, and to test on; at most")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--weights", type=Path, help="folder of published weights; downloaded if not given")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args(arguments)
    torch.manual_seed(options.seed)
    try:
        chosen = approaches(options)
    except (FileNotFoundError, ValueError) as mistake:
        parser.error(str(mistake))
    rows = compare(chosen, options.epochs, options.device)
    print(f"\ntorch {torch.__version__} on {options.device}; epochs: {options.epochs}, size: {options.size}")
    print(table(rows))


if __name__ == "__main__":
    main()
