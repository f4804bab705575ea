# %% [markdown]
# # Lab 3: from scratch against transfer learning
# CIFAR-10, following the transfer learning tutorial of pytorch.org. The two pretrained networks are **ResNet-18** and **AlexNet**.

# %%
import copy
import time

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
import torchvision
from torchvision import datasets, models, transforms

device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
NUM_EPOCHS = 5


# %%
def get_dataloaders(size):
    mean, std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    data_transforms = {
        "train": transforms.Compose(
            [
                transforms.Resize(size),
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
                transforms.Normalize(mean, std),
            ]
        ),
        "val": transforms.Compose(
            [transforms.Resize(size), transforms.ToTensor(), transforms.Normalize(mean, std)]
        ),
    }
    image_datasets = {
        x: datasets.CIFAR10("./data", train=(x == "train"), download=True, transform=data_transforms[x])
        for x in ["train", "val"]
    }
    return {
        x: torch.utils.data.DataLoader(
            image_datasets[x], batch_size=64, shuffle=(x == "train"), num_workers=4
        )
        for x in ["train", "val"]
    }


def train_model(model, dataloaders, criterion, optimizer, num_epochs=NUM_EPOCHS):
    since = time.time()
    best_model_wts = copy.deepcopy(model.state_dict())
    best_acc = 0.0

    for epoch in range(num_epochs):
        print(f"Epoch {epoch}/{num_epochs - 1}")
        print("-" * 10)

        # Each epoch has a training and validation phase
        for phase in ["train", "val"]:
            if phase == "train":
                model.train()
            else:
                model.eval()

            running_loss = 0.0
            running_corrects = 0

            for inputs, labels in dataloaders[phase]:
                inputs = inputs.to(device)
                labels = labels.to(device)
                optimizer.zero_grad()

                with torch.set_grad_enabled(phase == "train"):
                    outputs = model(inputs)
                    _, preds = torch.max(outputs, 1)
                    loss = criterion(outputs, labels)
                    if phase == "train":
                        loss.backward()
                        optimizer.step()

                running_loss += loss.item() * inputs.size(0)
                running_corrects += torch.sum(preds == labels.data)

            size = len(dataloaders[phase].dataset)
            epoch_loss = running_loss / size
            epoch_acc = running_corrects.double() / size
            print(f"{phase} Loss: {epoch_loss:.4f} Acc: {epoch_acc:.4f}")

            if phase == "val" and epoch_acc > best_acc:
                best_acc = epoch_acc
                best_model_wts = copy.deepcopy(model.state_dict())

    time_elapsed = time.time() - since
    print(f"{time_elapsed:.0f}s in all, {time_elapsed / num_epochs:.1f}s per epoch")
    print(f"Best val Acc: {best_acc:4f}")
    model.load_state_dict(best_model_wts)
    return model


def trainable(model):
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


criterion = nn.CrossEntropyLoss()


# %% [markdown]
# ## 1. From scratch


