"""Whole notebooks: streams, tables, figures and text cells, percentages, epochs and finals."""

from typing import Any

import pytest

from grader.claims.reading import final_accuracies, read_claims
from grader.schema.claims import Claim
from tests.unit.claims.notebooks import code, notebook, shown, stream, text

PANDAS = """\
                model  params  test_acc
0        From scratch  1191170     0.723
1  CNN1 (finetuning)  11181642     0.912
"""
INDEXED = """\
              params  test_acc
scratch      1191170     0.723
finetuned   11181642     0.912
"""
HISTORY = "   train_loss  test_acc\n0         1.2      0.50\n1         1.0      0.61\n"
HTML = """<div><style scoped>.x {width: 72%}</style><table border="1" class="dataframe">
<thead><tr style="text-align: right;"><th></th><th>Model</th><th>Number of trainable params</th>
<th>Test accuracy (%)</th><th>Trainning time per epoch</th></tr></thead>
<tbody><tr><th>0</th><td>From scratch</td><td>1,191,170</td><td>72.3</td><td>12.5</td></tr>
<tr><th>1</th><td>CNN1 (feat_extract)</td><td>5130</td><td>40.1</td><td>9.1</td></tr></tbody></table></div>"""
FASTAI = """<table><thead><tr><th>epoch</th><th>train_loss</th><th>valid_loss</th><th>accuracy</th><th>time</th></tr>
</thead><tbody><tr><td>0</td><td>1.5</td><td>1.4</td><td>0.51</td><td>00:12</td></tr>
<tr><td>1</td><td>1.2</td><td>1.1</td><td>0.62</td><td>00:12</td></tr></tbody></table>"""
MARKDOWN = """Results:

| Stage | Train accuracy | Test accuracy |
|---|---|---|
| base | 99,1 % | 72,3 % |
| + dropout | **95.0 %** | **82.7 %** |
"""
LAYERS = "| layer | output | parameters |\n|---|---|---|\n| conv1 | 32 x 32 x 32 | 2,432 |\n| total | | 1,191,170 |"
TURNED = "| | CNN1 | CNN2 |\n|---|---|---|\n| Test accuracy | 0.71 | 0.80 |\n| Time | 3 | 4 |"
REPORT = """accuracy: 0.9307
              precision    recall  f1-score   support

    airplane       0.94      0.93      0.94       104
  automobile       0.93      0.83      0.88        86

    accuracy                           0.93       190
   macro avg       0.93      0.93      0.93       190
"""
COLUMNS = "epoch | train loss | val acc\n1 | 1.90 | 31.0\n2 | 1.50 | 44.0\n"
SINGLE_BLANKS = "epoch loss accuracy\n1 1.90 0.31\n2 1.50 0.44\n"
TORCHINFO = """\
==========================================================================================
Layer (type:depth-idx)                   Output Shape              Param #
==========================================================================================
Net                                      [1, 10]                   --
├─Conv2d: 1-1                            [1, 32, 32, 32]           2,432
├─Linear: 1-5                            [1, 10]                   10,010
==========================================================================================
Total params: 1,191,170
Trainable params: 1,191,170
Non-trainable params: 0
Total mult-adds (Units.MEGABYTES): 36.41
==========================================================================================
"""


def claims_of(*cells: Any) -> tuple[Claim, ...]:
    return read_claims(notebook(*cells), "lab.ipynb").claims


def accuracies(*cells: Any) -> list[tuple[str | None, float]]:
    return [(c.split, round(c.value, 6)) for c in claims_of(*cells) if c.quantity == "accuracy"]


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (stream(PANDAS), [("test", 0.723), ("test", 0.912)]),
        (stream(INDEXED), [("test", 0.723), ("test", 0.912)]),
        (shown(html=HTML, plain=PANDAS), [("test", 0.723), ("test", 0.401)]),
        (shown(html=FASTAI), [(None, 0.51), (None, 0.62)]),
        (shown(html="<b>Test accuracy:</b> 72.3&nbsp;%<br>done"), [("test", 0.723)]),
        (shown(markdown=MARKDOWN), [("train", 0.991), ("test", 0.723), ("train", 0.95), ("test", 0.827)]),
        (shown(plain="{'test_acc': 0.7234}"), [("test", 0.7234)]),
        (stream(REPORT), [(None, 0.9307), (None, 0.93)]),
        (stream(COLUMNS), [("validation", 0.31), ("validation", 0.44)]),
        (stream(SINGLE_BLANKS), [(None, 0.31), (None, 0.44)]),
        (stream(["test acc", "uracy 0", ".72\n"]), [("test", 0.72)]),
        (stream("\x1b[32mtest acc: 71.5 %\x1b[0m\n"), [("test", 0.715)]),
        (stream("acc: 10.0\racc: 50.0\racc: 72.3\r\n"), [(None, 0.723)]),
        (stream("acc: 10.0\x08\x08\x08\x08\x08\x08\x08\x08\x08acc: 72.3\n"), [(None, 0.723)]),
    ],
)
def test_accuracies_of_an_output(output: dict[str, Any], expected: list[tuple[str | None, float]]) -> None:
    assert accuracies(code(output)) == expected


