"""Augmentation: each epoch sees another version of every image, so that learning images by heart pays less.

Training: a 28 x 28 window at one of 5 * 5 places, mirrored half of the time: 50 versions of an image. A
shifted or mirrored truck is still a truck; a mirrored digit would not be the same digit, so the method
depends on the data.

Test: always the centre window. Same size as in training, and no chance: evaluating twice gives the same
number. Without the centre crop nothing crashes, because pool3 rounds up, but the network is then tested on
a size it never saw.

    python -m reference.augmentation --data DIR --epochs 10
"""

from collections.abc import Sequence

import torch
from torchvision import transforms

from reference.cifar_net import CifarNet
from reference.normalization import standardised
from reference.training import cifar10, fit, read_options

CROP = 28  # pixels

augmented = transforms.Compose(
    [
        transforms.RandomCrop(CROP),
        transforms.RandomHorizontalFlip(p=0.5),
        standardised,  # (3, 28, 28)
    ]
)
centred = transforms.Compose([transforms.CenterCrop(CROP), standardised])  # (3, 28, 28)


def main(arguments: Sequence[str] | None = None) -> None:
    options = read_options(arguments)
    torch.manual_seed(0)
    train, test = cifar10(options, augmented, centred)
    fit("+ augmentation", CifarNet(), train, test, options)


if __name__ == "__main__":
    main()
