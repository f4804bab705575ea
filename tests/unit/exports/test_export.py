"""Results in platforms' files: the right row, one column, and nobody's grade invented."""

import csv
import json
from pathlib import Path

import pytest

from grader.errors import UsageError
from grader.exports.export import export
from grader.exports.gradescope import gradescope
from grader.exports.sheet import keys, may_be
from grader.schema.result import Result
from tests.unit.reporting import sample

CANVAS = """\
Student,ID,SIS Login ID,Section,Lab 1 (991),Lab 2 (992),Current Score,Final Score
    Points Possible,,,,10,14,(read only),(read only)
"Durand, Zoé",41,zdurand,S1,9,,90,90
"Müller, Jan",42,jmuller,S1,,3,10,10
"Test, Student",43,,S1,,,,
"""
MOODLE = """\
Identifiant;Nom complet;Statut;Note;Note maximale;Feedback par commentaires
Participant 41;Zoé Durand;Remis;;20,00;
Participant 42;Jan Müller;Remis;;20,00;déjà lu
"""


def stored(folder: Path, *people: tuple[str, str, Result]) -> Path:
    """(student, id, result) as `grade` leaves them."""
    results = [one.model_copy(update={"student": name, "lms_id": identity}) for name, identity, one in people]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(sample.class_result(*results).model_dump_json(), encoding="utf-8")
    return folder


