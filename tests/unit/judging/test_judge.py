"""Tasks: which candidate stands for one, what explains what, and how points add up."""

from dataclasses import replace
from typing import Any

import pytest
from torch import nn

from grader.judging.candidates import Candidate, Circumstances, candidates_of
from grader.judging.figures import figures_of
from grader.judging.judge import Case, first_errors, judge, result_of, score_range
from grader.judging.verdict import Verdict, graded, not_attempted, pending, undecided
from grader.schema.assignment import Assignment, TaskSpec
from grader.schema.calibration import Calibration
from grader.schema.evaluation import NetworkFacts
from grader.schema.evidence import Evidence, Fit, Place
from grader.schema.result import TaskResult
from tests.unit.judging.networks import NAMES, SANE, TABLE, Small, a_phase, a_run, candidate_of, seen
from tests.unit.judging.test_accuracy import reached


def check(kind: str, points: float, *requires: str) -> dict[str, Any]:
    return {"id": kind, "title": kind.title(), "kind": kind, "points": points, "requires": requires}


NETWORK = TaskSpec(
    id="network",
    title="The network",
    checks=(
        check("architecture", 5),
        check("parameters", 2, "architecture"),
        check("training", 4),
        check("accuracy", 3, "architecture", "training"),
    ),
)
QUESTIONS = TaskSpec(id="questions", title="Questions", checks=(check("written", 6),))
ASSIGNMENT = Assignment(
    id="lab",
    title="A lab",
    dataset="cifar10",
    reference="reference.cifar_net:CifarNet",
    classes=10,
    layers=NAMES,
    max_score=20,
    recognise=({"pattern": "x", "weight": 1},),
    tasks=(NETWORK, QUESTIONS),
)


def case(*candidates: Candidate, **changes: Any) -> Case:
    fields: dict[str, Any] = {
        "circumstances": Circumstances(),
        "calibration": Calibration(runs=(reached(),)),
        "profile": "quick",
        "data": "standin",
        "contaminable": False,
        "untouched": False,
    }
    return Case(assignment=ASSIGNMENT, candidates=candidates, **(fields | changes))


def outcomes(tasks: tuple[TaskResult, ...]) -> list[str]:
    return [check.outcome for check in tasks[0].checks]


def results(*verdicts: Verdict) -> TaskResult:
    return result_of(NETWORK, list(verdicts), None)


def test_a_right_lab_earns_all_points_but_those_that_a_person_gives() -> None:
    tasks, shown = judge(case(SANE))
    assert outcomes(tasks) == ["passed"] * 4
    assert [task.score for task in tasks] == [14, 0]
    assert [task.outcome for task in tasks] == ["passed", "pending"]
    assert score_range(tasks) == (14, 14)
    assert shown is SANE
    assert tasks[0].judged_on == "class Net (cell 7), trained in cell 9"


def test_the_best_candidate_stands_for_the_task() -> None:
    wrong = candidate_of(Small(conv1=nn.Conv2d(3, 4, 3, padding=1)))
    untrained = replace(SANE, run=None, facts=NetworkFacts(measured=None))
    for order in ((wrong, untrained, SANE), (SANE, untrained, wrong)):
        tasks, shown = judge(case(*order))
        assert shown is SANE
        assert tasks[0].outcome == "passed"


def test_among_equals_the_one_trained_longer_stands() -> None:
    longer = replace(SANE, run=a_run(steps=5000))
    assert judge(case(SANE, longer, SANE))[1] is longer


def test_among_equals_one_under_the_tasks_own_heading_stands_even_if_trained_less() -> None:
    own = NETWORK.model_copy(update={"heading": "(?i)part 2"})
    lab = ASSIGNMENT.model_copy(update={"tasks": (own,)})
    longer = replace(SANE, run=a_run(steps=999), headings=("Part 3",), file="longer.ipynb")
    headed = replace(SANE, headings=("The network", "PART 2"), file="headed.ipynb")
    tasks, _ = judge(replace(case(longer, headed), assignment=lab))
    assert tasks[0].where is not None
    assert tasks[0].where.file == "headed.ipynb"


def test_a_classifier_of_scikit_learn_is_no_network_of_a_task() -> None:
    fit = Fit(kind="SVC", samples=9, features=4, weights=None, place=Place(), running=1, phases=0)
    tasks, _ = judge(case(replace(SANE, fit=fit, run=None)))
    assert tasks[0].outcome == "not_attempted"


def test_a_check_below_expectation_is_blocked_by_what_it_requires() -> None:
    wrong = candidate_of(Small(fc3=nn.Linear(24, 8), fc4=nn.Linear(8, 10)))
    tasks, _ = judge(case(wrong))
    assert outcomes(tasks) == ["partial", "blocked", "passed", "passed"]
    blocked = tasks[0].checks[1]
    assert blocked.observed.endswith("(explained by: Architecture)")
    assert blocked.score == 1.0  # its own partial credit stays


