"""Two lists of units side by side, and the sentences about them."""

from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from grader.judging.compare import align, describe, table
from grader.judging.layers import read_layers
from grader.judging.units import Unit
from tests.unit.judging.networks import NAMES, TABLE, Small, layers_of

EXPECTED = read_layers(TABLE).units


def notes(**changes: nn.Module) -> dict[str, str]:
    """Name of each row that is not as in the table -> what is said of it."""
    pairs = align(EXPECTED, layers_of(Small(**changes)).units, NAMES)
    return {row.name: row.note for row in table(pairs) if row.verdict != "equal"}


def test_the_reference_equals_itself() -> None:
    assert notes() == {}
    assert all(pair.equal for pair in align(EXPECTED, EXPECTED, NAMES))


def test_each_difference_is_named_where_it_is() -> None:
    assert notes(conv1=nn.Conv2d(3, 4, 3, padding=1)) == {
        "conv1": "kernel 3, expected 5; padding 1, expected 2"
    }
    assert notes(fc3=nn.Linear(24, 8), fc4=nn.Linear(8, 10)) == {"fc3": "units 8, expected 12"}
    assert notes(pool1=nn.MaxPool2d(3, stride=2, padding=1)) == {
        "pool1": "kernel 3, expected 2; padding 1, expected 0"
    }
    assert notes(conv1=nn.Conv2d(3, 4, (3, 5), padding=(1, 2)))["conv1"].startswith(
        "kernel 3 x 5, expected 5"
    )


def test_another_activation_is_a_difference_of_the_layer_before_it() -> None:
    assert notes(relu=nn.LeakyReLU())["fc3"] == "leaky_ReLU(0.01), expected ReLU"
    assert notes(relu=nn.Identity())["conv2"] == "no activation, expected ReLU"


def test_average_pooling_stands_in_the_place_of_max_pooling() -> None:
    assert notes(pool1=nn.AvgPool2d(2)) == {"pool1": "average pooling, expected max pooling"}


def test_a_missing_and_an_extra_layer_leave_the_others_in_place() -> None:
    missing = align(EXPECTED, EXPECTED[:3] + EXPECTED[4:], NAMES)
    assert [row.verdict for row in table(missing)].count("equal") == 5
    assert table(missing)[3].verdict == "missing"
    extra = align(EXPECTED, [*EXPECTED[:2], Unit(kind="mul"), *EXPECTED[2:]], NAMES)
    assert [pair.name for pair in extra] == ["conv1", "pool1", "", "conv2", "pool2", "fc3", "fc4"]


def test_units_are_described_in_one_line() -> None:
    assert describe(EXPECTED[0]) == "conv 4, 5 x 5, stride 1, padding 2, ReLU"
    assert describe(EXPECTED[1]) == "max pooling 2 x 2, stride 2"
    assert describe(EXPECTED[4]) == "fully connected 12, ReLU"
    assert describe(Unit(kind="log_sum")) == "log sum"
    assert describe(None) == ""


@given(st.lists(st.integers(0, 5), max_size=9), st.lists(st.integers(0, 5), max_size=9))
def test_an_alignment_holds_every_unit_once_and_in_order(left: list[int], right: list[int]) -> None:
    expected, found = [EXPECTED[i] for i in left], [EXPECTED[i] for i in right]
    pairs = align(expected, found, tuple(map(str, range(len(expected)))))
    assert [p.expected for p in pairs if p.expected] == expected
    assert [p.found for p in pairs if p.found] == found
    assert all(p.expected or p.found for p in pairs)
