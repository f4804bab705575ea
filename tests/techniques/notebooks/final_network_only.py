# %% [markdown]
# # CIFAR-10 with everything
# Our final network: standardised images, crops and flips, exponential decay, dropout, batch normalisation.
# (The intermediate runs were made on the cluster and are not in this notebook.)

# %%
import copy

import matplotlib.pyplot as plt
import numpy as np
import torch
import torchvision
from torch import nn, optim
from torchvision import transforms

device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
mean, std = np.array([0.491, 0.482, 0.447]), np.array([0.202, 0.199, 0.201])

data_transforms = {
    "train": transforms.Compose(
        [
            transforms.RandomCrop(28),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize(mean, std),
        ]
    ),
    "val": transforms.Compose(
        [
            transforms.CenterCrop(28),
            transforms.ToTensor(),
            transforms.Normalize(mean, std),
        ]
    ),
}
image_datasets = {
    x: torchvision.datasets.CIFAR10("data", train=x == "train", download=True, transform=data_transforms[x])
    for x in ["train", "val"]
}
dataloaders = {
    x: torch.utils.data.DataLoader(image_datasets[x], batch_size=128, shuffle=x == "train", num_workers=4)
    for x in ["train", "val"]
}
dataset_sizes = {x: len(image_datasets[x]) for x in ["train", "val"]}


# %%
class FinalNet(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 32, 5, padding=2), nn.BatchNorm2d(32)
        self.conv2, self.bn2 = nn.Conv2d(32, 64, 5, padding=2), nn.BatchNorm2d(64)
        self.conv3, self.bn3 = nn.Conv2d(64, 64, 5, padding=2), nn.BatchNorm2d(64)
        self.pool = nn.MaxPool2d(2, ceil_mode=True)
        self.relu = nn.ReLU()
        self.fc4 = nn.Linear(1024, 1000)
        self.dropout = nn.Dropout(p)
        self.fc5 = nn.Linear(1000, 10)

    def forward(self, x):
        x = self.pool(self.relu(self.bn1(self.conv1(x))))
        x = self.pool(self.relu(self.bn2(self.conv2(x))))
        x = self.pool(self.relu(self.bn3(self.conv3(x))))
        x = self.relu(self.fc4(torch.flatten(x, 1)))
        return self.fc5(self.dropout(x))


# %%
def train_model(model, criterion, optimizer, scheduler, num_epochs=25):
    best_model_wts = copy.deepcopy(model.state_dict())
    best_acc = 0.0
    history = []
    for epoch in range(num_epochs):
        print(f"Epoch {epoch}/{num_epochs - 1}")
        for phase in ["train", "val"]:
            model.train() if phase == "train" else model.eval()
            running_loss, running_corrects = 0.0, 0
            for inputs, labels in dataloaders[phase]:
                inputs, labels = inputs.to(device), labels.to(device)
                optimizer.zero_grad()
                with torch.set_grad_enabled(phase == "train"):
                    outputs = model(inputs)
                    _, preds = torch.max(outputs, 1)
                    loss = criterion(outputs, labels)
                    if phase == "train":
                        loss.backward()
                        optimizer.step()
                running_loss += loss.item() * inputs.size(0)
                running_corrects += torch.sum(preds == labels.data).item()
            if phase == "train":
                scheduler.step()
            epoch_loss = running_loss / dataset_sizes[phase]
            epoch_acc = running_corrects / dataset_sizes[phase]
            print(f"{phase} loss: {epoch_loss:.4f} acc: {epoch_acc:.4f}")
            if phase == "val":
                history.append(epoch_acc)
                if epoch_acc > best_acc:
                    best_acc = epoch_acc
                    best_model_wts = copy.deepcopy(model.state_dict())
    model.load_state_dict(best_model_wts)
    return history


# %%
model = FinalNet().to(device)
optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True)
exp_lr_scheduler = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.95)
history = train_model(model, nn.CrossEntropyLoss(), optimizer, exp_lr_scheduler, num_epochs=40)

# %%
plt.plot(history)
plt.title(f"best: {max(history):.4f}")
plt.show()
