"""The table's cells beside what was measured, and the outputs it stands in."""

from dataclasses import replace
from typing import Any

import pytest

from grader.judging.candidates import Circumstances
from grader.judging.checks.measures import table_measures
from grader.judging.checks.pictured import or_pictured
from grader.judging.checks.table import (
    best_table,
    outputs_stored,
    table_epochs,
    table_parameters,
    table_rows,
)
from grader.judging.modes import Training
from grader.schema.claims import Claim, Claims, ComparisonTable, Mode, TableRow
from tests.unit.judging.networks import TRAINING_PASS, a_run
from tests.unit.judging.test_modes import ALL, BODY, told

AROUND = Circumstances()
VGG = "vgg13-19584684.pth"
SCRATCH = told(file=None, fresh=(), changed=ALL)
TRAININGS = [
    SCRATCH,
    told(frozen=BODY, stepped=("fc",)),
    told(changed=ALL),
    told(file=VGG, frozen=BODY, stepped=("fc",)),
    told(file=VGG, changed=ALL),
]


def row(mode: Mode | None, count: int | None, network: str | None = None, **changes: Any) -> TableRow:
    fields: dict[str, Any] = {
        "cell": 9,
        "written": False,
        "text": f"{mode} {count}",
        "label": str(mode),
        "mode": mode,
        "network": network,
        "trainable": None if count is None else (count, count),
        "accuracy": 0.5,
        "seconds": 12.0,
    }
    return TableRow(**(fields | changes))


ROWS = (
    row("from_scratch", 1546),
    row("feature_extraction", 170, "resnet101"),
    row("finetuning", 1546, "resnet101"),
    row("feature_extraction", 170, "vgg13"),
    row("finetuning", 1546, "vgg13"),
)


def table(*rows: TableRow) -> ComparisonTable:
    return ComparisonTable(cell=9, written=False, columns=("trainable", "accuracy", "seconds"), rows=rows)


RIGHT = table(*ROWS)


def parameters_of(*rows: TableRow, trainings: list[Training] = TRAININGS) -> Any:
    return table_parameters(table(*rows), "lab3.ipynb", trainings, AROUND)


def test_a_right_table() -> None:
    assert table_rows(RIGHT, "lab3.ipynb").outcome == "passed"
    assert parameters_of(*ROWS).outcome == "passed"
    assert table_measures(RIGHT, "lab3.ipynb", True).outcome == "passed"


def test_a_picture_may_be_the_table() -> None:
    nothing, shown = table_rows(None, ""), a_file(pictured=6)
    assert or_pictured(nothing, None, [shown]).outcome == "undecided"
    assert "cell 7 shows a picture" in or_pictured(nothing, None, [shown]).observed
    assert or_pictured(nothing, None, [a_file()]) is nothing
    assert or_pictured(nothing, RIGHT, [shown]) is nothing


def test_no_table() -> None:
    assert table_rows(None, "").outcome == "not_attempted"
    assert table_parameters(None, "", TRAININGS, AROUND).outcome == "blocked"
    assert table_measures(None, "", False).outcome == "blocked"


def test_missing_rows_and_cells_are_told_one_by_one() -> None:
    short = table_rows(table(*ROWS[:4]), "lab3.ipynb")
    assert short.outcome == "partial"
    assert short.fraction == pytest.approx(0.8)
    assert "second network, finetuning: no such row" in short.observed
    empty = table_rows(table(*ROWS[:4], row("finetuning", None, seconds=None)), "lab3.ipynb")
    assert "the number of trainable parameters, the time of an epoch missing" in empty.observed
    assert (
        table_rows(table(*(row(r.mode, None, accuracy=None, seconds=None) for r in ROWS)), "").outcome
        == "failed"
    )


def test_rows_that_do_not_say_what_they_are_go_to_a_person() -> None:
    unnamed = table_rows(table(*ROWS[:3], row(None, 5), row(None, 6)), "lab3.ipynb")
    assert unnamed.outcome == "undecided"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({1: row("feature_extraction", 1546, "resnet101")}, "number of all its parameters"),
        ({1: row("feature_extraction", 513_000, "resnet101")}, "513,000 is stated"),
        ({0: row("from_scratch", 170), 1: row("feature_extraction", 1546, "resnet101")}, "1,546 is stated"),
    ],
)
def test_counts_that_are_not_those_measured(changed: dict[int, TableRow], says: str) -> None:
    verdict = parameters_of(*(changed.get(place, one) for place, one in enumerate(ROWS)))
    assert verdict.outcome == "partial"
    assert verdict.fraction == pytest.approx(1 - len(changed) / 5)
    assert says in verdict.observed