# %%
class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.conv3 = nn.Conv2d(64, 64, 5, padding=2)
        self.pool = nn.MaxPool2d(2, 2)
        self.fc4 = nn.Linear(64 * 4 * 4, 1000)
        self.fc5 = nn.Linear(1000, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = self.pool(F.relu(self.conv3(x)))
        x = torch.flatten(x, 1)
        return self.fc5(F.relu(self.fc4(x)))


small = get_dataloaders(32)
net = ConvNet().to(device)
print(trainable(net), "trainable parameters")
net = train_model(net, small, criterion, optim.SGD(net.parameters(), lr=0.05, momentum=0.9))

# %% [output]
# 1191170 trainable parameters
# Epoch 0/4
# ----------
# train Loss: 0.9032 Acc: 0.4312
# val Loss: 0.6764 Acc: 0.5306
# Epoch 1/4
# ----------
# train Loss: 0.4777 Acc: 0.6467
# val Loss: 0.4515 Acc: 0.6615
# Epoch 2/4
# ----------
# train Loss: 0.3591 Acc: 0.7240
# val Loss: 0.4137 Acc: 0.6865
# Epoch 3/4
# ----------
# train Loss: 0.3306 Acc: 0.7439
# val Loss: 0.3812 Acc: 0.7087
# Epoch 4/4
# ----------
# train Loss: 0.3168 Acc: 0.7538
# val Loss: 0.3763 Acc: 0.7121
# 61s in all, 12.3s per epoch
# Best val Acc: 0.712100
# %% [markdown]
# ## 2. ConvNet as fixed feature extractor

# %%
large = get_dataloaders(224)

model_conv = models.resnet18(weights="DEFAULT")
for param in model_conv.parameters():
    param.requires_grad = False

# Parameters of newly constructed modules have requires_grad=True by default
num_ftrs = model_conv.fc.in_features
model_conv.fc = nn.Linear(num_ftrs, 10)
model_conv = model_conv.to(device)
print(trainable(model_conv), "trainable parameters")

# Observe that only parameters of the final layer are being optimized
optimizer_conv = optim.SGD(model_conv.fc.parameters(), lr=0.001, momentum=0.9)
model_conv = train_model(model_conv, large, criterion, optimizer_conv)

# %% [output]
# 5130 trainable parameters
# Epoch 0/4
# ----------
# train Loss: 0.4185 Acc: 0.6842
# val Loss: 0.3027 Acc: 0.7654
# Epoch 1/4
# ----------
# train Loss: 0.3345 Acc: 0.7412
# val Loss: 0.2726 Acc: 0.7883
# Epoch 2/4
# ----------
# train Loss: 0.2959 Acc: 0.7689
# val Loss: 0.2586 Acc: 0.7992
# Epoch 3/4
# ----------
# train Loss: 0.3033 Acc: 0.7635
# val Loss: 0.2618 Acc: 0.7967
# Epoch 4/4
# ----------
# train Loss: 0.2918 Acc: 0.7719
# val Loss: 0.2568 Acc: 0.8006
# 187s in all, 37.4s per epoch
# Best val Acc: 0.800600
# %%
alex_conv = models.alexnet(weights="DEFAULT")
for param in alex_conv.parameters():
    param.requires_grad = False
alex_conv.classifier[6] = nn.Linear(alex_conv.classifier[6].in_features, 10)
alex_conv = alex_conv.to(device)
print(trainable(alex_conv), "trainable parameters")

optimizer_alex = optim.SGD(alex_conv.classifier[6].parameters(), lr=0.001, momentum=0.9)
alex_conv = train_model(alex_conv, large, criterion, optimizer_alex)

# %% [output]
# 40970 trainable parameters
# Epoch 0/4
# ----------
# train Loss: 0.3789 Acc: 0.7105
# val Loss: 0.2726 Acc: 0.7883
# Epoch 1/4
# ----------
# train Loss: 0.3190 Acc: 0.7522
# val Loss: 0.2471 Acc: 0.8083
# Epoch 2/4
# ----------
# train Loss: 0.2940 Acc: 0.7703
# val Loss: 0.2566 Acc: 0.8008
# Epoch 3/4
# ----------
# train Loss: 0.2704 Acc: 0.7878
# val Loss: 0.2459 Acc: 0.8092
# Epoch 4/4
# ----------
# train Loss: 0.2726 Acc: 0.7862
# val Loss: 0.2390 Acc: 0.8147
# 119s in all, 23.8s per epoch
# Best val Acc: 0.814700
# %% [markdown]
# ## 3. Finetuning the ConvNet
# Load the pretrained networks again and reset the final fully connected layer. This time nothing is frozen.

# %%
model_ft = models.resnet18(weights="DEFAULT")
model_ft.fc = nn.Linear(model_ft.fc.in_features, 10)
model_ft = model_ft.to(device)
print(trainable(model_ft), "trainable parameters")

# Observe that all parameters are being optimized
optimizer_ft = optim.SGD(model_ft.parameters(), lr=0.001, momentum=0.9)
model_ft = train_model(model_ft, large, criterion, optimizer_ft)

# %% [output]
# 11181642 trainable parameters
# Epoch 0/4
# ----------
# train Loss: 0.1767 Acc: 0.8614
# val Loss: 0.1054 Acc: 0.9287
# Epoch 1/4
# ----------
# train Loss: 0.0869 Acc: 0.9383
# val Loss: 0.0901 Acc: 0.9428
# Epoch 2/4
# ----------
# train Loss: 0.0501 Acc: 0.9717
# val Loss: 0.0715 Acc: 0.9601
# Epoch 3/4
# ----------
# train Loss: 0.0435 Acc: 0.9779
# val Loss: 0.0790 Acc: 0.9531
# Epoch 4/4
# ----------
# train Loss: 0.0378 Acc: 0.9832
# val Loss: 0.0854 Acc: 0.9471
# 403s in all, 80.5s per epoch
# Best val Acc: 0.960100
# %%
alex_ft = models.alexnet(weights="DEFAULT")
alex_ft.classifier[6] = nn.Linear(4096, 10)
alex_ft = alex_ft.to(device)
print(trainable(alex_ft), "trainable parameters")

optimizer_alex_ft = optim.SGD(alex_ft.parameters(), lr=0.001, momentum=0.9)
alex_ft = train_model(alex_ft, large, criterion, optimizer_alex_ft)

# %% [output]
# 57044810 trainable parameters
# Epoch 0/4
# ----------
# train Loss: 0.2249 Acc: 0.8227
# val Loss: 0.1556 Acc: 0.8841
# Epoch 1/4
# ----------
# train Loss: 0.1346 Acc: 0.8966
# val Loss: 0.1453 Acc: 0.8931
# Epoch 2/4
# ----------
# train Loss: 0.0929 Acc: 0.9329
# val Loss: 0.1359 Acc: 0.9014
# Epoch 3/4
# ----------
# train Loss: 0.0737 Acc: 0.9501
# val Loss: 0.1345 Acc: 0.9026
# Epoch 4/4
# ----------
# train Loss: 0.0780 Acc: 0.9463
# val Loss: 0.1297 Acc: 0.9069
# 234s in all, 46.8s per epoch
# Best val Acc: 0.906900
# %% [markdown]
# ## Results
#
# | Model | Number of trainable params | Test accuracy | Training time per epoch |
# |---|---|---|---|
# | From scratch | 1,191,170 | 71.2 % | 12.3 s |
# | ResNet-18 (feat_extract) | 5,130 | 80.1 % | 37.4 s |
# | ResNet-18 (finetuning) | 11,181,642 | 94.7 % | 80.5 s |
# | AlexNet (feat_extract) | 40,970 | 81.5 % | 23.8 s |
# | AlexNet (finetuning) | 57,044,810 | 90.7 % | 46.8 s |
#
# Finetuning is best for both networks, although it takes twice as long as feature extraction.
