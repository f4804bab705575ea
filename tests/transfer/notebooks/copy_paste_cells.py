# %% [markdown]
# LAB 3 transfer learning

# %%
import torch
import torch.nn as nn
import torchvision
import torchvision.transforms as transforms
import time

transform = transforms.Compose(
    [
        transforms.Resize((224, 224)),
        transforms.ToTensor(),
        transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    ]
)
trainset = torchvision.datasets.CIFAR10(root="./data", train=True, download=True, transform=transform)
trainloader = torch.utils.data.DataLoader(trainset, batch_size=64, shuffle=True, num_workers=2)
testset = torchvision.datasets.CIFAR10(root="./data", train=False, download=True, transform=transform)
testloader = torch.utils.data.DataLoader(testset, batch_size=64, shuffle=False, num_workers=2)

# %% [output stderr]
# 100%|██████████| 170M/170M [00:03<00:00, 43.4MB/s]
# %%
# ALEXNET feature extraction
alexnet = torchvision.models.alexnet(pretrained=True)
for param in alexnet.parameters():
    param.requires_grad = False
alexnet.classifier[6] = nn.Linear(4096, 10)
alexnet.cuda()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(alexnet.classifier[6].parameters(), lr=0.001)

start = time.time()
for epoch in range(5):
    running_loss = 0.0
    alexnet.train()
    for i, (inputs, labels) in enumerate(trainloader):
        inputs, labels = inputs.cuda(), labels.cuda()
        optimizer.zero_grad()
        outputs = alexnet(inputs)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
    print("epoch", epoch + 1, "loss", running_loss / len(trainloader))
print("time per epoch", (time.time() - start) / 5)

alexnet.eval()
correct = 0
with torch.no_grad():
    for inputs, labels in testloader:
        correct += (alexnet(inputs.cuda()).argmax(1) == labels.cuda()).sum().item()
print("accuracy", correct / len(testset))
print("trainable params", sum(p.numel() for p in alexnet.parameters() if p.requires_grad))

# %% [output stderr]
# /usr/local/lib/python3.11/dist-packages/torchvision/models/_utils.py:208: UserWarning: The parameter 'pretrained' is
# deprecated since 0.13 and may be removed in the future, please use 'weights' instead.
#   warnings.warn(
# Downloading: "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth" to /root/.cache/torch/hub/checkpoints/alexnet-owt-7be5be79.pth
# 100%|██████████| 233M/233M [00:01<00:00, 178MB/s]
# %% [output]
# epoch 1 loss 0.7413134364244112
# epoch 2 loss 0.6195847433736937
# epoch 3 loss 0.5715763774618977
# epoch 4 loss 0.539525506902574
# epoch 5 loss 0.5321495435087092
# time per epoch 31.42044949106479
# accuracy 0.8105
# trainable params 40970
# %%
# ALEXNET finetuning
alexnet = torchvision.models.alexnet(pretrained=True)
alexnet.classifier[6] = nn.Linear(4096, 10)
alexnet.cuda()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(alexnet.parameters(), lr=0.0001)

start = time.time()
for epoch in range(5):
    running_loss = 0.0
    alexnet.train()
    for i, (inputs, labels) in enumerate(trainloader):
        inputs, labels = inputs.cuda(), labels.cuda()
        optimizer.zero_grad()
        outputs = alexnet(inputs)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
    print("epoch", epoch + 1, "loss", running_loss / len(trainloader))
print("time per epoch", (time.time() - start) / 5)

alexnet.eval()
correct = 0
with torch.no_grad():
    for inputs, labels in testloader:
        correct += (alexnet(inputs.cuda()).argmax(1) == labels.cuda()).sum().item()
print("accuracy", correct / len(testset))
print("trainable params", sum(p.numel() for p in alexnet.parameters() if p.requires_grad))

# %% [output]
# epoch 1 loss 0.512795603427189
# epoch 2 loss 0.27579478274870595
# epoch 3 loss 0.15000565513677266
# epoch 4 loss 0.1253084871995159
# epoch 5 loss 0.10848354988781295
# time per epoch 47.91073596998906
# accuracy 0.8946
# trainable params 57044810
# %%
# RESNET feature extraction
resnet = torchvision.models.resnet18(pretrained=True)
for param in resnet.parameters():
    param.requires_grad = False
resnet.fc = nn.Linear(512, 10)
resnet.cuda()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(resnet.fc.parameters(), lr=0.001)

start = time.time()
for epoch in range(5):
    running_loss = 0.0
    resnet.train()
    for i, (inputs, labels) in enumerate(trainloader):
        inputs, labels = inputs.cuda(), labels.cuda()
        optimizer.zero_grad()
        outputs = resnet(inputs)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
    print("epoch", epoch + 1, "loss", running_loss / len(trainloader))
