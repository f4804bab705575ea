# %%
from tqdm.notebook import tqdm, trange
import torch
import torchvision
from torch import nn
from torchvision import transforms as T
from torch.optim.swa_utils import AveragedModel, update_bn

# %%
dev = "cuda" if torch.cuda.is_available() else "cpu"
stats = ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010))
ttf = T.Compose(
    [
        T.RandomCrop(32, padding=4, padding_mode="reflect"),
        T.RandomHorizontalFlip(),
        T.ToTensor(),
        T.Normalize(*stats, inplace=True),
    ]
)
vtf = T.Compose([T.ToTensor(), T.Normalize(*stats)])
train = torchvision.datasets.CIFAR10(root="data", train=True, transform=ttf, download=True)
val = torchvision.datasets.CIFAR10(root="data", train=False, transform=vtf, download=True)
tdl = torch.utils.data.DataLoader(train, 64, shuffle=True)
vdl = torch.utils.data.DataLoader(val, 256)


# %%
class LeNetPlus(nn.Module):
    def __init__(self):
        super().__init__()

        def block(i, o):
            conv = nn.Conv2d(i, o, 5, padding=2, bias=False)
            return nn.Sequential(conv, nn.BatchNorm2d(o), nn.ReLU(inplace=True), nn.MaxPool2d(2))

        self.stem = nn.Sequential(block(3, 32), block(32, 64), block(64, 64))
        self.cls = nn.Sequential(
            nn.Flatten(),
            nn.Dropout(0.0),
            nn.Linear(1024, 1000),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(1000, 10),
        )

    def forward(self, x):
        return self.cls(self.stem(x))


# %%
net = LeNetPlus().to(dev)
ema = AveragedModel(net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.9))
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4, nesterov=True)
sched = torch.optim.lr_scheduler.ExponentialLR(opt, 0.95)
lossf = nn.CrossEntropyLoss(label_smoothing=0.1)
acc_steps = 2
for ep in trange(3):
    net.train()
    for i, (x, y) in enumerate(tqdm(tdl, leave=False)):
        with torch.autocast(device_type=dev, dtype=torch.bfloat16):
            loss = lossf(net(x.to(dev)), y.to(dev)) / acc_steps
        loss.backward()
        if (i + 1) % acc_steps == 0:
            nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            opt.step()
            opt.zero_grad()
            ema.update_parameters(net)
    sched.step()
    for m in (net, ema):
        m.eval()
        with torch.no_grad():
            c = sum((m(x.to(dev)).argmax(1).cpu() == y).sum().item() for x, y in vdl)
        tqdm.write(f"{ep} {type(m).__name__} {c / len(val):.4f}")
