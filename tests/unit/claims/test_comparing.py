"""Every rule of a comparison, from both sides."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.claims.comparing import MOST_COMPARISONS, Comparison, Measured, compare
from grader.claims.reading import read_claims
from grader.schema.claims import Claim, Claims
from tests.unit.claims.notebooks import code, notebook, stream, text

FULL = Measured(
    file="lab.ipynb",
    trained=(0,),
    evaluated=(0,),
    accuracy=0.72,
    standard_error=0.005,
    parameters=1_191_170,
    epochs=30,
    profile="full",
    batch_size=128,
    images=50_000,
    steps=30 * 391,
)
QUICK = replace(FULL, profile="quick", accuracy=0.36, steps=400, ceiling=0.9)
LOG = "".join(f"epoch {epoch}\n" for epoch in range(1, 31))


def stated(*cells: Any) -> Claims:
    return read_claims(notebook(*cells), "lab.ipynb")


def verdicts(claims: Claims, *networks: Measured, **how: Any) -> list[str]:
    return [c.verdict for c in compare([claims], networks, **how)]


def one(claims: Claims, *networks: Measured, **how: Any) -> Comparison:
    (comparison,) = compare([claims], networks, **how)
    return comparison


@pytest.mark.parametrize(
    ("measured", "line", "verdict"),
    [
        (FULL, "test accuracy 72.3 %", "consistent"),
        (FULL, "test accuracy 77.9 %", "consistent"),  # 4 x 0.5 + 4 points
        (FULL, "test accuracy 78.5 %", "contradicted"),
        (FULL, "test accuracy 65 %", "contradicted"),
        (FULL, "validation accuracy 91 %", "contradicted"),
        (QUICK, "test accuracy 36 %", "consistent"),
        (QUICK, "test accuracy 72.3 %", "consistent"),  # longer training
        (QUICK, "test accuracy 91 %", "contradicted"),  # above the ceiling
        (QUICK, "test accuracy 20 %", "contradicted"),  # 30 epochs, worse than 400 steps
        (replace(QUICK, ceiling=None), "test accuracy 99 %", "consistent"),
        (replace(QUICK, batch_size=0), "test accuracy 20 %", "consistent"),  # length not known
        (replace(QUICK, epochs=1), "test accuracy 20 %", "consistent"),  # 391 steps are fewer than 400
        (replace(QUICK, accuracy=None), "test accuracy 95 %", "contradicted"),
    ],
)
def test_an_accuracy_against_the_measured_one(measured: Measured, line: str, verdict: str) -> None:
    assert one(stated(code(stream(line))), measured).verdict == verdict


def test_the_outputs_own_epochs_tell_how_long_the_training_was() -> None:
    short = stated(code(stream("epoch 1\ntest accuracy 20 %\n")))
    assert verdicts(short, QUICK) == ["consistent", "contradicted"]  # of 1 epoch; but the code runs 30


def test_a_run_that_was_stopped_is_as_good_as_cut_short() -> None:
    claims = stated(code(stream("test accuracy 80 %")))
    assert verdicts(claims, FULL) == ["contradicted"]
    assert verdicts(claims, FULL, not_seen=["lab.ipynb"]) == ["consistent"]


def test_nothing_measured_and_no_ceiling_says_nothing() -> None:
    assert verdicts(stated(code(stream("test accuracy 95 %"))), replace(FULL, accuracy=None)) == []


def test_accuracies_of_training_are_not_compared() -> None:
    assert verdicts(stated(code(stream("train accuracy 99 %"))), FULL) == ["absent"]


def test_an_accuracy_without_a_split_contradicts_only_where_nothing_is_trained() -> None:
    claims = stated(code(stream("accuracy 99 %")), code(stream("accuracy 99 %")))
    network = replace(FULL, evaluated=(0, 1))
    assert [(c.verdict, c.where.cell) for c in compare([claims], [network])] == [("contradicted", 2)]


def test_what_may_be_of_a_network_that_was_not_measured_contradicts_nothing() -> None:
    claims = stated(code(stream("test accuracy 91 %")))
    unknown = replace(FULL, accuracy=None)
    assert verdicts(claims, FULL) == ["contradicted"]
    assert verdicts(claims, FULL, unknown) == []
    assert verdicts(claims, FULL, replace(unknown, trained=(), evaluated=())) == ["contradicted"]


def test_only_the_last_epoch_is_compared() -> None:
    log = "".join(f"epoch {e} test accuracy {40 + e} %\n" for e in range(1, 31))
    assert verdicts(stated(code(stream(log))), FULL) == ["consistent", "consistent"]  # accuracy, epochs


def test_stages_of_a_table_fit_one_network_each() -> None:
    table = text("| stage | test accuracy |\n|---|---|\n| base | 72 % |\n| dropout | 82 % |\n| all | 97 % |")
    networks = [replace(FULL, trained=(1,)), replace(FULL, trained=(2,), accuracy=0.82)]
    assert verdicts(stated(table), *networks) == ["consistent", "consistent", "contradicted"]


def test_a_claim_is_compared_with_the_network_of_its_cell() -> None:
    claims = stated(code(stream("test accuracy 82 %")), code(stream("test accuracy 82 %")))
    networks = [FULL, replace(FULL, trained=(1,), evaluated=(1,), accuracy=0.82)]
    assert verdicts(claims, *networks) == ["contradicted", "consistent"]


def test_outputs_without_accuracies_leave_the_network_without_a_claim() -> None:
    comparison = one(stated(code(stream("done"))), FULL)
    assert comparison.verdict == "absent"
    assert "cell 1" in comparison.sentence
    assert "72.0 %" in comparison.sentence


def test_code_that_never_evaluates_states_no_test_accuracy() -> None:
    blind = replace(FULL, evaluated=(), accuracy=0.72)
    claims = stated(code(stream("test accuracy 72 %")))
    flagged = compare([claims], [blind])[0]
    assert flagged.verdict == "contradicted"
    assert "no evaluation was seen" in flagged.sentence
    assert "contradicted" not in verdicts(claims, blind, not_seen=["lab.ipynb"])
    assert "contradicted" not in verdicts(stated(code(stream("train accuracy 72 %"))), blind)


def test_a_written_table_needs_no_evaluation() -> None:
    table = text("| test accuracy | loss |\n|---|---|\n| 72 % | 1 |")
    assert "contradicted" not in verdicts(stated(table), replace(FULL, evaluated=()))


@pytest.mark.parametrize(
    ("log", "ran", "verdict"),
    [
        (LOG, 30, "consistent"),
        (LOG, 5, "contradicted"),
        (LOG, 31, "contradicted"),
        (LOG + LOG, 30, "consistent"),  # printed twice
        ("epoch 10\nepoch 20\nepoch 30\n", 30, "consistent"),
        ("epoch 10\nepoch 20\nepoch 30\n", 35, "consistent"),  # every tenth: a lower bound
        ("epoch 10\nepoch 20\nepoch 30\n", 5, "contradicted"),
        ("epoch 1/30\nepoch 2/30\n", 30, "contradicted"),
    ],
)
def test_the_epochs_of_the_log_are_those_that_the_code_runs(log: str, ran: int, verdict: str) -> None:
    claims = stated(code(stream(log)))
    found = [c for c in compare([claims], [replace(FULL, epochs=ran)]) if "epoch" in c.sentence]
    assert [c.verdict for c in found] == [verdict]


def test_the_sentence_on_epochs_names_both_numbers() -> None:
    found = compare([stated(code(stream(LOG)))], [replace(FULL, epochs=5)])
    assert "the outputs show 30 epochs, the code runs 5." in found[-1].sentence


def test_epochs_over_several_cells_and_networks_add_up() -> None:
    five = "".join(f"epoch {e}\n" for e in range(1, 6))
    two_cells = stated(code(stream(five)), code(stream(five)))
    assert "contradicted" not in verdicts(two_cells, replace(FULL, trained=(0, 1), epochs=10))
    two_networks = stated(code(stream(five + five)))
    assert "contradicted" not in verdicts(two_networks, *[replace(FULL, epochs=5)] * 2)
    assert "contradicted" in verdicts(two_networks, *[replace(FULL, epochs=1)] * 2)


def test_a_cell_that_logs_nothing_leaves_a_lower_bound() -> None:
    claims = stated(code(stream(LOG)), code())
    network = replace(FULL, trained=(0, 1), epochs=31)
    assert "contradicted" not in verdicts(claims, network)
    assert "contradicted" in verdicts(claims, replace(network, epochs=29))


def test_a_log_that_the_code_prints_again_is_its_own() -> None:
    claims = stated(code(stream(LOG)))
    early = replace(FULL, epochs=12)
    assert "contradicted" in verdicts(claims, early)
    assert "contradicted" not in verdicts(claims, early, rerun=[claims])


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("Total params: 1,191,170", "consistent"),
        ("Total params: 1,191,160", "contradicted"),
        ("5130 trainable parameters", "consistent"),
        ("parameters: 166160\nother parameters: 1025010\n", "consistent"),  # their sum
    ],
)
def test_a_parameter_count_is_equal_or_contradicted(line: str, verdict: str) -> None:
    network = replace(FULL, trainable=5130)
    found = [c for c in compare([stated(code(stream(line)))], [network]) if "param" in c.sentence]
    assert [c.verdict for c in found] == [verdict]


def test_a_count_that_the_code_prints_again_is_its_own() -> None:
    claims = stated(code(stream("parameters of the encoder: 61706")))
    assert "contradicted" in verdicts(claims, FULL)
    assert "contradicted" not in verdicts(claims, FULL, rerun=[claims])


def test_a_report_beside_a_script_is_compared_with_the_scripts_networks() -> None:
    script = replace(FULL, file="train.py")
    assert verdicts(stated(code(stream("test accuracy 91 %"))), script) == ["contradicted"]


def test_sentences_name_the_place_and_end_in_what_to_look_at() -> None:
    line = "test accuracy 91 % <b>"
    claims = stated(text("# Lab"), code(stream(line)))
    comparison = one(claims, replace(FULL, trained=(1,), evaluated=(1,)))
    assert comparison.sentence == (
        "lab.ipynb, cell 2: the output states a test accuracy of 91.0 % (“test accuracy 91 % <b>”); the network "
        "trained in cell 2 reached 72.0 %, with 6.0 % between two runs allowed for. Contradicted: a person should "
        "look at whether this cell's code gives this output."
    )
    assert (comparison.where.file, comparison.where.cell) == ("lab.ipynb", 2)


def test_another_order_of_execution_is_named_as_an_explanation() -> None:
    claims = stated(code(stream("test accuracy 91 %"), count=2), code(count=1))
    assert "another order" in one(claims, FULL).sentence


def claim(cell: int, value: float) -> Claim:
    return Claim(file="lab.ipynb", cell=cell, quantity="accuracy", split="test", value=value, text="x")


def test_comparisons_are_bounded_and_contradictions_kept() -> None:
    many = [claim(cell, 0.72 if cell < 250 else 0.99) for cell in range(300)]
    found = compare([Claims(file="lab.ipynb", claims=tuple(many))], [FULL])
    assert len(found) == MOST_COMPARISONS
    assert sum(c.verdict == "contradicted" for c in found) == 50


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 0.1))
def test_a_claim_equal_to_the_measured_value_is_never_contradicted(
    value: float, ceiling: float, se: float
) -> None:
    claims = Claims(file="lab.ipynb", claims=(claim(0, value),))
    for profile in (FULL, QUICK):
        network = replace(profile, accuracy=value, standard_error=se, ceiling=ceiling)
        assert verdicts(claims, network) == ["consistent"]


@given(st.floats(0.36, 0.9))
def test_more_than_the_quick_value_is_consistent_up_to_the_ceiling(value: float) -> None:
    assert verdicts(Claims(file="lab.ipynb", claims=(claim(0, value),)), QUICK) == ["consistent"]


def test_no_sentence_accuses() -> None:
    log = stated(code(stream(LOG + "test accuracy 99 %\nTotal params: 17,000\n")))
    for comparison in compare([log], [replace(FULL, epochs=5, evaluated=())]):
        words = comparison.sentence.lower()
        assert comparison.verdict == "contradicted"
        assert "contradicted: a person should look" in words
        assert not any(word in words for word in ("cheat", "fake", "forged", "copied", "fraud"))
