"""review.csv: what waits is listed, what a person writes into it counts, and nothing of it is lost."""

import csv
from pathlib import Path

import pytest

from grader.errors import UsageError
from grader.pipeline import review
from grader.review import COLUMNS, SHEET, decisions_on, read_review, write_review
from grader.schema.result import ClassResult, Result
from grader.store import read_model
from tests.unit.reporting import sample


def rows(out: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with (out / SHEET).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def write(out: Path, lines: list[dict[str, str]], delimiter: str = ",", encoding: str = "utf-8-sig") -> None:
    with (out / SHEET).open("w", encoding=encoding, newline="") as file:
        sheet = csv.DictWriter(file, COLUMNS, delimiter=delimiter, lineterminator="\r\n")
        sheet.writeheader()
        sheet.writerows(lines)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Results of a class as `grade` leaves them, with a fresh sheet."""
    results = tuple(one.model_copy(update={"handed_in": "abc"}) for one in sample.class_result().results)
    graded = sample.class_result(*results)
    (tmp_path / "results.json").write_text(graded.model_dump_json(), encoding="utf-8")
    for one in results:
        (tmp_path / one.slug).mkdir()
        (tmp_path / one.slug / "result.json").write_text(one.model_dump_json(), encoding="utf-8")
    write_review(tmp_path, results, read_review(tmp_path))
    return tmp_path


def result(out: Path, slug: str) -> Result:
    found = read_model(out / slug / "result.json", Result)
    assert found is not None
    return found


def test_every_mark_that_waits_has_a_row_with_its_page(out: Path) -> None:
    graded = read_model(out / "results.json", ClassResult)
    assert graded is not None
    waiting = [
        (one.slug, t.id, c.id) for one in graded.results for t in one.tasks for c in t.checks
        if c.outcome in ("pending", "undecided")
    ]  # fmt: skip
    found = rows(out)
    assert [(row["folder"], row["task"], row["check"]) for row in found] == waiting
    assert all(
        row["points"] == "" and row["page"].startswith(f"{row['folder']}/feedback.html#t") for row in found
    )


def test_points_and_comments_reach_results_pages_and_the_grade_book(out: Path) -> None:
    lines = rows(out)
    slug = lines[0]["folder"]
    before = result(out, slug).score
    lines[0] |= {"points": "2,5", "comment": "Why <b>28</b>?"}
    write(out, lines)
    graded, said = review(out)
    assert result(out, slug).score == before + 2.5
    assert next(one for one in graded.results if one.slug == slug) == result(out, slug)
    page = (out / slug / "feedback.html").read_text(encoding="utf-8")
    assert "A person gave 2.5 of" in page
    assert "Why &lt;b&gt;28&lt;/b&gt;?" in page
    assert str(before + 2.5) in (out / "gradebook.csv").read_text(encoding="utf-8-sig")
    assert f"1 mark settled by a person, {len(lines) - 1} waiting" in said[0]
    assert rows(out)[0]["points"] == "2.5"
    assert rows(out)[0]["comment"] == "Why <b>28</b>?"


def test_points_that_are_cleared_leave_the_mark_to_the_grader_again(out: Path) -> None:
    lines = rows(out)
    before = result(out, lines[0]["folder"])
    write(out, [lines[0] | {"points": "1"}, *lines[1:]])
    review(out)
    assert result(out, lines[0]["folder"]) != before
    write(out, lines)
    review(out)
    assert result(out, lines[0]["folder"]) == before


def test_a_row_that_is_added_overrules_the_grader(out: Path) -> None:
    slug = sample.near_miss().slug
    failed = next((t.id, c) for t in result(out, slug).tasks for c in t.checks if c.outcome == "failed")
    line = dict.fromkeys(COLUMNS, "") | {"folder": slug, "task": failed[0], "check": failed[1].id}
    write(out, [*rows(out), line | {"points": str(failed[1].max_score), "comment": "It is right."}])
    review(out)
    now = next(
        c for t in result(out, slug).tasks for c in t.checks if (t.id, c.id) == (failed[0], failed[1].id)
    )
    assert now.outcome == "passed"
    assert "The grader had given" in (out / slug / "feedback.html").read_text(encoding="utf-8")
    assert any(row["check"] == failed[1].id and row["folder"] == slug for row in rows(out))


def test_a_decision_on_another_hand_in_is_asked_for_again(out: Path) -> None:
    lines = rows(out)
    slug = lines[0]["folder"]
    write(out, [lines[0] | {"points": "3", "comment": "good"}, *lines[1:]])
    anew = result(out, slug).model_copy(update={"handed_in": "new"})
    found = read_review(out)
    assert not decisions_on(anew, found)
    write_review(out, [anew], found)
    line = next(row for row in rows(out) if row["folder"] == slug and row["check"] == lines[0]["check"])
    assert line["points"] == ""
    assert line["comment"] == "[3 points for an earlier hand-in] good"


def test_decisions_on_students_who_are_not_there_are_kept(out: Path) -> None:
    line = rows(out)[0] | {"folder": "gone", "points": "1"}
    write(out, [*rows(out), line])
    _, said = review(out)
    assert said[1] == 'No results in a folder "gone": its rows are kept and count for nobody.'
    assert any(row["folder"] == "gone" and row["points"] == "1" for row in rows(out))


def test_a_sheet_as_excel_saves_it_is_read_and_stays_so(out: Path) -> None:
    lines = rows(out)
    write(out, [lines[0] | {"points": "1,5", "comment": "déjà vu"}, *lines[1:]], ";", "cp1252")
    review(out)
    assert rows(out, ";")[0]["comment"] == "déjà vu"
    assert rows(out, ";")[0]["points"] == "1.5"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"points": "many"}, 'row 2: points = "many"; must be a number, or empty.'),
        ({"points": "400"}, "row 2: points = 400; must be from 0 to"),
        ({"points": "-1"}, "row 2: points = -1; must be from 0 to"),
        ({"points": "nan"}, "row 2: points = nan; must be from 0 to"),
        ({"points": "1", "check": "no_such"}, 'row 2: no check "no_such" in a task'),
    ],
)
def test_mistakes_are_named_and_nothing_is_changed(changed: dict[str, str], message: str, out: Path) -> None:
    lines = rows(out)
    write(out, [lines[0] | changed, *lines[1:]])
    held, sheet = (out / "results.json").read_bytes(), (out / SHEET).read_bytes()
    with pytest.raises(UsageError) as raised:
        review(out)
    assert message in str(raised.value)
    assert ((out / "results.json").read_bytes(), (out / SHEET).read_bytes()) == (held, sheet)


def test_a_table_of_something_else_is_refused(out: Path) -> None:
    (out / SHEET).write_text("a,b\n1,2\n")
    with pytest.raises(UsageError, match="no column folder, task, check, points"):
        review(out)


def test_without_results_there_is_nothing_to_review(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no results\.json of this version there"):
        review(tmp_path)


def test_where_nothing_waits_no_sheet_is_written(tmp_path: Path) -> None:
    done = sample.full_marks()
    done = done.model_copy(update={"tasks": tuple(t for t in done.tasks if t.outcome == "passed")})
    assert write_review(tmp_path, [done], read_review(tmp_path)) == 0
    assert not (tmp_path / SHEET).exists()


def test_texts_of_students_are_no_formulas(tmp_path: Path) -> None:
    evil = sample.undecided().model_copy(update={"student": "=cmd()", "slug": "evil"})
    write_review(tmp_path, [evil], read_review(tmp_path))
    assert rows(tmp_path)[0]["student"] == "'=cmd()"