def test_a_text_cells_table_is_read_and_its_sentences_are_not() -> None:
    cell = text("You should reach a test accuracy of 70 %.\n\n" + MARKDOWN)
    found = claims_of(cell)
    assert [c.value for c in found if c.split == "test"] == [pytest.approx(0.723), pytest.approx(0.827)]
    assert all(c.written for c in found)


def test_a_table_turned_round_is_read_by_its_rows() -> None:
    assert accuracies(text(TURNED)) == [("test", 0.71), ("test", 0.8)]


def test_a_table_of_layers_states_no_network() -> None:
    assert claims_of(text(LAYERS)) == ()


def test_parameters_of_tables_and_summaries() -> None:
    found = claims_of(code(shown(html=HTML)), code(stream(TORCHINFO)), code(stream(PANDAS)))
    counts = [(c.cell, c.value) for c in found if c.quantity == "parameters"]
    assert counts == [(0, 1191170), (0, 5130), (1, 1191170), (1, 1191170), (2, 1191170), (2, 11181642)]


def test_percentages_without_a_sign_are_told_by_their_sequence() -> None:
    log = "".join(f"epoch {e} acc {a}\n" for e, a in enumerate((0.8, 12.0, 55.5)))
    assert accuracies(code(stream(log))) == [(None, 0.008), (None, 0.12), (None, 0.555)]


def test_the_last_epoch_is_final_for_each_split_and_cell() -> None:
    log = "".join(f"epoch {e}  train acc {40 + e}.0  test acc {30 + e}.0\n" for e in range(1, 31))
    claims = read_claims(notebook(code(stream(log)), code(stream("Test accuracy: 60.4 %\n"))), "lab.ipynb")
    finals = [(c.cell, c.split, round(c.value, 3), c.epoch) for c in final_accuracies(claims)]
    assert finals == [(0, "train", 0.7, 30), (0, "test", 0.6, 30), (1, "test", 0.604, None)]


def test_equal_lines_without_epochs_are_a_sequence() -> None:
    found = claims_of(code(stream("test accuracy 0.31\ntest accuracy 0.44\ntest accuracy 0.52\n")))
    assert [c.epoch for c in found] == [0, 1, 2]


def test_stages_printed_below_each_other_are_none() -> None:
    found = claims_of(code(stream("base: test accuracy 0.72\ndropout: test accuracy 0.82\n")))
    assert [c.epoch for c in found] == [None, None]


def test_a_history_without_words_is_a_sequence() -> None:
    assert [c.epoch for c in claims_of(code(stream(HISTORY))) if c.quantity == "accuracy"] == [0, 1]


def test_an_epoch_announced_above_holds_below() -> None:
    found = claims_of(
        code(stream("=== ÉPOQUE 1 ===\nTest prec@1 44.0 %\n=== ÉPOQUE 2 ===\nTest prec@1 51.0 %\n"))
    )
    assert [(c.quantity, c.epoch) for c in found] == [("accuracy", 1), ("accuracy", 2), ("epochs", None)]


@pytest.mark.parametrize(
    ("lines", "read"),
    [
        (["epoch 1 test 0.31", "epoch 2 test 0.44", "epoch 3 test 0.52"], 3),
        (["epoch 1 test 2.31", "epoch 2 test 1.44", "epoch 3 test 0.92"], 0),  # falls: a loss
        (["epoch 1 test 69.0 %", "epoch 2 test 40.0 %"], 0),  # an error
        (["epoch 1 test 0.31"], 0),  # may be anything
        (["Result: train 95.2 %, test 72.3 %"], 2),
    ],
)
def test_numbers_of_a_split_alone_need_to_look_like_accuracies(lines: list[str], read: int) -> None:
    assert len(accuracies(code(stream("\n".join(lines))))) == read


def test_pieces_of_a_progress_bar_are_put_together() -> None:
    outputs = [
        stream("\repoch 1/2:   0%|   | 0/391 [00:00<?, ?it/s]", "stderr"),
        stream("test acc 0.41\n"),
        stream(
            "\repoch 1/2: 100%|███| 391/391 [00:09<00:00, 40it/s]\nepoch 2/2:   0%|   | 0/391 [", "stderr"
        ),
        stream("test acc 0.52\n"),
        stream("\repoch 2/2: 100%|███| 391/391 [00:09<00:00, 40it/s]\n", "stderr"),
    ]
    found = claims_of(code(*outputs))
    assert [(c.quantity, c.value) for c in found] == [("accuracy", 0.41), ("accuracy", 0.52), ("epochs", 2)]


