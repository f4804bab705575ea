"""Labels of rows and headings of columns, in English and French."""

import pytest

from grader.claims.approaches import mode_of, network_of
from grader.claims.headings import heading_of
from grader.claims.markup import plain

FROM_SCRATCH = """
From scratch; from_scratch; FromScratch; scratch; Depuis zéro; À partir de zéro; Entraîné de zéro; from zero; from 0
Initialisation aléatoire; random init; LeNet (lab 1); CNN maison; custom CNN; ConvNet (TP1); SmallCNN; sans transfert
ResNet18 non pré-entraîné; ResNet18 from scratch (no finetuning); weights=None
pretrained=False; ResNet18 | Pré-entraîné=False | Gelé=False; lenet | transfer=False
"""
FEATURE_EXTRACTION = """
CNN1 (feat_extract); Feature extraction; feature_extraction; FeatureExtraction; Features Extractor; Feat. extraction
ResNet18 (FE); resnet18_fe; SqueezeNetFE; CNN 1 : feat. ext.; Extraction de caractéristiques; extraction de features
réseau gelé; couches gelées; backbone figé; frozen; ResNet50 (freeze); tête seule; head only; last layer only
dernière couche; linear probing; feature_extract=True; SqueezeNet (feat_extra…; frozen, not finetuned
ResNet18 | head; AlexNet, tête; VGG16 (classifier)
"""
FINETUNING = """
CNN1 (finetuning); fine-tuning; Fine tuning; fine_tuned; FineTuning; finetunning; ResNet18 FT; resnet18_ft; VGG16FT
Réglage fin; Ajustement fin; fine-tuné; finetune (last layer); Partial finetuning (last block); unfrozen; dégelé
non gelé; toutes les couches; feature_extract=False; Frozen: no; finetuning, layer4 non gelée
AlexNet, poids ajustés; ResNet18 | everything; AlexNet, tout le réseau; VGG-16 full; pretrained=True | freeze=False
"""
TELL_NOTHING = (
    "CNN1; ResNet18; baseline; pretrained; transfer learning; FE + FT; ; 0; my ResNet18; vitesse; left; café; "
    "AlexNet with new head; ResNet18 full training"
)


def split(names: str) -> list[str]:
    return [name.strip() for line in names.strip().split("\n") for name in line.split(";")]


@pytest.mark.parametrize(
    ("names", "mode"),
    [
        (FROM_SCRATCH, "from_scratch"),
        (FEATURE_EXTRACTION, "feature_extraction"),
        (FINETUNING, "finetuning"),
        (TELL_NOTHING, None),
    ],
)
def test_the_approach_that_a_label_names(names: str, mode: str | None) -> None:
    assert {label: mode_of(label) for label in split(names)} == dict.fromkeys(split(names), mode)


@pytest.mark.parametrize(
    ("labels", "network"),
    [
        ("ResNet18; resnet-18; Resnet 18; ResNet (18) FE; RESNET18; resnet_18 gelé; ResNet18FT", "resnet18"),
        ("ResNet; resnet (FE); resnet180", "resnet"),
        ("wide_resnet50_2; Wide ResNet 50-2", "wide_resnet50_2"),
        ("ResNeXt50_32x4d", "resnext50_32x4d"),
        ("squeezenet1_1; SqueezeNet 1.1; SqueezeNet v1.1 | finetuning; Squeezenet 1-1", "squeezenet1_1"),
        ("SqueezeNet; squeezenet (FT)", "squeezenet"),
        ("AlexNet; alexnet | FE; Alex Net", "alexnet"),
        ("VGG16; VGG-16; vgg 16 finetune", "vgg16"),
        ("VGG-16 BN; vgg16_bn; vgg16bn", "vgg16_bn"),
        ("VGG; vgg (feat_extract)", "vgg"),
        ("MobileNetV2; mobilenet_v2; MobileNet v2", "mobilenet_v2"),
        ("mobilenet_v3_large; MobileNetV3-Large", "mobilenet_v3_large"),
        ("MobileNetV3; mobilenet", "mobilenet"),
        ("EfficientNet-B0; efficientnet_b0", "efficientnet_b0"),
        ("DenseNet-121", "densenet121"),
        ("GoogLeNet; GoogleNet", "googlenet"),
        ("ViT-B/16", "vit_b_16"),
        ("CNN1; LeNet; ResNet18 vs VGG16; from scratch; vitesse", None),
    ],
)
def test_the_network_that_a_label_names(labels: str, network: str | None) -> None:
    assert {label: network_of(label) for label in split(labels)} == dict.fromkeys(split(labels), network)