def template(folder: Path, text: str, name: str = "book.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def cells(path: Path, delimiter: str = ",") -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


def test_canvas_gets_one_column_and_keeps_the_rest(tmp_path: Path) -> None:
    results = stored(
        tmp_path / "results",
        ("durandzoé", "41", sample.full_marks()),
        ("mullerjan", "42", sample.near_miss()),
    )
    said = export("canvas", results, template(tmp_path, CANVAS), "lab 2", None)
    before, after = cells(tmp_path / "book.csv"), cells(tmp_path / "book-graded.csv")
    changed = [(r, c) for r, row in enumerate(after) for c, text in enumerate(row) if text != before[r][c]]
    assert changed == [(2, 5), (3, 5)]
    assert (after[2][5], after[3][5]) == ("14", "7")
    assert said[0].endswith("2 of 2 results.")
    assert "In the file without a result: Test, Student." in said
    assert any("written answers" in line for line in said)


def test_students_without_an_id_are_found_by_a_name_that_fits_one_row(tmp_path: Path) -> None:
    results = stored(
        tmp_path / "results", ("Zoe_Durand", "", sample.full_marks()), ("Nobody", "", sample.near_miss())
    )
    said = export("canvas", results, template(tmp_path, CANVAS), "Lab 2 (992)", None)
    assert cells(tmp_path / "book-graded.csv")[2][5] == "14"
    assert "Without a row of their own: Nobody." in said


def test_an_id_of_another_platform_grades_nobody_else(tmp_path: Path) -> None:
    results = stored(
        tmp_path / "results",
        ("Ann Other", "42", sample.full_marks()),
        ("Zoé Durand", "7", sample.near_miss()),
    )
    said = export("canvas", results, template(tmp_path, CANVAS), "Lab 2 (992)", None)
    after = cells(tmp_path / "book-graded.csv")
    assert after[3][5] == "3"
    assert after[2][5] == "7"
    assert "Without a row of their own: Ann Other." in said


def test_two_results_for_one_row_give_one_grade(tmp_path: Path) -> None:
    results = stored(
        tmp_path / "results",
        ("Zoé Durand", "41", sample.full_marks()),
        ("durand zoe", "", sample.near_miss()),
    )
    said = export("canvas", results, template(tmp_path, CANVAS), "Lab 2 (992)", None)
    assert "Without a row of their own: durand zoe." in said


def test_undecided_results_are_left_to_a_person(tmp_path: Path) -> None:
    results = stored(
        tmp_path / "results",
        ("Jan Müller", "42", sample.undecided()),
        ("Zoé Durand", "41", sample.full_marks()),
    )
    said = export("canvas", results, template(tmp_path, CANVAS), "Lab 2 (992)", None)
    assert cells(tmp_path / "book-graded.csv")[3][5] == "3"
    assert "Undecided, left as they were: Jan Müller." in said


def test_moodle_gets_grades_and_comments_where_none_stands(tmp_path: Path) -> None:
    half = sample.near_miss().model_copy(update={"score": 7.25})
    results = stored(
        tmp_path / "results", ("Zoé Durand", "41", half), ("Jan Müller", "42", sample.full_marks())
    )
    export("moodle", results, template(tmp_path, "\ufeff" + MOODLE), None, tmp_path / "out.csv")
    first, second = cells(tmp_path / "out.csv", ";")[1:]
    assert (first[3], second[3]) == ("7,25", "14")
    assert first[5].startswith("7.25 of 14 points; 6 more are given by a person\nThe network: ")
    assert second[5] == "déjà lu"
    assert (tmp_path / "out.csv").read_text(encoding="utf-8").startswith("\ufeffIdentifiant;")


def test_names_that_moodle_hides_are_matched_by_number(tmp_path: Path) -> None:
    sheet = "Identifier,Status,Grade\nParticipant 41,Submitted,\n"
    results = stored(tmp_path / "results", ("Participant (41)", "41", sample.full_marks()))
    export("moodle", results, template(tmp_path, sheet), None, None)
    assert cells(tmp_path / "book-graded.csv")[1] == ["Participant 41", "Submitted", "14"]


def test_moodle_writes_the_group_before_the_name(tmp_path: Path) -> None:
    sheet = "Identifier,Full name,Grade\nParticipant 41,Zoé Durand,\nParticipant 42,Jean D'Arc,\nParticipant 43,Ann B,\n"
    results = stored(
        tmp_path / "results",
        ("Group 1-Zoé Durand", "41", sample.full_marks()),
        ("Group 1-Participant (42)", "42", sample.near_miss()),
        ("Group 1-Ben C", "43", sample.near_miss()),
    )
    said = export("moodle", results, template(tmp_path, sheet), None, None)
    assert [row[2] for row in cells(tmp_path / "book-graded.csv")[1:]] == ["14", "7", ""]
    assert "Without a row of their own: Group 1-Ben C." in said


def test_canvas_hides_no_names_in_its_grade_book(tmp_path: Path) -> None:
    results = stored(
        tmp_path / "results",
        ("Participant (42)", "42", sample.full_marks()),  # of Moodle
        ("anon_aB3dE", "anon_aB3dE", sample.full_marks()),
    )
    said = export("canvas", results, template(tmp_path, CANVAS), "Lab 2 (992)", None)
    assert said[0].startswith("Nothing was written")


def test_columns_that_canvas_computes_are_no_assignments(tmp_path: Path) -> None:
    sheet = "Student,ID,Lab 2 (992),Labs Current Score,Labs Unposted Final Points,Final Grade\nZoé Durand,41,,,,\n"
    results = stored(tmp_path / "results", ("Zoé Durand", "41", sample.full_marks()))
    export("canvas", results, template(tmp_path, sheet), None, None)
    assert cells(tmp_path / "book-graded.csv")[1] == ["Zoé Durand", "41", "14", "", "", ""]
    with pytest.raises(UsageError, match="0 of them fit"):
        export("canvas", results, tmp_path / "book.csv", "Labs Current Score", None)


@pytest.mark.parametrize("platform", ["canvas", "moodle"])
def test_rows_that_a_spreadsheet_cut_short_are_students(platform: str, tmp_path: Path) -> None:
    sheet = {
        "canvas": "Student,ID,Lab\nZoé Durand,41\n",
        "moodle": "Id,Full name,Grade\nParticipant 41,Zoé Durand\n",
    }
    results = stored(tmp_path / "results", ("Zoé Durand", "41", sample.full_marks()))
    export(platform, results, template(tmp_path, sheet[platform]), None, None)  # type: ignore[arg-type]
    assert cells(tmp_path / "book-graded.csv")[1][2] == "14"


def test_an_id_in_two_rows_and_a_row_that_has_its_id_elsewhere(tmp_path: Path) -> None:
    twice = template(tmp_path, "Student,ID,Lab\nAnn B,41,\nAnn B,41,\nZoé Durand,42,\n")
    results = stored(
        tmp_path / "results",
        ("Ann B", "41", sample.full_marks()),
        ("durand zoe", "", sample.near_miss()),
        ("zoédurand", "42", sample.full_marks()),  # comes later, but its id is known
    )
    said = export("canvas", results, twice, None, None)
    assert [row[2] for row in cells(tmp_path / "book-graded.csv")[1:]] == ["", "", "14"]
    assert "Without a row of their own: Ann B; durand zoe." in said


def test_commas_in_a_quoted_heading_part_nothing(tmp_path: Path) -> None:
    sheet = 'Student;ID;"Lab 2, a, b, c, d (992)"\nZoé Durand;41;\n'
    results = stored(tmp_path / "results", ("Zoé Durand", "41", sample.full_marks()))
    export("canvas", results, template(tmp_path, sheet), None, None)
    assert cells(tmp_path / "book-graded.csv", ";")[1] == ["Zoé Durand", "41", "14"]


def test_another_maximum_is_said(tmp_path: Path) -> None:
    results = stored(tmp_path / "results", ("Zoé Durand", "41", sample.full_marks()))
    said = export("canvas", results, template(tmp_path, CANVAS), "Lab 1 (991)", None)
    assert "There the maximum is 10 points, here 14 or 20: scores are not scaled." in said
    assert not any(
        "There the maximum" in line
        for line in export("moodle", results, template(tmp_path, MOODLE), None, None)
    )


@pytest.mark.parametrize(
    ("platform", "text", "column", "said"),
    [
        ("canvas", CANVAS, None, r"not clear; there are: Lab 1 \(991\), Lab 2 \(992\)\. Give one"),
        ("canvas", CANVAS, "lab", "2 of them fit"),
        ("canvas", CANVAS, "Lab 9", "0 of them fit"),
        ("canvas", MOODLE, None, r"no column for students \(Student\)"),
        ("moodle", CANVAS, None, r"no column for grades .*Name it by --column"),
        ("moodle", CANVAS, "Lab 1 (991)", "holds no participants"),
        ("canvas", "", None, "no table"),
        ("canvas", 'a,b\n"x', None, "no table"),
    ],
)
def test_other_files_are_refused_with_what_is_in_them(
    platform: str, text: str, column: str | None, said: str, tmp_path: Path
) -> None:
    results = stored(tmp_path / "results", ("Zoé Durand", "41", sample.full_marks()))
    with pytest.raises(UsageError, match=said):
        export(platform, results, template(tmp_path, text), column, None)  # type: ignore[arg-type]
    assert not (tmp_path / "book-graded.csv").exists()


def test_nothing_is_written_over_what_was_given(tmp_path: Path) -> None:
    results = stored(tmp_path / "results", ("Zoé Durand", "41", sample.full_marks()))
    book = template(tmp_path, CANVAS)
    with pytest.raises(UsageError, match="that is the template"):
        export("canvas", results, book, "Lab 2 (992)", book)
    with pytest.raises(UsageError, match="the results themselves"):
        export("gradescope", results, None, None, results / "results.json")
    with pytest.raises(UsageError, match="the results themselves"):
        export("canvas", results, book, "Lab 2 (992)", results / "results.json")
    with pytest.raises(UsageError, match="give --template"):
        export("moodle", results, None, None, None)
    with pytest.raises(UsageError, match="Run grade first"):
        export("moodle", tmp_path / "nowhere", book, None, None)


def test_a_file_that_fits_nobody_is_not_written(tmp_path: Path) -> None:
    results = stored(tmp_path / "results", ("Nobody", "", sample.full_marks()))
    said = export("canvas", results, template(tmp_path, CANVAS), "Lab 2 (992)", None)
    assert said[0].startswith("Nothing was written")
    assert not (tmp_path / "book-graded.csv").exists()


def test_gradescope_gets_a_test_for_each_check_that_a_machine_decides() -> None:
    document = json.loads(gradescope(sample.near_miss()))
    assert document["score"] == 7
    checks = [check for task in sample.near_miss().tasks for check in task.checks]
    assert len(document["tests"]) == sum(check.outcome != "pending" for check in checks)
    assert {test["status"] for test in document["tests"]} == {"passed", "failed"}
    assert sum(test["score"] for test in document["tests"]) == document["score"]


def test_gradescope_is_not_told_that_an_undecided_check_failed() -> None:
    tests = json.loads(gradescope(sample.undecided()))["tests"]
    unsure = [test for test in tests if "status" not in test]
    assert unsure
    assert all(test["output"].startswith("Undecided") for test in unsure)


def test_the_score_of_an_undecided_result_is_said_to_be_none(tmp_path: Path) -> None:
    results = stored(tmp_path / "results", ("Ann", "", sample.undecided()))
    said = export("gradescope", results, None, None, tmp_path / "gs.json")
    assert said[-1] == "Undecided: 8 to 12 points; the score there is 8."


def test_one_student_is_needed_for_gradescope(tmp_path: Path) -> None:
    results = stored(tmp_path / "results", ("A", "", sample.full_marks()), ("B", "", sample.full_marks()))
    with pytest.raises(UsageError, match="found 2"):
        export("gradescope", results, None, None, tmp_path / "gs.json")


def test_names_are_the_same_in_any_order_without_accents_and_signs() -> None:
    assert {*keys("Müller, Jan")} & {*keys("jan muller")}
    assert {*keys("Müller, Jan")} & {*keys("mullerjan")}
    assert not {*keys("Ann")} & {*keys("Anna")}
    assert may_be("Jan Müller (42)", "Müller, Jan")
    assert not may_be("Ann", "Jan")
    assert keys("陳 大文")
