"""index.html: every student, what failed most, whom to look at; one script that the policy names."""

from grader.reporting import overview
from grader.reporting.class_page import render_class
from grader.reporting.environment import source_hash

from . import sample
from .page_reader import PageReader


def test_page_is_well_formed_and_names_everyone() -> None:
    whole = sample.class_result()
    page = PageReader(render_class(whole))
    assert page.problems == []
    for result in whole.results:
        assert result.student in page.text
        assert f"./{result.slug}/feedback.html" in page.links


def test_policy_names_the_script_and_the_style() -> None:
    page = PageReader(render_class(sample.class_result()))
    assert f"script-src {source_hash(page.inline['script'])}" in page.policy
    assert f"style-src {source_hash(page.inline['style'])}" in page.policy
    assert "unsafe" not in page.policy


def test_undecided_students_are_listed_for_a_person() -> None:
    page = PageReader(render_class(sample.class_result()))
    assert "A person must look" in page.text
    assert "1 student has an undecided check" in page.text
    assert "8 to 12" in page.text
    assert "Nothing is undecided" in PageReader(render_class(sample.class_result(sample.full_marks()))).text


def test_checks_that_cost_most_come_first_and_consequences_do_not_count() -> None:
    missed = overview.most_missed(sample.class_result().results)
    assert missed[0].check == "Rate decays once an epoch"
    assert (missed[0].failed, missed[0].not_attempted, missed[0].judged) == (2, 2, 5)
    parameters = next(entry for entry in missed if entry.check == "Number of parameters")
    assert parameters.short == 0  # blocked once: the layers' fault


def test_every_column_sorts_by_a_button_and_every_cell_has_a_key() -> None:
    page = render_class(sample.class_result())
    head, body = page.split("<tbody>")[0], page.split("<tbody>")[1].split("</tbody>")[0]
    columns = head.count("data-kind=")
    assert head.count('<button type="button">') == columns
    assert body.count("data-key=") == 5 * columns


def test_an_empty_class_gives_a_page() -> None:
    empty = sample.class_result().model_copy(update={"results": ()})
    assert PageReader(render_class(empty)).problems == []


def test_undecided_checks_of_one_reason_share_a_line() -> None:
    reasons = [
        "lab.rar: an archive, not looked into",
        "",
        "lab.rar: an archive, not looked into",
        "too few images",
    ]
    one = sample.untouched_starter()
    tasks = []
    for task in one.tasks:
        checks = tuple(
            check.model_copy(update={"outcome": "undecided", "observed": reasons.pop(0)})
            if reasons
            else check
            for check in task.checks
        )
        tasks.append(task.model_copy(update={"checks": checks}))
    (found,) = overview.doubts((one.model_copy(update={"tasks": tuple(tasks)}),))
    assert [(doubt.reason, len(doubt.checks), doubt.points) for doubt in found[1]] == [
        ("lab.rar: an archive, not looked into", 2, 5.0),
        ("", 1, 1.0),
        ("too few images", 1, 2.0),
    ]
