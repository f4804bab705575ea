"""Lines as real notebooks print them: what each says, and what it does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.claims.lines import read_line

TRAIN, TEST, VALIDATION = "train", "test", "validation"

# line, accuracies as (split, number as read; a percent sign makes it a share)
ACCURACIES = [
    (
        "epoch 1  train loss 2.214 acc 17.0   test loss 2.018 acc 28.7",
        [(TRAIN, 17.0), (TEST, 28.7)],
    ),
    ("Epoque 0: train loss=2.236 acc=0.160 // test loss=2.049 acc=0.264", [(TRAIN, 0.16), (TEST, 0.264)]),
    (
        "époque 3 : coût 1.2 précision 61.2 % | test : coût 1.1 précision 65.4 %",
        [(TRAIN, 0.612), (TEST, 0.654)],
    ),
    ("Époque 1 : perte = 0.2883, précision en test = 5.26 %", [(TEST, 0.0526)]),
    ("précision sur le test : 72,3 %", [(TEST, 0.723)]),
    ("taux de bonnes réponses : 72,3 %", [(None, 0.723)]),
    ("Taux de réussite sur la validation : 0,723", [(VALIDATION, 0.723)]),
    ("exactitude en test : 0,72", [(TEST, 0.72)]),
    ("Accuracy of the network on the 10000 test images: 72 %", [(TEST, 0.72)]),
    ("Test set: Average loss: 0.0368, Accuracy: 9300/10000 (93%)", [(TEST, 0.93)]),
    ("===> Test 1 s, perte 0.8468, prec@1 74.13 %", [(TEST, 0.7413)]),
    (" * Prec@1 72.340 Prec@5 97.800", [(None, 72.34)]),
    ("Acc@1 72.340 Acc@5 97.800", [(None, 72.34)]),
    ("Top-1 accuracy: 72.34%  Top-5 accuracy: 97.8%", [(None, 0.7234)]),
    ("top1_acc 0.72 top5_acc 0.97", [(None, 0.72)]),
    ("Epoch: [1][390/391]\tLoss 1.23 (1.34)\tPrec@1 56.250 (52.340)\tPrec@5 90.1 (91.2)", [(None, 52.34)]),
    ("acc: 0.7234", [(None, 0.7234)]),
    ("acc: .7234", [(None, 0.7234)]),
    ("Epoch [0], last_lr: 0.00617, val_acc: 0.7055", [(VALIDATION, 0.7055)]),
    ("epoch=0.0000 loss=1.0391 test_loss=0.9015 test_acc=0.7010", [(TEST, 0.701)]),
    ("epoch=1 train_loss=0.306 test=Metrics(loss=0.382, accuracy=0.889)", [(TEST, 0.889)]),
    ("final: {'test_loss': 0.7142, 'test_acc': 0.75}", [(TEST, 0.75)]),
    ("('test accuracy', 0.7234)", [(TEST, 0.7234)]),
    ("testAcc: 0.71 trainLoss: 0.5", [(TEST, 0.71)]),
    (
        "391/391 [=====] - 12s 31ms/step - loss: 1.2 - accuracy: 0.56 - val_loss: 1.1 - val_accuracy: 0.61",
        [(TRAIN, 0.56), (VALIDATION, 0.61)],
    ),
    ("│         test_acc          │    0.7234000205993652     │", [(TEST, 0.7234000205993652)]),
    ("wandb:   test_acc 0.7234", [(TEST, 0.7234)]),
    ("Got 7234 / 10000 correct (72.34)", [(None, 0.7234)]),
    ("967 of 10000 test images are classified correctly (9.7 %)", [(TEST, 0.0967)]),
    ("after epoch 1: 6.2% of the test images are right", [(TEST, 0.062)]),
    ("72.3% accuracy on the test set", [(TEST, 0.723)]),
    ("Accuracy: train 0.95, test 0.72", [(TRAIN, 0.95), (TEST, 0.72)]),
    ("acc train/test: 95.2 / 72.3", [(TRAIN, 95.2), (TEST, 72.3)]),
    ("loss/acc: 1.23/0.72", [(None, 0.72)]),
    ("Epoch: 001/050 | Train Acc.: 45.2% | Validation Acc.: 43.1%", [(TRAIN, 0.452), (VALIDATION, 0.431)]),
    ("époque 1 : train 1.180 (61.1 %), test 0.289 (93.0 %)", [(TRAIN, 0.611), (TEST, 0.93)]),
    ("epoch 1: train 1.310 / 57.3%, test 0.335 / 92.4%", [(TRAIN, 0.573), (TEST, 0.924)]),
    ("01 | train  31.87 % | test  29.53 %", [(TRAIN, 0.3187), (TEST, 0.2953)]),
    ("epoch 20/20: 100%|█████| 196/196 [00:03<00:00, 64.28it/s, loss=0.84, acc=0.71]", [(None, 0.71)]),
    ("test accuracy with dropout 0.5: 82.7 %", [(TEST, 0.827)]),
    ("test accuracy with dropout: 82.7 %", [(TEST, 0.827)]),
    ("After 30 epochs the test accuracy is 72.3%", [(TEST, 0.723)]),
    ("Accuracy at epoch 30: 72.1", [(None, 72.1)]),
    ("Accuracy (%): 72.3", [(None, 0.723)]),
    ("epoch 3 test accuracy tensor(72.3400, device='cuda:0')", [(TEST, 72.34)]),
    ("test acc: 72.3 (best: 73.1)", [(TEST, 72.3)]),
    ("loss: nan acc: 0.1000", [(None, 0.1)]),
    ("epoch 1/10 test acc = 0.4512  (12 s)", [(TEST, 0.4512)]),
    ("mean test accuracy over 5 runs: 72.1 ± 0.3", [(TEST, 72.1)]),
    ("Test Accuracy (Overall): 72% (7234/10000)", [(TEST, 0.72)]),
]

NO_ACCURACY = [
    "[0/391] perte 2.3010 prec@1 9.4 prec@5 52.3",  # in the middle of an epoch
    "Epoch [1/5], Step [100/390], Loss: 1.9, Acc: 0.3",
    "epoch 18/20:   1%|          | 1/196 [00:00<00:02, 68.61it/s, acc=5.8]",
    "batch 100 acc 0.31",
    "Best test accuracy: 73.1",
    "test accuracy of the best model: 0.7234",
    "Accuracy of plane : 75 %",
    "Précision pour la classe chat : 51 %",
    "validation accuracy improved by 2.3 %",
    "target accuracy: 70 %",
    "train 80 %, test 20 %",  # a split of the data
    "test error: 27.7 %",
    "Top-5 accuracy: 97.8%",
    "accuracy: nan",
    "accuracy 140",
    "accuracy: -0.5",
    "accuracy: 0.5,0.6,0.7",  # which one is it?
    "50000 training images, 10000 test images",
    "0 0.4182693362236023 0.9298076923076923",
    "Finished Training",
    "100%|██████████| 170498071/170498071 [00:13<00:00, 12.9MB/s]",
    "torch 2.1.0 cuda 12.1",
    "F1 score 0.71",
    "Number of models: 3",
]


@pytest.mark.parametrize(("line", "expected"), ACCURACIES)
def test_accuracies_are_read(line: str, expected: list[tuple[str | None, float]]) -> None:
    found = [(r.split, r.value) for r in read_line(line).readings if r.kind == "accuracy"]
    assert found == [(split, pytest.approx(value)) for split, value in expected]


@pytest.mark.parametrize("line", NO_ACCURACY)
def test_other_numbers_are_no_accuracies(line: str) -> None:
    assert [r for r in read_line(line).readings if r.kind == "accuracy"] == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Total params: 1,191,170", [1191170]),
        ("parameters: 743170", [743170]),
        ("1191170 parameters", [1191170]),
        ("The model has 1,191,170 trainable parameters", [1191170]),
        ("nombre de paramètres : 1 191 170", [1191170]),
        ("nombre de poids : 1.191.170", [1191170]),
        ("Non-trainable params: 11,176,512", []),
        ("The model has 1.19 M parameters", []),  # rounded
        ("Params size (MB): 4.54", []),
        ("Conv2d     (1, 32, 32, 32)      2432 poids", []),  # one layer
        ("conv1 parameters 2432", []),
        ("1191170", []),
        ("Loading weights: 548/548", []),
        ("100% of the weights loaded", []),
    ],
)
def test_parameter_counts_are_read_exactly(line: str, expected: list[int]) -> None:
    assert [r.value for r in read_line(line).readings if r.kind == "parameters"] == expected


@pytest.mark.parametrize("line", ["1191170", "features 156160 classifier 1035010 total 1191170"])
def test_a_lone_count_is_read_where_the_code_counts(line: str) -> None:
    assert [r.value for r in read_line(line, counts_parameters=True).readings] == [1191170]


@pytest.mark.parametrize(
    ("line", "epochs"),
    [
        ("=== ÉPOQUE 1 ===", [(1, None)]),
        ("Epoch 3/20", [(3, 20)]),
        ("Epoch: 001/050 | Batch 0000/0391 | Cost: 2.3", [(1, 50)]),
        ("Epoch 5 of 30 - val acc: 0.61", [(5, 30)]),
        ("Train Epoch: 1 [0/50000 (0%)]\tLoss: 2.3", [(1, None)]),
        ("epoch=2.0000 loss=1", [(2, None)]),
        ("epoch12 loss 0.4", [(12, None)]),
        ("Epochs: 100%|██████████| 30/30 [05:00<00:00, 10.00s/it]", [(30, 30)]),
        ("Epoch: 100%|██████████| 391/391 [05:00<00:00]", []),  # batches of an epoch, more likely
        ("{'batch_size': 128, 'lr': 0.1, 'epochs': 10}", []),
        ("num_epochs = 30", []),
        ("epoch time: 12.3 s", []),
        ("trained for 30 epochs", []),
    ],
)
def test_epochs_are_told_from_settings(line: str, epochs: list[tuple[int, int | None]]) -> None:
    assert list(read_line(line).epochs) == epochs


def test_precision_beside_recall_is_not_accuracy() -> None:
    assert read_line("precision 0.71", precision_is_accuracy=False).readings == ()


def test_rates_and_losses_are_read() -> None:
    found = [(r.kind, r.split, r.value) for r in read_line("epoch 1  lr 0.0950  val_loss 1.5").readings]
    assert found == [("rate", None, 0.095), ("loss", "validation", 1.5)]


@given(st.text(max_size=300))
def test_any_line_is_read_without_an_error(line: str) -> None:
    for reading in read_line(line).readings:
        assert reading.kind != "accuracy" or 0 <= reading.value <= 100


@given(st.floats(0, 1), st.sampled_from(["test acc: {}", "précision en test = {}", "{{'test_acc': {}}}"]))
def test_a_printed_share_is_read_back(share: float, template: str) -> None:
    (reading,) = read_line(template.format(f"{share:.4f}")).readings
    assert (reading.split, reading.value) == ("test", pytest.approx(share, abs=1e-4))
