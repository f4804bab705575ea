"""Rows that the others leave one approach."""

import pytest

from grader.claims.approaches import mode_of, network_of
from grader.claims.elimination import completed
from grader.schema.claims import Mode, TableRow

FOUR = ("ResNet18 FE", "ResNet18 FT", "AlexNet FE", "AlexNet FT")


def row(label: str, count: int | None = 10) -> TableRow:
    return TableRow(
        cell=0,
        text=label,
        label=label,
        mode=mode_of(label),
        network=network_of(label),
        trainable=None if count is None else (count, count),
        accuracy=None,
        seconds=None,
    )


def modes_of(*labels: str) -> list[Mode | None]:
    return [one.mode for one in completed([row(label) for label in labels])]


@pytest.mark.parametrize("label", ["baseline", "CNN", "CNN | -", "LeNet", "ResNet18"])
def test_the_fifth_row_is_from_scratch(label: str) -> None:
    assert modes_of(label, *FOUR)[0] == "from_scratch"
    assert modes_of(*FOUR, label)[-1] == "from_scratch"


def test_two_plain_names_are_the_approach_that_is_lacking() -> None:
    named = modes_of("scratch", "ResNet18", "ResNet18 finetuned", "AlexNet", "AlexNet finetuned")
    assert named == ["from_scratch", "feature_extraction", "finetuning", "feature_extraction", "finetuning"]


def test_the_only_row_without_a_network_is_from_scratch() -> None:
    assert modes_of("CNN de base", *FOUR[:3]) == ["from_scratch", *map(mode_of, FOUR[:3])]
    assert modes_of("CNN", "CNN1 FE", "CNN1 FT", "CNN2 FE")[0] is None


@pytest.mark.parametrize(
    "labels",
    [
        FOUR,
        ("average", *FOUR),
        ("Moyenne", *FOUR),
        ("baseline", "CNN", *FOUR),
        ("average", *FOUR[:3]),
        ("baseline", "AlexNet", *FOUR[:3]),
        ("scratch", "ResNet18", "ResNet18", "AlexNet FT", "ResNet18 FT"),
    ],
)
def test_what_may_be_several_approaches_stays_unnamed(labels: tuple[str, ...]) -> None:
    assert modes_of(*labels) == [mode_of(label) for label in labels]


def test_a_row_without_a_number_is_none() -> None:
    rows = [row("baseline", None), *map(row, FOUR)]
    assert completed(rows) == rows
