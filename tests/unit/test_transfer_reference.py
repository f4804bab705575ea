"""The transfer lab's reference: networks of the sizes in the lab, and each approach trains what it says."""

import pytest
import torch
from torch import nn
from torchvision import datasets, models

from reference.transfer import (
    Row,
    accuracy,
    freeze,
    head_name,
    head_of,
    main,
    prepared,
    pretrained,
    synthetic,
    table,
    train,
    trainable,
    with_new_head,
)

# Parameters of the whole network with 1,000 classes; trainable, head only and all, with 10 and with 2 classes.
COUNTS = {
    "squeezenet1_0": (1_248_424, 5_130, 740_554, 1_026, 736_450),
    "squeezenet1_1": (1_235_496, 5_130, 727_626, 1_026, 723_522),
    "alexnet": (61_100_840, 40_970, 57_044_810, 8_194, 57_012_034),
    "vgg11": (132_863_336, 40_970, 128_807_306, 8_194, 128_774_530),
    "vgg16": (138_357_544, 40_970, 134_301_514, 8_194, 134_268_738),
    "vgg19": (143_667_240, 40_970, 139_611_210, 8_194, 139_578_434),
    "resnet18": (11_689_512, 5_130, 11_181_642, 1_026, 11_177_538),
    "resnet34": (21_797_672, 5_130, 21_289_802, 1_026, 21_285_698),
    "resnet50": (25_557_032, 20_490, 23_528_522, 4_098, 23_512_130),
    "mobilenet_v2": (3_504_872, 12_810, 2_236_682, 2_562, 2_226_434),
    "mobilenet_v3_small": (2_542_856, 10_250, 1_528_106, 2_050, 1_519_906),
    "mobilenet_v3_large": (5_483_032, 12_810, 4_214_842, 2_562, 4_204_594),
}
HEADS = {
    "squeezenet1_1": "classifier.1",
    "alexnet": "classifier.6",
    "vgg11": "classifier.6",
    "resnet18": "fc",
}
TRAINED = ["squeezenet1_1", "resnet18"]  # the small ones


