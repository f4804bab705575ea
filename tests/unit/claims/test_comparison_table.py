"""The table that compares approaches, in the styles of the tools that students print with and in those of their hands."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.claims.outputs import blocks
from grader.claims.table_search import TableSearch
from grader.schema.claims import ComparisonTable, TableRow

STYLES = dict(
    style.split("\n", 1)
    for style in Path(__file__).with_name("comparison_tables.txt").read_text("utf-8").split("#### ")[1:]
)
ALL = ("trainable", "accuracy", "seconds")
WRITTEN_BY_TOOLS = [  # one table, written by pandas 3.1, tabulate 0.10, PrettyTable 3.18, rich 15, and f-strings
    ("from_scratch", None, 1163978, 0.7012, 12.31),
    ("feature_extraction", "squeezenet", 5130, 0.4012, 8.11),
    ("finetuning", "squeezenet", 727626, 0.8123, 14.5),
    ("feature_extraction", "resnet18", 5130, 0.4455, 7.25),
    ("finetuning", "resnet18", 11181642, 0.9123, 16.02),
]


def read(text: str, written: bool = False) -> ComparisonTable | None:
    kind = "html" if text.lstrip().startswith("<") else "text"
    search = TableSearch()
    search.add(3, written, kind, text, list(blocks(kind, text)))
    return search.best


def rows(text: str) -> list[TableRow]:
    table = read(text)
    return [] if table is None else list(table.rows)


def values(text: str) -> list[tuple[object, ...]]:
    return [(r.mode, r.network, r.trainable, r.accuracy, r.seconds) for r in rows(text)]


@pytest.mark.parametrize("style", STYLES)
def test_the_same_table_of_every_tool(style: str) -> None:
    table = read(STYLES[style])
    assert table is not None
    assert table.columns == ALL
    assert [(row.mode, row.network) for row in table.rows] == [one[:2] for one in WRITTEN_BY_TOOLS]
    for row, (_, _, count, accuracy, seconds) in zip(table.rows, WRITTEN_BY_TOOLS, strict=True):
        assert row.trainable is not None
        assert row.trainable[0] <= count <= row.trainable[1]
        assert row.accuracy == pytest.approx(accuracy, abs=6e-4)
        assert row.seconds == pytest.approx(seconds, abs=0.06)


STATEMENT = """| Model | Number of trainable params | Test accuracy | Training time per epoch |
|---|---|---|---|
| From scratch | | | |
| CNN1 (feat_extract) | | | |
| CNN1 (finetuning) | | | |
| CNN2 (feat_extract) | | | |
| CNN2 (finetuning) | | | |
"""
MODES = ["from_scratch", "feature_extraction", "finetuning", "feature_extraction", "finetuning"]


@pytest.mark.parametrize(
    "text",
    [
        STATEMENT,
        STATEMENT.replace("| |", "||").replace("| |", "||"),
        STATEMENT.replace("| | | |", "| - | ? | nan |"),
        STATEMENT.replace("| | | |", "| TODO | None | ... |"),
        STATEMENT.replace("|---|---|---|---|", "|:--|--:|:-:|---|").replace("|\n", "\n"),
        "<table>"
        + "".join(
            "<tr>" + "".join(f"<td>{cell.strip()}</td>" for cell in line.strip("|").split("|")) + "</tr>"
            for line in STATEMENT.split("\n")
            if "---" not in line and line
        )
        + "</table>",
    ],
)
def test_an_empty_table_is_one_of_five_rows_without_numbers(text: str) -> None:
    table = read(text)
    assert table is not None
    assert table.columns == ALL
    assert [row.mode for row in table.rows] == MODES
    assert {(row.trainable, row.accuracy, row.seconds) for row in table.rows} == {(None, None, None)}


FRENCH = """
**Résultats :**

