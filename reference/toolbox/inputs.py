"""Input normalisation: (x - mean) / std for each channel, with the constants of ImageNet, in the units that x comes in.

x (N, 3, H, W). Constants of one unit on images of the other are a mistake that raises no error.
"""

import torch
from torch import Tensor

MEAN_255, STD_255 = (123.68, 116.779, 103.939), (58.393, 57.12, 57.375)
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def normalize_255(x: Tensor) -> Tensor:
    """x in [0, 255]."""
    return (x - torch.tensor(MEAN_255).reshape(1, 3, 1, 1)) / torch.tensor(STD_255).reshape(1, 3, 1, 1)


def normalize_unit(x: Tensor) -> Tensor:
    """x in [0, 1]."""
    return (x - torch.tensor(MEAN).reshape(1, 3, 1, 1)) / torch.tensor(STD).reshape(1, 3, 1, 1)
