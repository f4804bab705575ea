"""Schedule: the learning rate shrinks by 5 % after every epoch, 0.1 * 0.95 ** epoch.

Large steps at the beginning cross the flat regions of the loss; small steps at the end let the weights
settle instead of jumping around a minimum. After 14 epochs the rate has halved, after 45 it is a tenth.

The scheduler is stepped once per epoch, after the optimizer's steps. Stepped at each of the 391 batches it
would divide the rate by 500 million in one epoch; stepped after the loop it would never act. Neither
mistake crashes.

    python -m reference.scheduler --data DIR --epochs 20
"""

from collections.abc import Sequence

import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ExponentialLR

from reference.augmentation import augmented, centred
from reference.cifar_net import CifarNet
from reference.training import cifar10, fit, read_options

DECAY = 0.95  # per epoch


def exponential(optimizer: Optimizer) -> ExponentialLR:
    """The rate of epoch e is the first rate times DECAY ** e."""
    return ExponentialLR(optimizer, gamma=DECAY)


def main(arguments: Sequence[str] | None = None) -> None:
    options = read_options(arguments)
    torch.manual_seed(0)
    train, test = cifar10(options, augmented, centred)
    fit("+ schedule", CifarNet(), train, test, options, schedule=exponential)


if __name__ == "__main__":
    main()