| Modèle | Nb de paramètres entraînables | Précision test | Temps / époque |
|:---|---:|:---:|---|
| Depuis zéro | 1 163 978 | 70,1 % | 12,3 s |
| ResNet18 (gelé) | 5 130 | 44,5 % | 7 s |
| **ResNet18 (fine-tuning)** | **11,18 M** | **91,2 %** | **1 min 05** |
| SqueezeNet extraction de caractéristiques | 5,13k | 40 % | 0:08 |
| SqueezeNet réglage fin | 727\u202f626 | ? | TODO |
"""
OUT_OF_ORDER = """
| Temps (min) | Époques | Précision (%) | Acc. train | Params totaux | Params (M) | Approche | Réseau |
|--|--|--|--|--|--|--|--|
| 0.25 | 10 | 91 | 99 | 11.2 | 11.2 | finetuning | ResNet-18 |
| 0.2 | 10 | 70.1 | 99.1 | 1.16 | 1.16 | from scratch | ConvNet (TP1) |
| 0.12 | 10 | 44.5 | 50 | 11.2 | 0.005 | feature extraction | ResNet-18 |
"""
ONCE = """
| Réseau | Approche | Params | Acc | Temps/epoch |
|--|--|--|--|--|
| ConvNet | from scratch | 1163978 | 0.701 | 12 |
| SqueezeNet1_1 | FE | 5130 | 0.40 | 8 |
| | FT | 727626 | 0.81 | 14 |
"""
MILLIONS = """
| Modèle | Params. entraînés (en millions) | Exactitude | t/époque |
|--|--|--|--|
| De zéro | 1,191 | 71,2 | 12,3 |
| AlexNet gelé | 0,041 | 62,1 | 7,8 |
| AlexNet dégelé | 57,045 | 79,1 | 15,0 |
"""
ANSWERS = """
name      pretrained  freeze  n_trainable  acc  t
lenet     False       False       1191170  0.7  12
resnet18  True        True           5130  0.4  8
resnet18  True        False      11181642  0.8  15
"""
HEADINGS_OF_TWO = """<table><tr><th></th><th colspan="2">ResNet18</th><th>CNN</th></tr>
<tr><th></th><th>feat_extract</th><th>finetuning</th><th>scratch</th></tr>
<tr><th>Trainable params</th><td>5130</td><td>11181642</td><td>1191170</td></tr>
<tr><th>Test accuracy</th><td>0.4</td><td>0.8</td><td>0.7</td></tr>
<tr><th>Time per epoch</th><td>8</td><td>15</td><td>12</td></tr></table>"""
TURNED = """
| | From scratch | ResNet FE | ResNet FT |
|---|---|---|---|
| Trainable params | 1163978 | 5130 | 11181642 |
| Test accuracy | 0.7 | 0.45 | 0.91 |
| Time per epoch | 12 | 7 | 16 |
"""
TURNED_WITH_INDEX = """
               Metric From scratch SqueezeNet (FE) SqueezeNet (FT)
0    Trainable params      1163978            5130          727626
1       Test accuracy      70.12 %         40.12 %         81.23 %
2  Training time / ep       12.3 s           8.1 s          14.5 s
"""
LATEX = r"""
$$\begin{array}{|l|c|c|c|}
\hline
\textbf{Modèle} & \textbf{Params entraînables} & \textbf{Précision (test)} & \textbf{Temps/époque} \\ \hline
\text{From scratch} & 1\,163\,978 & 70.1\,\% & 12.3\,s \\ \hline
\text{ResNet18 (FE)} & 5\,130 & 44.5\% & 7 s \\ \hline
\text{ResNet18 (FT)} & 11.18 \times 10^6 & 91.2\% & 16 s \\ \hline
\end{array}$$
"""
BARS = """
====== RESULTS ======
Model                | Params     | Acc    | Time
---------------------+------------+--------+------
Scratch              | 1163978    | 0.7012 | 12.3s
SqueezeNet FE        | 5130       | 0.4012 |  8.1s
SqueezeNet FT        | 727626     | 0.8123 | 14.5s
=====================
Best: SqueezeNet FT (0.8123)
"""
AFTER_A_LOG = """
Training resnet18_finetune on cuda
Epoch 1/2 loss 1.2 test accuracy 0.80 time 16.0
Epoch 2/2 loss 0.2 test accuracy 0.91 time 16.0
Model                Trainable params    Test acc    Time/epoch
------------------------------------------------------------
scratch                     1,163,978      70.12%        12.31s
squeezenet_feature_extract      5,130      40.12%         8.11s
resnet18_finetune          11,181,642      91.23%        16.02s
Meilleur modèle : resnet18_finetune avec 91.23 %
"""
GROUPS_OF_DIGITS = """
Model               Nb params    Accuracy   Time
From scratch        1 163 978    70,12 %    12,3 s
SqueezeNet FE           5 130    40,12 %     8,1 s
SqueezeNet FT         727 626    81,23 %    14,5 s
ResNet18 FT        11 181 642    91,23 %    16,0 s
"""
IN_THE_BRIEF = """
                     Model  Number of trainable params  Test accuracy  Training time per epoch
