"""Batch normalisation: each channel of a convolution is standardised over the batch, before the ReLU.

    y = gamma * (x - mean) / sqrt(variance + epsilon) + beta       (Ioffe and Szegedy, 2015)

In training, mean and variance are those of the batch: one pair per channel, over (batch, height, width). In
evaluation they are running averages kept since the first step, so that an image's result doesn't depend on
its neighbours.

gamma and beta are learnt: 2 * (32 + 64 + 64) = 320 parameters more, 1,191,490 in all. The running averages
are state, not parameters. It comes before the ReLU, whose output is never negative and so could not be
centred without undoing it.

    python -m reference.batch_norm --data DIR --epochs 20
"""

from collections.abc import Sequence

import torch

from reference.augmentation import augmented, centred
from reference.cifar_net import CifarNet
from reference.dropout import PROBABILITY
from reference.scheduler import exponential
from reference.training import cifar10, fit, read_options


def main(arguments: Sequence[str] | None = None) -> None:
    options = read_options(arguments)
    torch.manual_seed(0)
    train, test = cifar10(options, augmented, centred)
    model = CifarNet(dropout=PROBABILITY, batch_norm=True)
    fit("+ batch normalisation", model, train, test, options, schedule=exponential)


if __name__ == "__main__":
    main()