def test_a_rounded_count_is_right_within_its_rounding() -> None:
    rounded = row("finetuning", None, "resnet101", trainable=(1500, 1600))
    assert parameters_of(rounded).outcome == "passed"
    assert parameters_of(row("finetuning", None, "resnet101", trainable=(1600, 1700))).outcome == "failed"


def test_a_row_is_compared_with_the_network_it_names() -> None:
    larger = replace(TRAININGS[3], network="vgg16")
    assert parameters_of(row("feature_extraction", 170, "vgg13"), trainings=[larger]).outcome == "undecided"
    assert parameters_of(row("feature_extraction", 170, "vgg"), trainings=[larger]).outcome == "passed"
    assert parameters_of(row("feature_extraction", 170), trainings=[larger]).outcome == "passed"


def test_the_count_of_a_finetuning_that_began_with_random_weights_is_not_wrong_twice() -> None:
    verdict = parameters_of(*ROWS, trainings=[SCRATCH, TRAININGS[1], TRAININGS[3], SCRATCH, SCRATCH])
    assert [f.holds for f in verdict.findings] == [True, True, None, True, None]


def test_a_count_of_a_training_that_was_another_one() -> None:
    """The finetuning of vgg11 is a second feature extraction, and the row states what finetuning would have trained."""
    twice = [*TRAININGS[:4], TRAININGS[3]]
    assert "no finetuning was seen" in parameters_of(*ROWS, trainings=twice).observed
    assert parameters_of(*ROWS[:4], row("finetuning", 170, "vgg13"), trainings=twice).outcome == "passed"


def test_equal_epochs_of_trainings_that_are_none_of_the_approaches() -> None:
    random = [told(file=None, fresh=(), changed=("fc",)) for _ in range(2)]
    assert table_epochs(random, AROUND).outcome == "passed"


def test_frozen_parameters_in_the_optimizer_are_not_trainable_ones() -> None:
    all_given = [SCRATCH, told(frozen=BODY), told(changed=ALL)]
    assert parameters_of(row("feature_extraction", 1546), trainings=all_given).outcome == "failed"
    assert parameters_of(row("feature_extraction", 170), trainings=all_given).outcome == "passed"


def test_a_row_of_a_training_that_turned_out_as_another_one() -> None:
    """CNN2 is not named, and nothing of it was frozen: that costs the points of its training, not those of its count."""
    rows = [
        row(mode, count)
        for mode, count in zip((r.mode for r in ROWS), (1546, 170, 1546, 1546, 1546), strict=True)
    ]
    unfrozen = [*TRAININGS[:3], told(file=VGG, changed=ALL), TRAININGS[4]]
    assert parameters_of(*rows, trainings=unfrozen).outcome == "passed"
    assert parameters_of(*rows).outcome == "partial"


def test_a_row_of_a_training_on_random_weights() -> None:
    """The row names its network, whose finetuning is right; its feature extraction had no published weights."""
    trainings = [told(file=VGG, changed=ALL), told(file=None, fresh=(), changed=("fc",))]
    random = parameters_of(
        row("finetuning", 1546, "vgg13"), row("feature_extraction", 1546, "vgg13"), trainings=trainings
    )
    assert random.outcome == "passed"
    assert random.findings[1].holds is None


def test_rows_of_trainings_that_never_were() -> None:
    verdict = parameters_of(*ROWS, trainings=[SCRATCH])
    assert verdict.fraction == pytest.approx(
        1 / 3
    )  # two counts are by chance those of the one training there was
    hidden = Circumstances(interrupted="lab3.ipynb, cell 9: time limit")
    assert table_parameters(RIGHT, "lab3.ipynb", [SCRATCH], hidden).outcome == "passed"


def test_epochs_that_nobody_counted_are_undecided() -> None:
    passes = [TRAINING_PASS.model_copy(update={"samples": count}) for count in range(1, 6)]
    bare = [
        replace(one, candidate=replace(one.candidate, phases=(seen,)))
        for one, seen in zip(TRAININGS, passes, strict=True)
    ]
    assert table_epochs(bare, AROUND).outcome == "undecided"


def test_trainings_without_a_loader_that_saw_as_many_images_are_equally_long() -> None:
    def with_images(one: Training, count: int) -> Training:
        phases = (TRAINING_PASS.model_copy(update={"samples": count}),)
        return replace(one, candidate=replace(one.candidate, phases=phases))

    alike = [with_images(one, 500_000) for one in TRAININGS]
    verdict = table_epochs(alike, AROUND)
    assert (verdict.outcome, verdict.observed) == (
        "passed",
        "500,000 images each, 5 trainings without a loader",
    )
    assert table_epochs([*alike[:4], with_images(TRAININGS[4], 50_000)], AROUND).outcome == "undecided"