0             From scratch                     1163978         0.7012                    12.31
1 SqueezeNet (feat_extract)                       5130         0.4012                     8.11
"""
EMPTY_CELLS = """
Model,Number of trainable params,Test accuracy,Training time per epoch
From scratch,1163978,0.70,12.3
CNN1 (feat_extract),5130,0.4,8
CNN1 (finetuning),,,
CNN2 (feat_extract),nan,None,-
"""
SPANNING = """<table><caption>Trainning results</caption><tr><th>Network</th><th>Mode</th><th>Params</th>
<th>Acc<br>test</th><th>Trainning time per epoch</th></tr>
<tr><td>-</td><td>scratch</td><td>1&nbsp;163&nbsp;978</td><td>70&nbsp;%</td><td>12&nbsp;s</td></tr>
<tr><td rowspan="2">ResNet18</td><td>gelé</td><td>5130</td><td>44 %</td><td>7 s</td></tr>
<tr><td>dégelé</td><td>11181642</td><td>91 %</td><td>16 s</td></tr></table>"""
SEMICOLONS = "Modèle;Params;Précision;Durée\nDepuis zéro;1163978;70,1;12,3\nVGG16 gelé;40970;61,0;20\n"
TENSORS = """
| Model | Params | Test accuracy | Time per epoch |
|---|---|---|---|
| scratch | 1163978 | tensor(0.7012, device='cuda:0') | 12.31 |
| vgg11 finetuned | 128807306 | tensor(0.8812, device='cuda:0') | 61.5 |
"""
QUOTED = """
> | CNN | # params | acc | s/epoch |
> |--|--|--|--|
> | AlexNet FE | 40,970 | .62 | 9 |
> | AlexNet FT | 57.0M | .76 | 11 |
"""
BROKEN_TWICE = """
                     Trainable parameters Acc. test  \\
Modèle
From scratch (lab 1)                5_130     14.90
SqueezeNet fine tune            1_163_978     78.90

                     Temps d'entraînement par epoch  \\
Modèle
From scratch (lab 1)                           2:51
SqueezeNet fine tune                           1:15

                     Total params
Modèle
From scratch (lab 1)       11.69M
SqueezeNet fine tune        1.24M
"""
WORDS_IN_LINE = """
Network                                Temps par époque (s)  Test accuracy (%) Nb params
----------------------------------------------------------------------------------------
scratch                                2 min 19 s            0.9794            1.16M
AlexNet extraction de caractéristiques 2 min 22 s            0.3725            40.97k
VGG-19_finetune                        3 min 08 s            0.5517            40.97k
"""
RIGHT_ALIGNED_NAMES = """
                Model Temps par époque (s) Train accuracy Nb params Exactitude test (%)
          Depuis zéro                8.3 s          0.330 134301514               45.4%
           AlexNet FE               56.7 s          0.828    727626               78.2%
AlexNet - fine-tuning               83.0 s          0.838      5130               53.8%
             vgg11 FE              182.8 s          0.170      5130               84.8%
