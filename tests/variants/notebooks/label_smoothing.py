# %%
import torch, torch.nn as nn, torch.nn.functional as F
import torchvision, torchvision.transforms as T
import matplotlib.pyplot as plt

tf = T.Compose([T.ToTensor(), T.Normalize([0.491, 0.482, 0.447], [0.202, 0.199, 0.201])])
D = {
    k: torchvision.datasets.CIFAR10("data", train=(k == "tr"), download=True, transform=tf)
    for k in ("tr", "te")
}
L = {k: torch.utils.data.DataLoader(d, batch_size=128, shuffle=(k == "tr")) for k, d in D.items()}


# %%
class Net(nn.Module):
    def __init__(s):
        super().__init__()
        s.c1 = nn.Conv2d(3, 32, 5, padding=2)
        s.c2 = nn.Conv2d(32, 64, 5, padding=2)
        s.c3 = nn.Conv2d(64, 64, 5, padding=2)
        s.l4 = nn.Linear(1024, 1000)
        s.l5 = nn.Linear(1000, 10)

    def forward(s, x):
        x = F.relu(F.max_pool2d(s.c1(x), 2), inplace=True)
        x = F.relu(F.max_pool2d(s.c2(x), 2), inplace=True)
        x = F.relu(F.max_pool2d(s.c3(x), 2), inplace=True)
        return s.l5(F.relu(s.l4(x.flatten(1))))


net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.1)
acc = []
for ep in range(10):
    net.train()
    for x, y in L["tr"]:
        loss = F.cross_entropy(net(x), y, label_smoothing=0.1)
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    with torch.inference_mode():
        acc.append(sum((net(x).argmax(1) == y).sum().item() for x, y in L["te"]) / len(D["te"]))
    print(ep, acc[-1])

# %%
plt.plot(acc)
plt.title(f"test accuracy, best {max(acc):.3f}")
plt.show()