def test_a_passed_check_is_never_blocked() -> None:
    task = results(graded(0.5, ""), graded(1.0, ""), graded(0.0, ""), graded(1.0, ""))
    assert [c.outcome for c in task.checks] == ["partial", "passed", "failed", "passed"]


def test_what_could_not_be_seen_stays_undecided_behind_a_lost_prerequisite() -> None:
    task = results(graded(0.5, ""), graded(1.0, ""), graded(0.0, ""), undecided(""))
    assert task.checks[3].outcome == "undecided"
    assert score_range((task,)) == (4.5, 7.5)


def test_undecided_and_pending_show_on_the_task() -> None:
    task = results(undecided(""), graded(0.5, ""), graded(1.0, ""), graded(0.2, ""))
    assert task.outcome == "undecided"
    assert [c.outcome for c in task.checks] == ["undecided", "partial", "passed", "partial"]
    assert results(*[not_attempted("")] * 4).outcome == "not_attempted"
    assert results(*[graded(0.0, "")] * 4).outcome == "failed"
    assert results(pending(""), *[graded(1.0, "")] * 3).outcome == "pending"


def test_the_range_spans_what_is_undecided() -> None:
    task = results(undecided(""), graded(0.5, ""), graded(1.0, ""), graded(0.5, ""))
    assert task.score == 6.5
    assert score_range((task,)) == (6.5, 11.5)


@pytest.mark.parametrize(
    ("changes", "outcome", "said"),
    [
        ({}, "not_attempted", "no network was fed images of this lab"),
        ({"untouched": True}, "not_attempted", "the starter was handed in as it was"),
        ({"circumstances": Circumstances(faults=("the kernel died",))}, "undecided", "the kernel died"),
        ({"circumstances": Circumstances(interrupted="cell 2: late")}, "undecided", "cell 2: late"),
        (
            {"circumstances": Circumstances(errors=first_errors([("lab.ipynb", 3, "NameError: x")]))},
            "not_attempted",
            "the first error was NameError: x",
        ),
    ],
)
def test_without_a_network_the_reason_is_told(changes: dict[str, Any], outcome: str, said: str) -> None:
    tasks, shown = judge(case(**changes))
    assert outcomes(tasks) == [outcome] * 4
    assert said in tasks[0].checks[0].observed
    assert tasks[1].outcome == "pending"
    assert shown is None


def test_code_that_defines_all_and_runs_nothing_is_asked_what_calls_it() -> None:
    tasks, _ = judge(case())
    assert tasks[0].checks[0].hint == "Which line calls the function that trains, and when is it reached?"


def test_an_untouched_starter_is_not_excused_by_a_fault() -> None:
    tasks, _ = judge(case(untouched=True, circumstances=Circumstances(faults=("x",))))
    assert outcomes(tasks) == ["not_attempted"] * 4


def test_only_networks_that_were_fed_the_labs_images_are_candidates() -> None:
    grey = seen(Small()).model_copy(update={"id": "net1", "input_shape": (2, 1, 8, 8)})
    flat = seen(Small()).model_copy(update={"id": "net2", "input_shape": (2, 192)})
    evidence = Evidence(networks=(seen(Small()), grey, flat), runs=(a_run(),))
    (found,) = candidates_of("lab.ipynb", evidence, {}, {}, {"net0": TABLE}, {"3x8x8": TABLE}, 3)
    assert (found.network.id, found.reference, found.run) == ("net0", TABLE, a_run())
    assert not found.evaluated


def test_figures_are_drawn_from_whatever_is_known() -> None:
    assert figures_of(None, NAMES, ()).layers == ()
    figures = figures_of(SANE, NAMES, ("one",))
    assert [row.verdict for row in figures.layers] == ["equal"] * 6
    assert figures.curves[0].y == tuple(value for _, value in a_run().losses)
    assert figures.confusion is not None
    assert figures_of(replace(SANE, graph=None, run=None), NAMES, ()).curves == ()


def test_a_copy_that_is_tested_counts_for_the_network_it_was_copied_from() -> None:
    networks = tuple(seen(Small()).model_copy(update={"id": name}) for name in ("net0", "net1"))
    training = a_phase(kind="train", split="train", training_mode=True)
    copied = a_phase(network="net1")
    for phases, expected in (((training, copied), 2), ((copied, training), 1)):
        evidence = Evidence(networks=networks, runs=(a_run(),), phases=phases)
        found = candidates_of("lab.ipynb", evidence, {}, {}, {}, {}, 3)
        assert len(found[0].phases) == expected
