"""Dropout: in training, each of fc4's 1000 outputs is zeroed with probability p, anew for every image.

fc5 then can't lean on any single unit or on units that only work together, as if 2 ** 1000 thinned networks
that share their weights were trained and averaged (Srivastava et al., 2014). The units that stay are
divided by 1 - p, so that their expected sum is what it will be in evaluation, where every unit is kept and
nothing is random: model.eval().

It stands where the parameters are: fc4 holds 86 % of them. It adds none.

    python -m reference.dropout --data DIR --epochs 20
"""

from collections.abc import Sequence

import torch

from reference.augmentation import augmented, centred
from reference.cifar_net import CifarNet
from reference.scheduler import exponential
from reference.training import cifar10, fit, read_options

PROBABILITY = 0.5  # the usual choice for a fully-connected layer (same paper)


def main(arguments: Sequence[str] | None = None) -> None:
    options = read_options(arguments)
    torch.manual_seed(0)
    train, test = cifar10(options, augmented, centred)
    fit("+ dropout", CifarNet(dropout=PROBABILITY), train, test, options, schedule=exponential)


if __name__ == "__main__":
    main()
