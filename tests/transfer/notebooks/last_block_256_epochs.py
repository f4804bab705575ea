# %%
import torch
import torch.nn as nn
import torch.optim as optim
from torchvision import datasets, models, transforms
import pandas as pd
import time

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
nb_epochs = 256
num_workers = 14

# %%
transform = transforms.Compose(
    [
        transforms.ToTensor(),
        transforms.Normalize((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)),
    ]
)
train_data = datasets.CIFAR10(root="data", train=True, download=True, transform=transform)
test_data = datasets.CIFAR10(root="data", train=False, download=True, transform=transform)
train_loader = torch.utils.data.DataLoader(
    train_data,
    batch_size=512,
    shuffle=True,
    num_workers=num_workers,
    pin_memory=True,
    persistent_workers=True,
)
test_loader = torch.utils.data.DataLoader(
    test_data,
    batch_size=512,
    shuffle=False,
    num_workers=num_workers,
    pin_memory=True,
    persistent_workers=True,
)

# %% [output]
# Files already downloaded and verified
# Files already downloaded and verified


# %%
def train(model, optimizer, scheduler, nb_epochs=nb_epochs):
    model.to(device)
    criterion = nn.CrossEntropyLoss()
    start = time.time()
    for epoch in range(nb_epochs):
        model.train()
        train_loss = 0
        for images, labels in train_loader:
            images = images.to(device)
            labels = labels.to(device)
            optimizer.zero_grad()
            loss = criterion(model(images), labels)
            loss.backward()
            optimizer.step()
            train_loss += loss.item()
        scheduler.step()
        if (epoch + 1) % 32 == 0:
            print("Epoch", epoch + 1, "Loss:", round(train_loss / len(train_loader), 4))
    end = time.time()
    return (end - start) / nb_epochs


def test(model):
    model.eval()
    correct = 0
    total = 0
    with torch.no_grad():
        for images, labels in test_loader:
            images = images.to(device)
            labels = labels.to(device)
            _, predicted = torch.max(model(images), 1)
            total += labels.size(0)
            correct += (predicted == labels).sum().item()
    print("Test Accuracy:", 100 * correct / total)
    return 100 * correct / total


def count_parameters(model):
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


# %% [markdown]
# ## From scratch

# %%
model_scratch = models.resnet18(weights=None, num_classes=10)
optimizer = optim.SGD(model_scratch.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=nb_epochs)
time_scratch = train(model_scratch, optimizer, scheduler)
acc_scratch = test(model_scratch)
params_scratch = count_parameters(model_scratch)

# %% [output]
# Epoch 32 Loss: 0.5121
# Epoch 64 Loss: 0.3301
# Epoch 96 Loss: 0.2088
# Epoch 128 Loss: 0.1239
# Epoch 160 Loss: 0.0688
# Epoch 192 Loss: 0.0338
# Epoch 224 Loss: 0.0163
# Epoch 256 Loss: 0.0019
# Test Accuracy: 84.93
# %% [markdown]
# ## ResNet18, feature extraction

# %%
resnet_fe = models.resnet18(weights="IMAGENET1K_V1")
for param in resnet_fe.parameters():
    param.requires_grad = False
resnet_fe.fc = nn.Linear(resnet_fe.fc.in_features, 10)
optimizer = optim.SGD(resnet_fe.fc.parameters(), lr=0.01, momentum=0.9)
scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=nb_epochs)
time_resnet_fe = train(resnet_fe, optimizer, scheduler)
acc_resnet_fe = test(resnet_fe)
params_resnet_fe = count_parameters(resnet_fe)

# %% [output]
# Epoch 32 Loss: 1.6873
# Epoch 64 Loss: 1.6838
# Epoch 96 Loss: 1.6634
# Epoch 128 Loss: 1.6622
# Epoch 160 Loss: 1.6576
# Epoch 192 Loss: 1.658
# Epoch 224 Loss: 1.6476
# Epoch 256 Loss: 1.6522
# Test Accuracy: 43.87
# %% [markdown]
# ## ResNet18, finetuning (layer4 and fc)

# %%
resnet_ft = models.resnet18(weights="IMAGENET1K_V1")
for name, param in resnet_ft.named_parameters():
    if "layer4" not in name:
        param.requires_grad = False
resnet_ft.fc = nn.Linear(resnet_ft.fc.in_features, 10)
optimizer = optim.SGD(filter(lambda p: p.requires_grad, resnet_ft.parameters()), lr=0.01, momentum=0.9)
scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=nb_epochs)
time_resnet_ft = train(resnet_ft, optimizer, scheduler)
acc_resnet_ft = test(resnet_ft)
params_resnet_ft = count_parameters(resnet_ft)

