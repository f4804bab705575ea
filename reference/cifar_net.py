"""The convolutional network, trained as it is.

Three convolutions find features, three poolings halve the image, two fully-connected layers decide. Images
in [0, 1]. By the tenth epoch (lr 0.1, batch 128) about 64 % of the test images are classified rightly; the
train accuracy then runs away towards 100 % while the test accuracy stays near 70 %: the network overfits.
The other lessons act on that.

    python -m reference.cifar_net --data DIR --epochs 5
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision import transforms

from reference.training import cifar10, fit, read_options


class CifarNet(nn.Module):
    """Images (batch, 3, 32, 32) to logits (batch, 10); 28 x 28 crops give the same shapes from pool3 on.

    1,191,170 parameters, 1,191,490 with batch normalisation. `dropout` is the
    probability that a unit of fc4 is zeroed.
    """

    def __init__(self, dropout: float = 0.0, batch_norm: bool = False) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, kernel_size=5, padding=2)  # 32 * (5*5*3 + 1)  =     2,432
        self.conv2 = nn.Conv2d(32, 64, kernel_size=5, padding=2)  # 64 * (5*5*32 + 1) =    51,264
        self.conv3 = nn.Conv2d(64, 64, kernel_size=5, padding=2)  # 64 * (5*5*64 + 1) =   102,464
        self.pool1 = nn.MaxPool2d(2)
        self.pool2 = nn.MaxPool2d(2)
        self.pool3 = nn.MaxPool2d(2, ceil_mode=True)  # 28 -> 14 -> 7 -> 4: rounded up, as from 32
        self.fc4 = nn.Linear(64 * 4 * 4, 1000)  # 1000 * (1024 + 1)  = 1,025,000
        self.fc5 = nn.Linear(1000, 10)  # 10 * (1000 + 1)    =    10,010
        self.norm1 = nn.BatchNorm2d(32) if batch_norm else nn.Identity()  # 2 * 32 more
        self.norm2 = nn.BatchNorm2d(64) if batch_norm else nn.Identity()  # 2 * 64 more
        self.norm3 = nn.BatchNorm2d(64) if batch_norm else nn.Identity()  # 2 * 64 more
        self.dropout = nn.Dropout(dropout) if dropout else nn.Identity()

    def forward(self, images: Tensor) -> Tensor:
        x = self.pool1(F.relu(self.norm1(self.conv1(images))))  # (batch, 32, 16, 16)
        x = self.pool2(F.relu(self.norm2(self.conv2(x))))  # (batch, 64, 8, 8)
        x = self.pool3(F.relu(self.norm3(self.conv3(x))))  # (batch, 64, 4, 4)
        x = F.relu(self.fc4(x.flatten(1)))  # (batch, 1000)
        logits: Tensor = self.fc5(self.dropout(x))  # (batch, 10); the softmax is inside the loss
        return logits


def main(arguments: Sequence[str] | None = None) -> None:
    options = read_options(arguments)
    torch.manual_seed(0)
    train, test = cifar10(options, transforms.ToTensor(), transforms.ToTensor())
    fit("network as it is", CifarNet(), train, test, options)


if __name__ == "__main__":
    main()