TRAINABLE = """
Number of trainable params; Number of trainable parameters (10 classes); trainable_params; Trainable; # params; #params
Nb de paramètres entraînables; Nombre de paramètres entrainables; Params à entraîner; Paramètres appris; n_params
Total trainable params; Learnable parameters; Nbre de param. entraînables; Params (M); Nb de poids entraînables
"""
ACCURACY = """
Test accuracy; Test Acc. (%); test_acc; testAcc; Accuracy; Val accuracy; Précision test; Précision sur le test
Exactitude (test); Justesse; Taux de réussite; Taux de bonne classification; Top-1 accuracy; Test; Best test accuracy
Test accuarcy; Accuracy after training on the test set
"""
SECONDS = """
Training time per epoch; Trainning time per epoch; Temps / époque; Temps d’entraînement par époque; Temps epoch
Durée par époque; time_per_epoch; Epoch time (s); s/epoch; Time; Tps par epoch [s]; avg time (ms); Training time
"""
OTHERS = """
Epochs; Nb epochs; Train accuracy; Training acc; Total params; Non-trainable params; Frozen params; Loss; Test loss
Total training time; Temps total; Inference time; Top-5 accuracy; Optimizer; Batch size; Train time for 5 epochs
% of trainable params
"""
NAMES = "Model; Modèle; Network; Réseau; Approach; Approche; Mode; Stratégie; CNN; Unnamed: 0; ; Model (10 epochs); Training"
UNKNOWN = """
Test accuracy Training time per epoch; Train accuracy Test accuracy; Train / test accuracy; test Train accuracy
foo; 12; Poids
"""


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (TRAINABLE, "trainable"),
        (ACCURACY, "accuracy"),
        (SECONDS, "seconds"),
        (OTHERS, "other"),
        (NAMES, "name"),
        (UNKNOWN, None),
    ],
)
def test_what_a_heading_announces(names: str, kind: str | None) -> None:
    found = {name: heading_of(name) for name in split(names)}
    assert {name: h and h.kind for name, h in found.items()} == dict.fromkeys(split(names), kind)


@pytest.mark.parametrize(
    ("heading", "scale"),
    [
        ("Params (M)", 6),
        ("Params [M]", 6),
        ("Paramètres (×10⁶)", 6),
        ("Paramètres entraînables (en millions)", 6),
        ("Params in millions", 6),
        ("Params (k)", 3),
        ("Params en milliers", 3),
        ("Trainable model params", 0),
    ],
)
def test_the_scale_of_a_heading(heading: str, scale: int) -> None:
    found = heading_of(plain(heading))
    assert found is not None
    assert (found.kind, found.scale) == ("trainable", scale)


@pytest.mark.parametrize(
    ("heading", "unit"),
    [
        ("Time per epoch", 1),
        ("Time per epoch (s)", 1),
        ("Temps par époque (min)", 60),
        ("Temps / époque en minutes", 60),
        ("time_ms", 0.001),
        ("Training time per epoch (h)", 3600),
    ],
)
def test_the_unit_of_a_heading(heading: str, unit: float) -> None:
    found = heading_of(plain(heading))
    assert found is not None
    assert (found.kind, found.unit) == ("seconds", unit)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("Trainable params", "Params"),
        ("Test accuracy", "Accuracy"),
        ("Accuracy", "Val accuracy"),
        ("Test accuracy", "Best test accuracy"),
        ("Time per epoch", "Training time"),
    ],
)
def test_of_two_columns_the_one_that_is_asked_for(better: str, worse: str) -> None:
    first, second = heading_of(better), heading_of(worse)
    assert first is not None
    assert second is not None
    assert first.kind == second.kind
    assert first.rank > second.rank
