# %%
import torch
from torch import nn
from torchvision import datasets
from torchvision import transforms as T
from torch.utils.data import DataLoader
import pandas as pd
import matplotlib.pyplot as plt

normalize = T.Normalize(mean=[0.491, 0.482, 0.447], std=[0.202, 0.199, 0.201])
preprocessing = {
    True: T.Compose([T.ToTensor(), normalize, T.RandomCrop(28), T.RandomHorizontalFlip(0.5)]),
    False: T.Compose([T.ToTensor(), normalize, T.CenterCrop(28)]),
}


def make_loader(train, batch_size):
    data = datasets.CIFAR10("./data", train=train, transform=preprocessing[train], download=True)
    return DataLoader(data, batch_size=batch_size, shuffle=train, drop_last=train)


# %%
class SmallVGG(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        layers = []
        for i, (c_in, c_out) in enumerate([(3, 32), (32, 64), (64, 64)]):
            layers.append(nn.Conv2d(c_in, c_out, kernel_size=5, padding=2))
            layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2, ceil_mode=(i == 2)))
        self.backbone = nn.Sequential(*layers)
        self.head = nn.Sequential(
            nn.Flatten(), nn.Linear(1024, 1000), nn.ReLU(), nn.Linear(1000, num_classes)
        )

    def forward(self, x):
        return self.head(self.backbone(x))


# %%
class Experiment:
    def __init__(self, lr=0.1, batch_size=128):
        self.model = SmallVGG()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=lr)
        self.criterion = nn.CrossEntropyLoss()
        self.train_loader = make_loader(True, batch_size)
        self.test_loader = make_loader(False, batch_size)
        self.rows = []

    def fit(self, epochs):
        for epoch in range(epochs):
            self.model.train()
            for images, labels in self.train_loader:
                self.optimizer.zero_grad()
                loss = self.criterion(self.model(images), labels)
                loss.backward()
                self.optimizer.step()
            self.rows.append({"epoch": epoch, "loss": loss.item(), "accuracy": self.score()})
            print(self.rows[-1])
        return pd.DataFrame(self.rows).set_index("epoch")

    @torch.no_grad()
    def score(self):
        self.model.eval()
        correct = sum((self.model(x).argmax(1) == y).sum().item() for x, y in self.test_loader)
        return correct / len(self.test_loader.dataset)


# %%
experiment = Experiment()
history = experiment.fit(epochs=20)
history.tail()

# %%
history["accuracy"].plot(title="Test accuracy with crops and flips", grid=True)
plt.show()
