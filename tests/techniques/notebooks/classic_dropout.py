# %% [markdown]
# ## Dropout as in the first paper: nothing is rescaled in training, everything is in the test

# %%
import torch
import torch.nn.functional as F
from torchvision.datasets import CIFAR10
from torchvision.transforms.functional import to_tensor

KEEP = 0.6


class Reseau(torch.nn.Module):
    def __init__(self):
        super().__init__()
        widths = (3, 32, 64, 64)
        self.convs = torch.nn.ModuleList(
            torch.nn.Conv2d(a, b, 5, padding=2) for a, b in zip(widths, widths[1:])
        )
        self.hidden, self.scores = torch.nn.Linear(1024, 1000), torch.nn.Linear(1000, 10)

    def forward(self, x):
        for conv in self.convs:
            x = F.max_pool2d(F.relu(conv(x)), 2)
        x = F.relu(self.hidden(torch.flatten(x, 1)))
        x = x * torch.bernoulli(torch.full_like(x, KEEP)) if self.training else x * KEEP
        return self.scores(x)


# %%
parts = {
    name: torch.utils.data.DataLoader(
        CIFAR10("/tmp/c", name == "train", to_tensor, download=True), 100, name == "train"
    )
    for name in ("train", "test")
}
reseau = Reseau()
descent = torch.optim.SGD(reseau.parameters(), 0.1, momentum=0.5)

for epoch in range(1, 5):
    for name, loader in parts.items():
        reseau.train(name == "train")
        total = correct = count = 0
        with torch.set_grad_enabled(name == "train"):
            for images, labels in loader:
                out = reseau(images)
                loss = F.cross_entropy(out, labels)
                if name == "train":
                    descent.zero_grad()
                    loss.backward()
                    descent.step()
                total += loss.item() * len(labels)
                correct += (out.argmax(-1) == labels).sum().item()
                count += len(labels)
        print(f"{epoch} {name}: {total / count:.3f} {correct / count:.1%}")