def test_equal_epochs() -> None:
    equal = table_epochs(TRAININGS, AROUND)
    assert equal.outcome == "passed"
    assert all(finding.holds for finding in equal.findings)
    longer = told(file=VGG, changed=ALL, run=a_run(epochs=5))
    verdict = table_epochs([*TRAININGS[:4], longer], AROUND)
    assert verdict.outcome == "failed"
    assert "vgg13 (finetuning): 5 epochs" in verdict.observed
    assert [finding.holds for finding in verdict.findings].count(False) == 1
    tried = told(file=None, fresh=(), changed=ALL, run=a_run(epochs=3))
    assert table_epochs([tried, *TRAININGS], AROUND).outcome == "passed"  # a first try of another length
    assert table_epochs([SCRATCH], AROUND).outcome == "not_attempted"


def test_unequal_epochs_of_trainings_that_may_end_early_are_undecided() -> None:
    longer = told(file=VGG, changed=ALL, run=a_run(epochs=5))
    longer = replace(longer, candidate=replace(longer.candidate, stops_in=4))
    verdict = table_epochs([*TRAININGS[:4], longer], AROUND)
    assert verdict.outcome == "undecided"
    assert "cell 4 may end a training early" in verdict.observed
    assert table_epochs([longer, longer], AROUND).outcome == "passed"
    logs = [
        Claim(quantity="epochs", value=count, file="lab3.ipynb", cell=3, split=None, text="")
        for count in (8, 8, 8, 8, 8)
    ]
    assert table_epochs([*TRAININGS[:4], longer], AROUND, [a_file(claims=logs)]).outcome == "passed"
    assert table_epochs([*TRAININGS[:4], longer], AROUND, [a_file(claims=logs[:4])]).outcome == "undecided"
    logs[1] = logs[1].model_copy(update={"value": 5.0})
    told_so = table_epochs([*TRAININGS[:4], longer], AROUND, [a_file(claims=logs)])
    assert told_so.outcome == "undecided"
    assert "log 8, 5, 8, 8, 8 epochs" in told_so.observed


def test_impossible_measures() -> None:
    verdict = table_measures(table(*ROWS[1:], row("from_scratch", 1546, accuracy=1.4)), "lab3.ipynb", True)
    assert verdict.outcome == "failed"
    assert "140 %" in verdict.observed
    assert table_measures(table(row("from_scratch", 1546, seconds=-3.0)), "", True).outcome == "failed"


def test_a_column_that_is_not_there_costs_half() -> None:
    timeless = table(*(one.model_copy(update={"seconds": None}) for one in ROWS))
    verdict = table_measures(timeless, "lab3.ipynb", True)
    assert verdict.outcome == "partial"
    assert "no row states the training time" in verdict.observed
    assert table_rows(timeless, "lab3.ipynb").observed == "no row states the time of an epoch"


def test_measures_of_the_rerun_are_those_of_a_short_training() -> None:
    assert (
        table_measures(table(row("from_scratch", 1546, accuracy=0.0)), "lab3.ipynb", False).outcome
        == "passed"
    )
    assert (
        table_measures(table(row("from_scratch", 1546, accuracy=0.0)), "lab3.ipynb", True).outcome == "failed"
    )


def a_file(**fields: Any) -> Claims:
    return Claims(file="lab3.ipynb", **fields)


def test_outputs() -> None:
    whole = a_file(cells_with_output=(3, 5, 9))
    assert outputs_stored([whole], [whole]).outcome == "passed"
    assert outputs_stored([], []).outcome == "not_attempted"
    some = outputs_stored([a_file(cells_with_output=(3,), cells_without_output=(9,))], [whole])
    assert some.outcome == "partial"
    assert some.fraction == pytest.approx(1 / 3)
    assert "2 of 3 cells that print have no output: 6, 10" in some.observed
    assert outputs_stored([a_file(cells_without_output=(3, 5, 9))], [whole]).outcome == "failed"
    quiet = a_file(cells_without_output=(9,))
    assert (
        outputs_stored([quiet], [quiet]).outcome == "not_attempted"
    )  # nothing is printed when it is run either


def test_the_fullest_table_and_first_what_was_handed_in() -> None:
    small = table(ROWS[0]).model_copy(update={"columns": ("trainable",)})
    given, found = a_file(table=small), a_file(table=RIGHT)
    assert best_table([given, found], []) == (RIGHT, "lab3.ipynb", True)
    assert best_table([given], [found]) == (small, "lab3.ipynb", True)
    assert best_table([a_file()], [found]) == (RIGHT, "lab3.ipynb", False)