print("time per epoch", (time.time() - start) / 5)

resnet.eval()
correct = 0
with torch.no_grad():
    for inputs, labels in testloader:
        correct += (resnet(inputs.cuda()).argmax(1) == labels.cuda()).sum().item()
print("accuracy", correct / len(testset))
print("trainable params", sum(p.numel() for p in resnet.parameters() if p.requires_grad))

# %% [output]
# epoch 1 loss 0.8011237964627093
# epoch 2 loss 0.6920544229225295
# epoch 3 loss 0.6631369955166548
# epoch 4 loss 0.6264603920038596
# epoch 5 loss 0.6302625720304108
# time per epoch 45.03006552885924
# accuracy 0.7984
# trainable params 5130
# %%
# RESNET finetuning
resnet = torchvision.models.resnet18(pretrained=True)
resnet.fc = nn.Linear(512, 10)
resnet.cuda()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(resnet.parameters(), lr=0.0001)

start = time.time()
for epoch in range(5):
    running_loss = 0.0
    resnet.train()
    for i, (inputs, labels) in enumerate(trainloader):
        inputs, labels = inputs.cuda(), labels.cuda()
        optimizer.zero_grad()
        outputs = resnet(inputs)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
    print("epoch", epoch + 1, "loss", running_loss / len(trainloader))
print("time per epoch", (time.time() - start) / 5)

resnet.eval()
correct = 0
with torch.no_grad():
    for inputs, labels in testloader:
        correct += (resnet(inputs.cuda()).argmax(1) == labels.cuda()).sum().item()
print("accuracy", correct / len(testset))
print("trainable params", sum(p.numel() for p in resnet.parameters() if p.requires_grad))

# %% [output]
# epoch 1 loss 0.33212360480897374
# epoch 2 loss 0.14561031660342308
# epoch 3 loss 0.08113960582426108
# epoch 4 loss 0.04651549722708024
# epoch 5 loss 0.04180665150956796
# time per epoch 87.26040159101449
# accuracy 0.9402
# trainable params 11181642
# %%
# FROM SCRATCH (network of lab 1, images of 32x32)
transform = transforms.Compose(
    [transforms.ToTensor(), transforms.Normalize((0.491, 0.482, 0.447), (0.202, 0.199, 0.201))]
)
trainset = torchvision.datasets.CIFAR10(root="./data", train=True, download=True, transform=transform)
trainloader = torch.utils.data.DataLoader(trainset, batch_size=64, shuffle=True, num_workers=2)
testset = torchvision.datasets.CIFAR10(root="./data", train=False, download=True, transform=transform)
testloader = torch.utils.data.DataLoader(testset, batch_size=64, shuffle=False, num_workers=2)

net = nn.Sequential(
    nn.Conv2d(3, 32, 5, padding=2),
    nn.ReLU(),
    nn.MaxPool2d(2, 2),
    nn.Conv2d(32, 64, 5, padding=2),
    nn.ReLU(),
    nn.MaxPool2d(2, 2),
    nn.Conv2d(64, 64, 5, padding=2),
    nn.ReLU(),
    nn.MaxPool2d(2, 2),
    nn.Flatten(),
    nn.Linear(1024, 1000),
    nn.ReLU(),
    nn.Linear(1000, 10),
).cuda()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=0.001)

start = time.time()
for epoch in range(5):
    running_loss = 0.0
    net.train()
    for i, (inputs, labels) in enumerate(trainloader):
        inputs, labels = inputs.cuda(), labels.cuda()
        optimizer.zero_grad()
        outputs = net(inputs)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
    print("epoch", epoch + 1, "loss", running_loss / len(trainloader))
print("time per epoch", (time.time() - start) / 5)

net.eval()
correct = 0
with torch.no_grad():
    for inputs, labels in testloader:
        correct += (net(inputs.cuda()).argmax(1) == labels.cuda()).sum().item()
print("accuracy", correct / len(testset))
print("trainable params", sum(p.numel() for p in net.parameters() if p.requires_grad))

# %% [output]
# epoch 1 loss 1.3327622901694889
# epoch 2 loss 0.7344741786989262
# epoch 3 loss 0.5189795193565566
# epoch 4 loss 0.4577942450283777
# epoch 5 loss 0.421873989857474
# time per epoch 13.770922324996665
# accuracy 0.7329
# trainable params 1191170
# %% [markdown]
# |Model|Number of trainable params|Test accuracy|Training time per epoch|
# |-|-|-|-|
# |From scratch|1191170|0.7329|13.8|
# |AlexNet (feat_extract)|40970|0.8105|31.4|
# |AlexNet (finetuning)|57044810|0.8946|47.9|
# |ResNet18 (feat_extract)|5130|0.7984|45.0|
# |ResNet18 (finetuning)|11181642|0.9402|87.3|
