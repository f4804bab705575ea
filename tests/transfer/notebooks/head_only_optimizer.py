# %%
# Lab session 3 -- transfer learning
import os, time
import torch
import torch.nn as nn
import torch.optim as optim
import torchvision.models as models
import torchvision.transforms as transforms
import torchvision.datasets as dset
from torch.utils.data import DataLoader

os.makedirs("results", exist_ok=True)
device = "cuda:0" if torch.cuda.is_available() else "cpu"
num_epochs = 10
batch_size = 32
input_size = 224

# %%
train_tf = transforms.Compose(
    [
        transforms.RandomResizedCrop(input_size, scale=(0.7, 1.0)),
        transforms.RandomHorizontalFlip(),
        transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ]
)
test_tf = transforms.Compose(
    [
        transforms.Resize(input_size),
        transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ]
)
trainset = dset.CIFAR10("./data", train=True, download=True, transform=train_tf)
testset = dset.CIFAR10("./data", train=False, download=True, transform=test_tf)
train_dl = DataLoader(trainset, batch_size=batch_size, shuffle=True, num_workers=10)
test_dl = DataLoader(testset, batch_size=batch_size, shuffle=False, num_workers=10)
classes = trainset.classes
print(classes)

# %% [output]
# ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck']


# %%
def n_optimized(optimizer):
    return sum(p.numel() for group in optimizer.param_groups for p in group["params"])


def train(model, optimizer, label):
    model = model.to(device)
    loss_fn = nn.CrossEntropyLoss()
    history, spent = [], 0.0
    for epoch in range(num_epochs):
        tick = time.time()
        model.train()
        for i, data in enumerate(train_dl, 0):
            inputs, labels = data[0].to(device), data[1].to(device)
            model.zero_grad()
            outputs = model(inputs)
            loss = loss_fn(outputs, labels)
            loss.backward()
            optimizer.step()
        spent += time.time() - tick

        model.eval()
        good, n = 0, 0
        with torch.no_grad():
            for inputs, labels in test_dl:
                _, predicted = torch.max(model(inputs.to(device)), 1)
                good += (predicted.cpu() == labels).sum().item()
                n += labels.size(0)
        history.append(100.0 * good / n)
    print(label, "-> accuracy after each epoch:", [f"{a:.1f}" for a in history])
    print("parameters given to the optimizer:", n_optimized(optimizer))
    print(f"{spent / num_epochs:.1f} seconds per epoch")


# %% [markdown]
# # 1 - Feature extraction
# The optimizer only gets the new last layer, so nothing else can move.

# %%
squeeze = models.squeezenet1_1(weights=models.SqueezeNet1_1_Weights.IMAGENET1K_V1)
squeeze.classifier[1] = nn.Conv2d(512, len(classes), kernel_size=(1, 1), stride=(1, 1))
squeeze.num_classes = len(classes)
squeeze.to(device)
train(
    squeeze,
    optim.SGD(squeeze.classifier[1].parameters(), lr=0.001, momentum=0.9),
    "squeezenet, feature extraction",
)

# %% [output]
# squeezenet, feature extraction -> accuracy after each epoch: ['74.0', '76.5', '77.6', '77.5', '77.5', '77.5', '78.4', '77.9', '77.7', '78.6']
# parameters given to the optimizer: 5130
# 60.3 seconds per epoch
# %%
resnet = models.resnet18(weights=models.ResNet18_Weights.IMAGENET1K_V1)
resnet.fc = nn.Linear(resnet.fc.in_features, len(classes))
resnet.to(device)
train(resnet, optim.SGD(resnet.fc.parameters(), lr=0.001, momentum=0.9), "resnet18, feature extraction")

# %% [output]
# resnet18, feature extraction -> accuracy after each epoch: ['76.1', '78.9', '78.0', '79.1', '79.4', '80.0', '78.8', '79.5', '79.3', '79.8']
# parameters given to the optimizer: 5130
# 64.8 seconds per epoch
# %% [markdown]
# # 2 - Finetuning

# %%
squeeze = models.squeezenet1_1(weights=models.SqueezeNet1_1_Weights.IMAGENET1K_V1)
squeeze.classifier[1] = nn.Conv2d(512, len(classes), kernel_size=(1, 1), stride=(1, 1))
squeeze.num_classes = len(classes)
squeeze.to(device)
train(squeeze, optim.SGD(squeeze.parameters(), lr=0.0005, momentum=0.9), "squeezenet, finetuning")

# %% [output]
# squeezenet, finetuning -> accuracy after each epoch: ['85.1', '87.4', '89.5', '89.2', '90.9', '90.5', '90.8', '92.2', '91.3', '91.3']
# parameters given to the optimizer: 727626
# 72.5 seconds per epoch
# %%
resnet = models.resnet18(weights=models.ResNet18_Weights.IMAGENET1K_V1)
resnet.fc = nn.Linear(resnet.fc.in_features, len(classes))
resnet.to(device)
train(resnet, optim.SGD(resnet.parameters(), lr=0.0005, momentum=0.9), "resnet18, finetuning")

# %% [output]
# resnet18, finetuning -> accuracy after each epoch: ['92.0', '93.2', '94.2', '94.2', '95.0', '95.5', '95.3', '96.1', '94.7', '95.3']
# parameters given to the optimizer: 11181642
# 98.7 seconds per epoch
# %% [markdown]
# # 3 - From scratch
# A network of our own. It ends with a global average, so it takes 224 x 224 images as well.

# %%
own = nn.Sequential(
    nn.Conv2d(3, 32, 7, stride=4, padding=3),
    nn.BatchNorm2d(32),
    nn.ReLU(),
    nn.Conv2d(32, 64, 3, stride=2, padding=1),
    nn.BatchNorm2d(64),
    nn.ReLU(),
    nn.Conv2d(64, 128, 3, stride=2, padding=1),
    nn.BatchNorm2d(128),
    nn.ReLU(),
    nn.Conv2d(128, 256, 3, stride=2, padding=1),
    nn.BatchNorm2d(256),
    nn.ReLU(),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
    nn.Linear(256, len(classes)),
).to(device)
train(own, optim.SGD(own.parameters(), lr=0.01, momentum=0.9), "from scratch")

# %% [output]
# from scratch -> accuracy after each epoch: ['44.1', '55.2', '62.7', '68.7', '70.0', '73.3', '73.3', '76.1', '76.1', '76.3']
# parameters given to the optimizer: 395786
# 58.9 seconds per epoch
# %% [markdown]
# # Summary
# | Model | Number of trainable params | Test accuracy | Training time per epoch |
# |:--|--:|--:|--:|
# | From scratch | 395786 | 76.3% | 0:58 |
# | SqueezeNet1.1 feat_extract | 5130 | 78.6% | 1:00 |
# | SqueezeNet1.1 finetuning | 727626 | 91.3% | 1:12 |
# | ResNet18 feat_extract | 5130 | 79.8% | 1:04 |
# | ResNet18 finetuning | 11181642 | 95.3% | 1:38 |
#
# Time is given in minutes:seconds.