def test_plotlys_curves_are_read() -> None:
    figure = {
        "data": [
            {"name": "test", "y": [10.0, 45.5, float("nan"), "x", None, 72.0]},
            {"name": "packed", "y": {"bdata": "AAAA", "dtype": "f8"}},
        ],
        "layout": {"yaxis": {"title": {"text": "accuracy"}}},
    }
    found = claims_of(code(shown(figure=figure)))
    assert [(c.split, c.value, c.epoch) for c in found] == [
        ("test", 0.1, 0),
        ("test", 0.455, 1),
        ("test", 0.72, 2),
    ]


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("".join(f"Epoch {e}/30\n" for e in range(1, 31)), [(30, False)]),
        ("".join(f"epoch {e} loss 1\n" for e in range(5)), [(5, False)]),
        ("".join(f"epoch {e} loss 1\nepoch {e} test\n" for e in range(1, 6)), [(5, False)]),
        ("".join(f"epoch {e} loss 1\n" for e in [*range(1, 6), *range(1, 4)]), [(5, False), (3, False)]),
        ("".join(f"epoch {e} loss 1\n" for e in (10, 20, 30)), [(30, True)]),
        ("".join(f"epoch {e} loss 1\n" for e in (0, 10, 20)), [(21, True)]),
        ("".join(f"epoch {e} loss 1\n" for e in (9, 19, 29)), [(30, True)]),
        ("".join(f"epoch {e} loss 1\n" for e in (7, 8, 9)), [(3, True)]),
        ("Epoch 3/20\n", [(1, True)]),
        ("Streaming output truncated to the last 5000 lines.\nepoch 1 loss 1\n", [(1, True)]),
    ],
)
def test_epochs_of_a_log(log: str, expected: list[tuple[int, bool]]) -> None:
    found = claims_of(code(stream(log)))
    assert [(c.value, c.at_least) for c in found if c.quantity == "epochs"] == expected


def test_an_interrupted_log_is_a_lower_bound() -> None:
    stop = {"output_type": "error", "ename": "KeyboardInterrupt", "evalue": "", "traceback": []}
    (claim,) = claims_of(code(stream("epoch 1\nepoch 2\n"), stop))
    assert (claim.value, claim.at_least) == (2, True)


@pytest.mark.parametrize(
    ("source", "silent"),
    [
        ("print('done')", True),
        ("%matplotlib inline\nplt.plot(history)\nplt.show()", True),
        ("x = 1\nx", True),
        ("with torch.no_grad():\n    print(net(x).shape)", True),
        ("x = 1", False),
        ("def f():\n    print(1)", False),
        ("for x in loader:\n    print(x)", False),  # may be empty
        ("if verbose:\n    print(1)", False),
        ("train()", False),
        ("x;", False),
        ("%%capture\nprint(1)", False),
        ("print(1, file=log)", False),
        ("print(1)\nclear_output()", False),
        ("def broken(:", False),
    ],
)
def test_cells_that_print_and_hold_no_output(source: str, silent: bool) -> None:
    claims = read_claims(notebook(text("# Lab"), code(source=source)), "lab.ipynb")
    assert claims.cells_without_output == ((1,) if silent else ())


@pytest.mark.parametrize(
    ("counts", "order"),
    [
        ((1, 2, 3), "in order"),
        ((4, 9, 12), "in order"),
        ((1, None, 2), "in order"),
        ((2, 1), "out of order"),
        ((1, 1), "out of order"),
        ((None, None), "not run"),
    ],
)
def test_the_order_of_execution(counts: tuple[int | None, ...], order: str) -> None:
    assert read_claims(notebook(*(code(count=c) for c in counts)), "lab.ipynb").execution_order == order


def test_a_lone_count_is_read_below_code_that_counts() -> None:
    cell = code(stream("1191170\n"), source="print(sum(p.numel() for p in net.parameters()))")
    assert [(c.quantity, c.value) for c in claims_of(cell)] == [("parameters", 1191170)]


def test_a_long_log_of_bars_is_read_whole() -> None:
    bar = (
        "".join(f"\r{{}}/30: {p}%|#| {p}/100 [00:0{p % 10}<00:01, 9.00it/s, loss=1.0]" for p in range(101))
        * 30
    )
    log = "".join(f"epoch {bar.format(*[e] * 3030)}\ntest acc {e}.5 %\n" for e in range(1, 31))
    found = claims_of(code(stream(log)))
    assert [c.value for c in found if c.split == "test"][-1] == pytest.approx(0.305)
    assert sum(c.split == "test" for c in found) == 30