"""
WRAPPED_NAMES = """
                  Trainable        Test   Time per
  Model           params       accuracy      epoch
 ──────────────────────────────────────────────────
  From            1,163,978     70.12 %    12.31 s
  scratch
  VGG-19 Fine       727,626     81.23 %    14.50 s
  Tuning
  CNN2               40,970     40.12 %     8.11 s
  (feat_extra…
"""
ACCURACY_ALONE = (
    "| Model | Test accuracy |\n|---|---|\n| From scratch | 70 % |\n| ResNet18 finetuned | 91 % |"
)
MIXED = """
| Model | Trainable params | Accuracy | Time per epoch |
|---|---|---|---|
| scratch | 1163978 | 0.70 | 12 s |
| ResNet18 FE | 5130 | 45 % | 00:00:07 |
| ResNet18 FT | 11181642 | 0.91 | 0.5 min |
"""

SCRATCH, FE, FT = "from_scratch", "feature_extraction", "finetuning"


def exactly(count: int) -> tuple[int, int]:
    return count, count


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            FRENCH,
            [
                (SCRATCH, None, exactly(1163978), 0.701, 12.3),
                (FE, "resnet18", exactly(5130), 0.445, 7),
                (FT, "resnet18", (11175000, 11185000), 0.912, 65),
                (FE, "squeezenet", (5125, 5135), 0.4, 8),
                (FT, "squeezenet", exactly(727626), None, None),
            ],
        ),
        (
            OUT_OF_ORDER,
            [
                (FT, "resnet18", (11150000, 11250000), 0.91, 15),
                (SCRATCH, None, (1155000, 1165000), 0.701, 12),
                (FE, "resnet18", (4500, 5500), 0.445, 7.2),
            ],
        ),
        (
            MILLIONS,
            [
                (SCRATCH, None, (1190500, 1191500), 0.712, 12.3),
                (FE, "alexnet", (40500, 41500), 0.621, 7.8),
                (FT, "alexnet", (57044500, 57045500), 0.791, 15),
            ],
        ),
        (
            ANSWERS,
            [
                (SCRATCH, None, exactly(1191170), 0.7, 12),
                (FE, "resnet18", exactly(5130), 0.4, 8),
                (FT, "resnet18", exactly(11181642), 0.8, 15),
            ],
        ),
        (
            HEADINGS_OF_TWO,
            [
                (FE, "resnet18", exactly(5130), 0.4, 8),
                (FT, "resnet18", exactly(11181642), 0.8, 15),
                (SCRATCH, None, exactly(1191170), 0.7, 12),
            ],
        ),
        (
            ONCE,
            [
                (SCRATCH, None, exactly(1163978), 0.701, 12),
                (FE, "squeezenet1_1", exactly(5130), 0.4, 8),
                (FT, "squeezenet1_1", exactly(727626), 0.81, 14),
            ],
        ),
        (
            TURNED,
            [
                (SCRATCH, None, exactly(1163978), 0.7, 12),
                (FE, "resnet", exactly(5130), 0.45, 7),
                (FT, "resnet", exactly(11181642), 0.91, 16),
            ],
        ),
        (
            TURNED_WITH_INDEX,
            [
                (SCRATCH, None, exactly(1163978), 0.7012, 12.3),
                (FE, "squeezenet", exactly(5130), 0.4012, 8.1),
                (FT, "squeezenet", exactly(727626), 0.8123, 14.5),
            ],
        ),
        (
            LATEX,
            [
                (SCRATCH, None, exactly(1163978), 0.701, 12.3),
                (FE, "resnet18", exactly(5130), 0.445, 7),
                (FT, "resnet18", (11175000, 11185000), 0.912, 16),
            ],
        ),
        (
            BARS,
            [
                (SCRATCH, None, exactly(1163978), 0.7012, 12.3),
                (FE, "squeezenet", exactly(5130), 0.4012, 8.1),
                (FT, "squeezenet", exactly(727626), 0.8123, 14.5),
            ],
        ),
        (
            AFTER_A_LOG,
            [
                (SCRATCH, None, exactly(1163978), 0.7012, 12.31),
                (FE, "squeezenet", exactly(5130), 0.4012, 8.11),
                (FT, "resnet18", exactly(11181642), 0.9123, 16.02),
            ],
        ),
        (
            GROUPS_OF_DIGITS,
            [
                (SCRATCH, None, exactly(1163978), 0.7012, 12.3),
                (FE, "squeezenet", exactly(5130), 0.4012, 8.1),
                (FT, "squeezenet", exactly(727626), 0.8123, 14.5),
                (FT, "resnet18", exactly(11181642), 0.9123, 16.0),
            ],
        ),
        (
            IN_THE_BRIEF,
            [
                (SCRATCH, None, exactly(1163978), 0.7012, 12.31),
                (FE, "squeezenet", exactly(5130), 0.4012, 8.11),
            ],
        ),
        (
            EMPTY_CELLS,
            [
                (SCRATCH, None, exactly(1163978), 0.7, 12.3),
                (FE, None, exactly(5130), 0.4, 8),
                (FT, None, None, None, None),
                (FE, None, None, None, None),
            ],
        ),
        (
            SPANNING,
            [
                (SCRATCH, None, exactly(1163978), 0.7, 12),
                (FE, "resnet18", exactly(5130), 0.44, 7),
                (FT, "resnet18", exactly(11181642), 0.91, 16),
            ],
        ),
        (
            SEMICOLONS,
            [(SCRATCH, None, exactly(1163978), 0.701, 12.3), (FE, "vgg16", exactly(40970), 0.61, 20)],
        ),
        (
            TENSORS,
            [
                (SCRATCH, None, exactly(1163978), 0.7012, 12.31),
                (FT, "vgg11", exactly(128807306), 0.8812, 61.5),
            ],
        ),
        (
            QUOTED,
            [
                (FE, "alexnet", exactly(40970), 0.62, 9),
                (FT, "alexnet", (56950000, 57050000), 0.76, 11),
            ],
        ),
        (
            BROKEN_TWICE,
            [(SCRATCH, None, exactly(5130), 0.149, 171), (FT, "squeezenet", exactly(1163978), 0.789, 75)],
        ),
        (
            WORDS_IN_LINE,
            [
                (SCRATCH, None, (1155000, 1165000), 0.9794, 139),
                (FE, "alexnet", (40965, 40975), 0.3725, 142),
                (FT, "vgg19", (40965, 40975), 0.5517, 188),
            ],
        ),
        (
            RIGHT_ALIGNED_NAMES,
            [
                (SCRATCH, None, exactly(134301514), 0.454, 8.3),
                (FE, "alexnet", exactly(727626), 0.782, 56.7),
                (FT, "alexnet", exactly(5130), 0.538, 83),
                (FE, "vgg11", exactly(5130), 0.848, 182.8),
            ],
        ),
        (
            WRAPPED_NAMES,
            [
                (SCRATCH, None, exactly(1163978), 0.7012, 12.31),
                (FT, "vgg19", exactly(727626), 0.8123, 14.5),
                (FE, None, exactly(40970), 0.4012, 8.11),
            ],
        ),
        (
            ACCURACY_ALONE,
            [(SCRATCH, None, None, 0.7, None), (FT, "resnet18", None, 0.91, None)],
        ),
        (
            MIXED,
            [
                (SCRATCH, None, exactly(1163978), 0.7, 12),
                (FE, "resnet18", exactly(5130), 0.45, 7),
                (FT, "resnet18", exactly(11181642), 0.91, 30),
            ],
        ),
    ],
)
def test_tables_of_students_hands(text: str, expected: list[tuple[object, ...]]) -> None:
    assert values(text) == expected


HEADINGS = st.tuples(
    st.sampled_from(["Model", "Modèle", "Réseau", "Approche"]),
    st.sampled_from(
        ["Number of trainable params", "Nb de paramètres entraînables", "Params", "trainable_params"]
    ),
    st.sampled_from(["Test accuracy", "Précision sur le test", "test_acc", "Exactitude test (%)"]),
    st.sampled_from(["Trainning time per epoch", "Temps / époque", "Time/epoch (s)", "Durée d'une époque"]),
)
LABELS = [
    "Depuis zéro",
    "VGG16 extraction de caractéristiques",
    "VGG16 - fine tuning",
    "AlexNet FE",
    "AlexNet FT",
]


@settings(derandomize=True, deadline=None)
@given(
    headings=HEADINGS,
    order=st.permutations([0, 1, 2, 3]),
    alignments=st.lists(st.sampled_from("<>^"), min_size=4, max_size=4),
    between=st.sampled_from(["  ", "   ", " | ", "|", "\t"]),
    count=st.sampled_from(["{}", "{:,}", "{:_}"]),
    share=st.sampled_from(["{:.2%}", "{:.4f}"]),
    time=st.sampled_from(["{:.1f}", "{:.1f} s", "{:.1f}s"]),
    numbers=st.lists(
        st.tuples(st.integers(1_000, 10**8), st.integers(1_000, 9_999), st.integers(10, 9_999)),
        min_size=5,
        max_size=5,
    ),
)
def test_a_table_in_any_layout_is_read_back(
    headings: tuple[str, ...],
    order: list[int],
    alignments: list[str],
    between: str,
    count: str,
    share: str,
    time: str,
    numbers: list[tuple[int, int, int]],
) -> None:
    cells = [
        (label, count.format(n), share.format(a / 1e4), time.format(t / 10))
        for label, (n, a, t) in zip(LABELS, numbers, strict=True)
    ]
    lines = [[row[at] for at in order] for row in (headings, *cells)]
    widths = [max(len(line[at]) for line in lines) for at in range(4)]
    text = "\n".join(
        between.join(f"{cell:{a}{w}}" for cell, a, w in zip(line, alignments, widths, strict=True))
        for line in lines
    )
    assert values(text) == [
        (mode, network, exactly(n), a / 1e4, t / 10)
        for (mode, network), (n, a, t) in zip(
            [(SCRATCH, None), (FE, "vgg16"), (FT, "vgg16"), (FE, "alexnet"), (FT, "alexnet")],
            numbers,
            strict=True,
        )
    ], text


EPOCHS = "Epoch | Train loss | Test accuracy | Time\n" + "".join(
    f"{e} | 1.{9 - e} | 0.{e} | 12.3\n" for e in range(1, 6)
)
REPORT = """accuracy: 0.9307
              precision    recall  f1-score   support

    airplane       0.94      0.93      0.94       104
  automobile       0.93      0.83      0.88        86

    accuracy                           0.93       190
   macro avg       0.93      0.93      0.93       190
"""
LAYERS = (
    "| layer | output | parameters |\n|---|---|---|\n| conv1 | 32 x 32 | 2,432 |\n| total | | 1,191,170 |"
)
SUMMARY = """
================================================================================
Layer (type:depth-idx)                   Output Shape              Param #
================================================================================
Net                                      [1, 10]                   --
├─Conv2d: 1-1                            [1, 32, 32, 32]           2,432
├─Linear: 1-5                            [1, 10]                   10,010
================================================================================
Total params: 1,191,170
"""
STAGES = "| Stage | Train accuracy | Test accuracy |\n|---|---|---|\n| base | 99 % | 72 % |\n| + dropout | 95 % | 82 % |"
IN_WORDS = """| approach | starting weights | what is trained |
|---|---|---|
| from scratch | random | everything |
| feature extraction | published | a new last layer |
| finetuning | published | a new head, and the rest of the network |"""
FASTAI = (
    "<table><tr><th>epoch</th><th>train_loss</th><th>accuracy</th><th>time</th></tr>"
    + "".join(f"<tr><td>{e}</td><td>1.5</td><td>0.5{e}</td><td>00:12</td></tr>" for e in range(4))
    + "</table>"
)
PHASES = "| epoch | phase | test accuracy | time |\n|--|--|--|--|\n" + "".join(
    f"| {e} | finetuning | 0.{e} | 12 |\n" for e in range(1, 6)
)
PROSE = """Feature extraction and finetuning are two ways of transfer learning, and the accuracy of the model
depends on the number of trainable params. Training from scratch takes more time than feature extraction:
the training time per epoch of the finetuning is 12.3 s, its test accuracy 0.91.
"""


@pytest.mark.parametrize(
    "text",
    [
        EPOCHS,
        REPORT,
        LAYERS,
        SUMMARY,
        STAGES,
        IN_WORDS,
        FASTAI,
        PHASES,
        PROSE,
        "",
        "|",
        "\n\n",
        "\\",
        "<pre>",
    ],
)
def test_other_tables_are_none(text: str) -> None:
    assert read(text) is None
    assert read(text, written=True) is None


@pytest.mark.parametrize(
    ("heading", "cells", "accuracies"),
    [
        ("Test accuracy", ("0.70", "0.91"), [0.7, 0.91]),
        ("Test accuracy", ("70.0", "91"), [0.7, 0.91]),
        ("Test accuracy", ("0.9", "91"), [0.009, 0.91]),  # one above 1: all are percentages
        ("Test accuracy (%)", ("70,0", "91"), [0.7, 0.91]),
        ("Test accuracy (%)", ("0.70", "0.91"), [0.7, 0.91]),  # less than one per cent for all is not meant
        ("Test accuracy", ("70 %", "91 %"), [0.7, 0.91]),
        ("Test accuracy", ("70 %", "0.91"), [0.7, 0.91]),
        ("Test accuracy", ("7012/10000", "9123/10000"), [0.7012, 0.9123]),
        ("Test accuracy", ("70 %", "140 %"), [0.7, 1.4]),
        ("Test accuracy", ("18400 %", "82 %"), [184.0, 0.82]),
        ("Test accuracy", ("-0.7", "5130"), [None, None]),
    ],
)
def test_percentages_are_told_by_sign_heading_or_size(
    heading: str, cells: tuple[str, str], accuracies: list[float | None]
) -> None:
    table = (
        f"| Model | {heading} | Time |\n|-|-|-|\n| scratch | {cells[0]} | 1 |\n| VGG FT | {cells[1]} | 2 |\n"
    )
    assert [row.accuracy for row in rows(table)] == accuracies


@pytest.mark.parametrize(
    ("cells", "accuracies"),
    [(("0.71", "1.73", "0.82"), [0.71, 1.73, 0.82]), (("71.2", "0.9", "82"), [0.712, 0.009, 0.82])],
)
def test_one_value_above_1_among_shares_is_a_slip(cells: tuple[str, ...], accuracies: list[float]) -> None:
    lines = zip(("scratch", "VGG FE", "VGG FT"), cells, strict=True)
    body = "".join(f"| {label} | {cell} | 1 |\n" for label, cell in lines)
    assert [row.accuracy for row in rows(f"| Model | Test accuracy | Time |\n|-|-|-|\n{body}")] == accuracies


def test_of_several_columns_of_a_kind_the_one_asked_for_is_read() -> None:
    text = """| Model | Params | Trainable params | Train accuracy | Val accuracy | Test accuracy | Total time | Time/epoch |
|--|--|--|--|--|--|--|--|
| scratch | 1200000 | 1163978 | 0.99 | 0.72 | 0.70 | 120 | 12 |
| ResNet18 FE | 11181642 | 5130 | 0.50 | 0.46 | 0.45 | 70 | 7 |
"""
    assert [one[2:] for one in values(text)] == [(exactly(1163978), 0.7, 12), (exactly(5130), 0.45, 7)]


def test_a_row_is_kept_as_written() -> None:
    row = rows(FRENCH)[2]
    assert row.label == "ResNet18 (fine-tuning)"
    assert row.text == "ResNet18 (fine-tuning) | 11,18 M | 91,2 % | 1 min 05"
    assert (row.cell, row.written) == (3, False)


def test_a_name_in_two_columns_is_one_label() -> None:
    assert [row.label for row in rows(ONCE)][1:] == ["SqueezeNet1_1 | FE", "SqueezeNet1_1 | FT"]


def test_a_row_whose_approach_is_not_named_is_kept() -> None:
    text = "| Model | Params | Accuracy | Time |\n|-|-|-|-|\n| scratch | 1163978 | 0.7 | 1 |\n| best one | 5130 | 0.9 | 2 |"
    assert [(row.mode, row.label) for row in rows(text)] == [(SCRATCH, "scratch"), (None, "best one")]


def test_rows_are_bounded() -> None:
    line = "| ResNet18 FE | 5130 | 0.9 | 2 |\n"
    table = read("| Model | Params | Accuracy | Time |\n|-|-|-|-|\n" + 500 * line)
    assert table is not None
    assert len(table.rows) == 40


def test_a_time_below_zero_is_read_as_it_stands() -> None:
    head = "Model | Trainable params | Test accuracy | Time per epoch\n"
    text = f"{head}From scratch | 5130 | 0.6 | -30.2 s\nFinetuning | 5130 | 0.7 | -\n"
    assert [row.seconds for row in rows(text)] == [-30.2, None]
