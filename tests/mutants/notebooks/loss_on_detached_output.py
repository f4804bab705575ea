# %%
import torch
import torch.nn as nn
import torchvision
import torchvision.transforms as transforms
import numpy as np
import matplotlib.pyplot as plt

# %%
train_set = torchvision.datasets.CIFAR10(
    root="./data", train=True, download=True, transform=transforms.ToTensor()
)
test_set = torchvision.datasets.CIFAR10(
    root="./data", train=False, download=True, transform=transforms.ToTensor()
)
train_loader = torch.utils.data.DataLoader(train_set, batch_size=64, shuffle=True)
test_loader = torch.utils.data.DataLoader(test_set, batch_size=64, shuffle=False)
print(train_set.data.shape, test_set.data.shape, train_set.classes)


# %%
class Model(nn.Module):
    def __init__(self):
        nn.Module.__init__(self)
        self.layer1 = nn.Conv2d(in_channels=3, out_channels=32, kernel_size=5, padding=2)
        self.layer2 = nn.Conv2d(in_channels=32, out_channels=64, kernel_size=5, padding=2)
        self.layer3 = nn.Conv2d(in_channels=64, out_channels=64, kernel_size=5, padding=2)
        self.layer4 = nn.Linear(in_features=1024, out_features=1000)
        self.layer5 = nn.Linear(in_features=1000, out_features=10)
        self.act = nn.ReLU()
        self.maxpool = nn.MaxPool2d(2)

    def forward(self, x):
        a1 = self.act.forward(self.layer1.forward(x))
        p1 = self.maxpool.forward(a1)
        a2 = self.act.forward(self.layer2.forward(p1))
        p2 = self.maxpool.forward(a2)
        a3 = self.act.forward(self.layer3.forward(p2))
        p3 = self.maxpool.forward(a3)
        flat = p3.reshape([-1, 1024])
        a4 = self.act.forward(self.layer4.forward(flat))
        return self.layer5.forward(a4)


# %%
model = Model()
loss_function = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
all_losses = []
for epoch in range(5):
    model.train()
    for batch in train_loader:
        images = batch[0]
        labels = batch[1]
        prediction = model.forward(images).detach().requires_grad_()
        loss = loss_function.forward(prediction, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        all_losses.append(float(loss))
    print("Epoch", epoch + 1, "mean loss", np.mean(all_losses[-len(train_loader) :]))

# %%
model.eval()
predictions = np.array([])
truth = np.array([])
with torch.no_grad():
    for images, labels in test_loader:
        prediction = model.forward(images)
        predictions = np.concatenate([predictions, prediction.numpy().argmax(axis=1)])
        truth = np.concatenate([truth, labels.numpy()])
print("Accuracy on the test set:", (predictions == truth).mean())
for c, name in enumerate(test_set.classes):
    print(f"  {name:12s} {(predictions[truth == c] == c).mean():.3f}")

plt.plot(all_losses)
plt.show()
