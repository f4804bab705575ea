# %%
from dataclasses import dataclass, field
from typing import Optional, Dict, Any
import torch, torch.nn as nn
from torch.utils.data import Dataset, DataLoader
from torchvision.datasets import CIFAR10
from torchvision.transforms import v2


@dataclass
class TrainingArguments:
    output_dir: str = "out"
    num_train_epochs: int = 25
    per_device_train_batch_size: int = 128
    learning_rate: float = 0.05
    lr_gamma: float = 0.95
    max_grad_norm: float = 1.0


@dataclass
class ImageClassifierOutput:
    loss: Optional[torch.Tensor] = None
    logits: Optional[torch.Tensor] = None


class CifarForClassification(nn.Module):
    def __init__(self, num_labels=10):
        super().__init__()
        self.num_labels = num_labels
        ch = [3, 32, 64, 64]
        self.encoder = nn.Sequential()
        for k in range(3):
            self.encoder.add_module(f"conv{k + 1}", nn.Conv2d(ch[k], ch[k + 1], 5, padding=2))
            self.encoder.add_module(f"norm{k + 1}", nn.BatchNorm2d(ch[k + 1]))
            self.encoder.add_module(f"act{k + 1}", nn.ReLU())
            self.encoder.add_module(f"pool{k + 1}", nn.MaxPool2d(2, ceil_mode=(k == 2)))
        self.pooler = nn.Linear(1024, 1000)
        self.dropout = nn.Dropout(0.4)
        self.classifier = nn.Linear(1000, num_labels)
        self.apply(self._init_weights)

    def _init_weights(self, m):
        if isinstance(m, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(m.weight, nonlinearity="relu")
            nn.init.zeros_(m.bias)

    def forward(self, pixel_values=None, labels=None):
        h = self.encoder(pixel_values).flatten(1)
        logits = self.classifier(self.dropout(torch.relu(self.pooler(h))))
        loss = None
        if labels is not None:
            loss = nn.CrossEntropyLoss()(logits.view(-1, self.num_labels), labels.view(-1))
        return ImageClassifierOutput(loss=loss, logits=logits)


# %%
norm = [
    v2.ToImage(),
    v2.ToDtype(torch.float32, scale=True),
    v2.Normalize(mean=[0.491, 0.482, 0.447], std=[0.202, 0.199, 0.201]),
]
train_tf = v2.Compose([v2.RandomCrop(28), v2.RandomHorizontalFlip(), *norm])
eval_tf = v2.Compose([v2.CenterCrop(28), *norm])


class HFDataset(Dataset):
    def __init__(self, split, tf):
        self.ds, self.tf = CIFAR10("data", train=split == "train", download=True), tf

    def __len__(self):
        return len(self.ds)

    def __getitem__(self, i):
        img, label = self.ds[i]
        return {"pixel_values": self.tf(img), "label": label}


def data_collator(features):
    return {
        "pixel_values": torch.stack([f["pixel_values"] for f in features]),
        "labels": torch.tensor([f["label"] for f in features]),
    }


class Trainer:
    def __init__(self, model, args, train_dataset, eval_dataset, data_collator, compute_metrics):
        self.__dict__.update(locals())
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        model.to(self.device)
        self.state: Dict[str, Any] = {"log": []}

    def _prepare_inputs(self, d):
        return {k: v.to(self.device) for k, v in d.items()}

    def create_optimizer_and_scheduler(self):
        decay = [p for n, p in self.model.named_parameters() if p.ndim > 1]
        rest = [p for n, p in self.model.named_parameters() if p.ndim <= 1]
        self.optimizer = torch.optim.SGD(
            [{"params": decay, "weight_decay": 1e-4}, {"params": rest, "weight_decay": 0.0}],
            lr=self.args.learning_rate,
            momentum=0.9,
        )
        self.lr_scheduler = torch.optim.lr_scheduler.ExponentialLR(self.optimizer, self.args.lr_gamma)

    def train(self):
        self.create_optimizer_and_scheduler()
        dl = DataLoader(
            self.train_dataset,
            self.args.per_device_train_batch_size,
            shuffle=True,
            collate_fn=self.data_collator,
        )
        for epoch in range(self.args.num_train_epochs):
            self.model.train()
            for step, inputs in enumerate(dl):
                out = self.model(**self._prepare_inputs(inputs))
                out.loss.backward()
                nn.utils.clip_grad_norm_(self.model.parameters(), self.args.max_grad_norm)
                self.optimizer.step()
                self.model.zero_grad()
            self.lr_scheduler.step()
            self.state["log"].append(self.evaluate())

    @torch.no_grad()
    def evaluate(self):
        self.model.eval()
        preds, labs = [], []
        for inputs in DataLoader(self.eval_dataset, 256, collate_fn=self.data_collator):
            out = self.model(**self._prepare_inputs(inputs))
            preds.append(out.logits.cpu())
            labs.append(inputs["labels"])
        return self.compute_metrics((torch.cat(preds).numpy(), torch.cat(labs).numpy()))


def compute_metrics(p):
    return {"accuracy": float((p[0].argmax(-1) == p[1]).mean())}


trainer = Trainer(
    CifarForClassification(),
    TrainingArguments(),
    HFDataset("train", train_tf),
    HFDataset("test", eval_tf),
    data_collator,
    compute_metrics,
)
trainer.train()
print(trainer.evaluate())