# %% [output]
# Epoch 32 Loss: 0.2844
# Epoch 64 Loss: 0.1807
# Epoch 96 Loss: 0.1176
# Epoch 128 Loss: 0.0647
# Epoch 160 Loss: 0.0437
# Epoch 192 Loss: 0.0199
# Epoch 224 Loss: 0.0077
# Epoch 256 Loss: 0.0008
# Test Accuracy: 69.51
# %% [markdown]
# ## SqueezeNet, feature extraction

# %%
squeezenet_fe = models.squeezenet1_1(weights="IMAGENET1K_V1")
for param in squeezenet_fe.parameters():
    param.requires_grad = False
squeezenet_fe.classifier = nn.Sequential(
    nn.Dropout(0.5),
    nn.Conv2d(512, 10, kernel_size=1),
    nn.ReLU(inplace=True),
    nn.AdaptiveAvgPool2d(1),
)
optimizer = optim.SGD(squeezenet_fe.classifier.parameters(), lr=0.01, momentum=0.9)
scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=nb_epochs)
time_squeezenet_fe = train(squeezenet_fe, optimizer, scheduler)
acc_squeezenet_fe = test(squeezenet_fe)
params_squeezenet_fe = count_parameters(squeezenet_fe)

# %% [output]
# Epoch 32 Loss: 2.2018
# Epoch 64 Loss: 2.1966
# Epoch 96 Loss: 2.1949
# Epoch 128 Loss: 2.1889
# Epoch 160 Loss: 2.1907
# Epoch 192 Loss: 2.192
# Epoch 224 Loss: 2.1894
# Epoch 256 Loss: 2.1873
# Test Accuracy: 18.64
# %% [markdown]
# ## SqueezeNet, finetuning (last two fire modules and classifier)

# %%
squeezenet_ft = models.squeezenet1_1(weights="IMAGENET1K_V1")
for param in squeezenet_ft.parameters():
    param.requires_grad = False
for param in squeezenet_ft.features[11:].parameters():
    param.requires_grad = True
squeezenet_ft.classifier = nn.Sequential(
    nn.Dropout(0.5),
    nn.Conv2d(512, 10, kernel_size=1),
    nn.ReLU(inplace=True),
    nn.AdaptiveAvgPool2d(1),
)
optimizer = optim.SGD(filter(lambda p: p.requires_grad, squeezenet_ft.parameters()), lr=0.01, momentum=0.9)
scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=nb_epochs)
time_squeezenet_ft = train(squeezenet_ft, optimizer, scheduler)
acc_squeezenet_ft = test(squeezenet_ft)
params_squeezenet_ft = count_parameters(squeezenet_ft)

# %% [output]
# Epoch 32 Loss: 1.8127
# Epoch 64 Loss: 1.6716
# Epoch 96 Loss: 1.5829
# Epoch 128 Loss: 1.5323
# Epoch 160 Loss: 1.4828
# Epoch 192 Loss: 1.4668
# Epoch 224 Loss: 1.4424
# Epoch 256 Loss: 1.441
# Test Accuracy: 43.02
# %%
df = pd.DataFrame(
    {
        "Model": [
            "From scratch",
            "ResNet18 (feat_extract)",
            "ResNet18 (finetuning)",
            "SqueezeNet (feat_extract)",
            "SqueezeNet (finetuning)",
        ],
        "Number of trainable params": [
            params_scratch,
            params_resnet_fe,
            params_resnet_ft,
            params_squeezenet_fe,
            params_squeezenet_ft,
        ],
        "Test accuracy": [acc_scratch, acc_resnet_fe, acc_resnet_ft, acc_squeezenet_fe, acc_squeezenet_ft],
        "Trainning time per epoch": [
            time_scratch,
            time_resnet_fe,
            time_resnet_ft,
            time_squeezenet_fe,
            time_squeezenet_ft,
        ],
    }
)
print(df)

# %% [output]
#                        Model  Number of trainable params  Test accuracy  \
# 0               From scratch                    11181642          84.93
# 1    ResNet18 (feat_extract)                        5130          43.87
# 2      ResNet18 (finetuning)                     8398858          69.51
# 3  SqueezeNet (feat_extract)                        5130          18.64
# 4    SqueezeNet (finetuning)                      391306          43.02
#
#    Trainning time per epoch
# 0                  6.914218
# 1                  5.214873
# 2                  5.660184
# 3                  5.031926
# 4                  5.118340