@pytest.fixture(autouse=True)
def one_thread():
    """Two threads that wait for each other on shared cores are slower than one."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def untrained(name: str, classes: int = 10) -> nn.Module:
    return with_new_head(models.get_model(name), classes)


def without_weights(name: str, classes: int = 10) -> nn.Module:
    """Shapes only: nothing is stored, nothing is drawn."""
    with torch.device("meta"):
        return untrained(name, classes)


def size(parameters) -> int:
    return sum(p.numel() for p in parameters)


def images(classes: int = 10):
    torch.manual_seed(0)
    return [(torch.randn(4, 3, 64, 64), torch.randint(classes, (4,))) for _ in range(2)]


def changed(network: nn.Module, before: dict[str, torch.Tensor]) -> set[str]:
    return {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}


def state(network: nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


@pytest.mark.parametrize("name", COUNTS)
def test_parameter_counts_are_the_labs(name):
    with torch.device("meta"):
        counts = [size(models.get_model(name).parameters())]
    for classes in (10, 2):
        network = without_weights(name, classes)
        everything = size(trainable(network))
        freeze(network)
        counts += [size(trainable(network)), everything]
    assert tuple(counts) == COUNTS[name]


@pytest.mark.parametrize(("name", "head"), HEADS.items())
def test_head_of_each_family_is_replaced_where_it_stands(name, head):
    network = without_weights(name, classes=7)
    assert head_name(network) == head
    assert head_of(network) is network.get_submodule(head)
    assert network.eval()(torch.zeros(2, 3, 64, 64, device="meta")).shape == (2, 7)


@pytest.mark.parametrize("name", HEADS)
def test_frozen_network_trains_its_head_only(name):
    network = without_weights(name)
    freeze(network)
    names = [n for n, p in network.named_parameters() if p.requires_grad]
    assert names == [f"{HEADS[name]}.weight", f"{HEADS[name]}.bias"]


@pytest.mark.parametrize("name", TRAINED)
def test_feature_extraction_changes_the_head_and_no_statistic(name):
    network = untrained(name)
    freeze(network)
    before = state(network)
    train(network, images(), epochs=1, rate=1e-3, device="cpu")
    assert changed(network, before) == {f"{HEADS[name]}.weight", f"{HEADS[name]}.bias"}


@pytest.mark.parametrize("name", TRAINED)
def test_finetuning_changes_everything(name):
    network = untrained(name)
    before = state(network)
    train(network, images(), epochs=1, rate=1e-3, device="cpu")
    assert changed(network, before) == set(before)


def test_frozen_batch_normalisation_stays_still_in_a_partial_finetuning():
    network = untrained("resnet18")
    freeze(network)
    network.layer4.requires_grad_(True)
    before = state(network)
    train(network, images(), epochs=1, rate=1e-3, device="cpu")
    assert {name.split(".")[0] for name in changed(network, before)} == {"layer4", "fc"}


def test_accuracy_is_measured_in_evaluation_mode():
    network = untrained("squeezenet1_1").train()
    before = state(network)
    measured = accuracy(network, images(), "cpu")
    assert 0 <= measured <= 100
    assert not network.training
    assert not changed(network, before)


def test_published_weights_are_read_from_a_folder(tmp_path):
    published = models.squeezenet1_1()
    torch.save(published.state_dict(), tmp_path / "squeezenet1_1-b8a52dc0.pth")
    network = pretrained("squeezenet1_1", 10, tmp_path)
    assert changed(network.features, state(published.features)) == set()
    assert head_of(network).out_channels == 10


def test_missing_weights_are_named_before_anything_is_trained(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(f"--synthetic --images 4 --networks resnet18 --weights {tmp_path}".split())
    out, err = capsys.readouterr()
    assert f"no file {tmp_path / 'resnet18-f37072fd.pth'}" in err
    assert "epoch" not in out


def test_synthetic_images_are_prepared_like_real_ones():
    pairs = synthetic(20, prepared(64))
    assert [label for _, label in pairs] == [*range(10), *range(10)]
    assert {image.shape for image, _ in pairs} == {(3, 64, 64)}


def test_table_has_the_columns_of_the_lab():
    heading, line = table([Row("resnet18 (finetuning)", 11_181_642, 93.957, 12.34)]).splitlines()
    columns = ["Model", "Number of trainable params", "Test accuracy", "Training time per epoch"]
    assert [cell.strip() for cell in heading.split("|")] == columns
    assert [cell.strip() for cell in line.split("|")] == [
        "resnet18 (finetuning)",
        "11,181,642",
        "94.0 %",
        "12.3 s",
    ]


def rows_printed(arguments: str, capsys) -> list[list[str]]:
    main(f"--networks squeezenet1_1 resnet18 --images 8 --device cpu {arguments}".split())
    lines = [line.split("|") for line in capsys.readouterr().out.splitlines() if "|" in line]
    return [[cell.strip() for cell in line] for line in lines[1:]]


def test_two_networks_make_five_rows_of_four_columns(capsys):
    rows = rows_printed("--synthetic", capsys)
    assert [row[:2] for row in rows] == [
        ["From scratch", "1,191,170"],
        ["squeezenet1_1 (feat_extract)", "5,130"],
        ["squeezenet1_1 (finetuning)", "727,626"],
        ["resnet18 (feat_extract)", "5,130"],
        ["resnet18 (finetuning)", "11,181,642"],
    ]
    assert all(len(row) == 4 for row in rows)


def test_published_weights_and_cifar10_are_asked_of_torchvision(monkeypatch, tmp_path, capsys):
    def cifar10(root, train, transform, download):
        return datasets.FakeData(16, (3, 32, 32), num_classes=10, transform=transform)

    def from_the_network(name, weights=None):
        asked.append(weights)
        return build(name)

    asked, build = [], models.get_model
    monkeypatch.setattr(datasets, "CIFAR10", cifar10)
    monkeypatch.setattr(models, "get_model", from_the_network)
    assert len(rows_printed(f"--data {tmp_path}", capsys)) == 5
    squeezenet, resnet = models.SqueezeNet1_1_Weights.IMAGENET1K_V1, models.ResNet18_Weights.IMAGENET1K_V1
    assert asked == [squeezenet, squeezenet, resnet, resnet]
