# %%
# Lab CIFAR-10, convolutional network, one script
import torch
from torch import nn, optim
from torchvision import datasets, transforms

t_train = transforms.Compose(
    [
        transforms.RandomCrop(28),
        transforms.RandomHorizontalFlip(),
        transforms.ToTensor(),
        transforms.Normalize((0.491, 0.482, 0.447), (0.202, 0.199, 0.201)),
    ]
)
t_test = transforms.Compose(
    [
        transforms.CenterCrop(28),
        transforms.ToTensor(),
        transforms.Normalize((0.491, 0.482, 0.447), (0.202, 0.199, 0.201)),
    ]
)
train_dl = torch.utils.data.DataLoader(datasets.CIFAR10(".", True, t_train, download=True), 128, True)
test_dl = torch.utils.data.DataLoader(datasets.CIFAR10(".", False, t_test), 128)

model = nn.Sequential(
    nn.Conv2d(3, 32, 5, padding=2),
    nn.BatchNorm2d(32),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(32, 64, 5, padding=2),
    nn.BatchNorm2d(64),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(64, 64, 5, padding=2),
    nn.BatchNorm2d(64),
    nn.ReLU(),
    nn.MaxPool2d(2, ceil_mode=True),
    nn.Flatten(),
    nn.LazyLinear(1000),
    nn.ReLU(),
    nn.Dropout(0.4),
    nn.Linear(1000, 10),
)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model = model.to(device)
model(torch.randn(1, 3, 28, 28).to(device)) if False else model(torch.randn(2, 3, 28, 28).to(device))
loss_fn = nn.CrossEntropyLoss()
opt = optim.SGD(model.parameters(), lr=0.1)
sch = optim.lr_scheduler.ExponentialLR(opt, gamma=0.95)
# %%
for epoch in range(25):
    model.train()
    running = 0.0
    for images, labels in train_dl:
        opt.zero_grad()
        loss = loss_fn(model(images), labels)
        loss.backward()
        opt.step()
        running += loss.item()
    sch.step()
    model.eval()
    good = 0
    with torch.no_grad():
        for images, labels in test_dl:
            good += (model(images).argmax(1) == labels).sum().item()
    print(epoch, running / len(train_dl), good / 10000)
