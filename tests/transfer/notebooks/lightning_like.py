# %% [markdown]
# ## Comparing scratch / frozen / finetuned networks
# %%
import time, collections
import torch, torchvision
import pandas as pd
from torchvision.transforms import v2

torch.manual_seed(1234)
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class LitModule(torch.nn.Module):
    def __init__(self, net, lr_backbone, lr_head, head_prefix):
        super().__init__()
        self.net, self.lr_backbone, self.lr_head, self.head_prefix = net, lr_backbone, lr_head, head_prefix
        self.loss = torch.nn.CrossEntropyLoss()

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return self.loss(self(x), y)

    def test_step(self, batch, batch_idx):
        x, y = batch
        return (self(x).argmax(dim=1) == y).float().mean() * len(y)

    def configure_optimizers(self):
        head = [p for n, p in self.net.named_parameters() if n.startswith(self.head_prefix)]
        body = [
            p
            for n, p in self.net.named_parameters()
            if not n.startswith(self.head_prefix) and p.requires_grad
        ]
        groups = [{"params": head, "lr": self.lr_head}]
        if body:
            groups.append({"params": body, "lr": self.lr_backbone})
        return torch.optim.SGD(groups, lr=self.lr_head, momentum=0.9, weight_decay=5e-4)


class Trainer:
    def __init__(self, max_epochs):
        self.max_epochs = max_epochs
        self.history = collections.defaultdict(list)

    def fit(self, module, loader):
        module.to(DEVICE)
        optimizer = module.configure_optimizers()
        for epoch in range(self.max_epochs):
            module.train()
            tic = time.monotonic()
            for i, batch in enumerate(loader):
                batch = [b.to(DEVICE) for b in batch]
                loss = module.training_step(batch, i)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            self.history["time"].append(time.monotonic() - tic)
        return self

    def test(self, module, loader):
        module.eval()
        with torch.inference_mode():
            s = sum(module.test_step([b.to(DEVICE) for b in batch], i) for i, batch in enumerate(loader))
        return float(s) / len(loader.dataset)


# %%
prep = v2.Compose(
    [
        v2.ToImage(),
        v2.ToDtype(torch.float32, scale=True),
        v2.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ]
)
ds = {
    s: torchvision.datasets.CIFAR10("data", train=s == "train", download=True, transform=prep)
    for s in ("train", "test")
}
dl = {
    s: torch.utils.data.DataLoader(d, batch_size=128, shuffle=s == "train", num_workers=2)
    for s, d in ds.items()
}


def make(arch, mode):
    if mode == "scratch":
        net = torchvision.models.get_model(arch, weights=None, num_classes=10)
        return LitModule(net, 0.05, 0.05, "fc")
    net = torchvision.models.get_model(arch, weights="DEFAULT")
    if mode == "frozen":
        net.requires_grad_(False)
    if hasattr(net, "fc"):
        net.fc = torch.nn.Linear(net.fc.in_features, 10)
        return LitModule(net, 1e-3, 1e-2, "fc")
    net.classifier[-1] = torch.nn.Linear(net.classifier[-1].in_features, 10)
    return LitModule(net, 1e-3, 1e-2, "classifier.6")


runs = [
    ("resnet18", "scratch"),
    ("resnet34", "frozen"),
    ("resnet34", "full"),
    ("vgg11_bn", "frozen"),
    ("vgg11_bn", "full"),
]
records = []
for arch, mode in runs:
    module = make(arch, mode)
    trainer = Trainer(max_epochs=2).fit(module, dl["train"])
    records.append(
        dict(
            arch=arch,
            transfer=mode,
            acc_test=round(trainer.test(module, dl["test"]), 4),
            time_per_epoch=round(sum(trainer.history["time"]) / 2, 1),
            trainable=sum(p.numel() for p in module.parameters() if p.requires_grad),
        )
    )
    del module
# %%
df = pd.DataFrame(records)
df
# %% [output result]
# <div>
# <table border="1" class="dataframe">
#   <thead>
#     <tr style="text-align: right;">
#       <th></th>
#       <th>arch</th>
#       <th>transfer</th>
#       <th>acc_test</th>
#       <th>time_per_epoch</th>
#       <th>trainable</th>
#     </tr>
#   </thead>
#   <tbody>
#     <tr><th>0</th><td>resnet18</td><td>scratch</td><td>0.6120</td><td>11.1</td><td>11181642</td></tr>
#     <tr><th>1</th><td>resnet34</td><td>frozen</td><td>0.4611</td><td>8.2</td><td>5130</td></tr>
#     <tr><th>2</th><td>resnet34</td><td>full</td><td>0.7912</td><td>18.4</td><td>21289802</td></tr>
#     <tr><th>3</th><td>vgg11_bn</td><td>frozen</td><td>0.6512</td><td>12.0</td><td>40970</td></tr>
#     <tr><th>4</th><td>vgg11_bn</td><td>full</td><td>0.8612</td><td>30.7</td><td>128812810</td></tr>
#   </tbody>
# </table>
# </div>
