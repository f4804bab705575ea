"""The reference networks have the sizes of the statement, and every lesson runs."""

import importlib
import runpy
from pathlib import Path

import pytest
import torch
from torchvision import datasets

from reference.cifar_net import CifarNet

LESSONS = ["cifar_net", "normalization", "augmentation", "scheduler", "dropout", "batch_norm"]
STARTER = Path(__file__).parents[2] / "assignments" / "cifar_cnn" / "base.py"


def parameters(model: torch.nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize(("batch_norm", "count"), [(False, 1_191_170), (True, 1_191_490)])
def test_parameter_count_is_the_statements(batch_norm, count):
    assert parameters(CifarNet(batch_norm=batch_norm, dropout=0.5)) == count


@pytest.mark.parametrize("size", [32, 28])
def test_whole_images_and_crops_give_ten_logits(size):
    assert CifarNet()(torch.zeros(2, 3, size, size)).shape == (2, 10)


def test_dropout_is_off_in_evaluation():
    model, images = CifarNet(dropout=0.5).eval(), torch.rand(2, 3, 32, 32)
    assert torch.equal(model(images), model(images))


def test_starter_is_lenet_5():
    model = runpy.run_path(str(STARTER))["ConvNet"]()
    assert parameters(model) == 61_706
    assert model(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


@pytest.mark.parametrize("lesson", LESSONS)
def test_lesson_runs(lesson, monkeypatch, tmp_path, capsys):
    def images(root, train, transform, download):
        return datasets.FakeData(16, (3, 32, 32), num_classes=10, transform=transform)

    monkeypatch.setattr(datasets, "CIFAR10", images)
    arguments = f"--data {tmp_path} --epochs 2 --steps 1 --batch-size 4 --device cpu"
    importlib.import_module(f"reference.{lesson}").main(arguments.split())
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[-2:]] == ["1", "2"]
