"""All tasks of an assignment, judged on the best candidate: pure functions from evidence and measurements to points."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from grader.judging.candidates import Candidate, Circumstances
from grader.judging.checks.accuracy import accuracy
from grader.judging.checks.architecture import architecture
from grader.judging.checks.augmentation import augmentation_crop, augmentation_flip, augmentation_test
from grader.judging.checks.batch_norm import batch_norm_evaluation, batch_norm_place
from grader.judging.checks.dropout import dropout_evaluation, dropout_place
from grader.judging.checks.functions import functions
from grader.judging.checks.measures import bands, table_measures
from grader.judging.checks.normalization import normalization_test, normalization_train
from grader.judging.checks.parameters import parameters
from grader.judging.checks.pictured import or_pictured
from grader.judging.checks.scheduler import scheduler_each_epoch, scheduler_factor
from grader.judging.checks.table import (
    best_table,
    outputs_stored,
    table_epochs,
    table_parameters,
    table_rows,
)
from grader.judging.checks.training import training
from grader.judging.checks.transfer import (
    first_network,
    from_scratch_mode,
    from_scratch_training,
    second_network,
)
from grader.judging.contradictions import contradiction, doubted
from grader.judging.modes import Training, tell
from grader.judging.unknown import reprinted, spared
from grader.judging.verdict import Verdict, not_attempted, pending, undecided
from grader.schema.assignment import Assignment, CheckSpec, TaskSpec
from grader.schema.calibration import Calibration
from grader.schema.claims import Claims
from grader.schema.evaluation import Tried
from grader.schema.result import CheckResult, Outcome, TaskResult, Where

NOT_PASSED: frozenset[Outcome] = frozenset({"failed", "partial", "blocked", "not_attempted"})


@dataclass(frozen=True)
class Case:
    """Everything that is judged of one submission."""

    assignment: Assignment
    candidates: tuple[Candidate, ...]
    circumstances: Circumstances
    calibration: Calibration
    profile: str
    data: str  # standin or real
    contaminable: bool  # the held-out images are those of the students' test split
    untouched: bool
    weights: Mapping[str, str] = field(
        default_factory=dict
    )  # files of weights that were loaded, and their kind
    stated: tuple[Claims, ...] = ()  # by the outputs as handed in
    again: tuple[Claims, ...] = ()  # by the outputs of the rerun
    functions: Mapping[str, tuple[tuple[str, Tried], ...]] = field(
        default_factory=dict
    )  # by piece: the file and the attempt


def verdict_of(spec: CheckSpec, candidate: Candidate, case: Case) -> Verdict:
    """The judge's functions, by the kind that the rubric names."""
    names = case.assignment.layers
    kinds: dict[str, Callable[[], Verdict]] = {
        "architecture": lambda: architecture(candidate, names),
        "parameters": lambda: parameters(candidate, names),
        "training": lambda: training(candidate, case.circumstances),
        "accuracy": lambda: accuracy(
            candidate,
            case.circumstances,
            case.calibration,
            case.profile,
            case.data,
            case.contaminable,
            case.assignment.classes,
        ),
        "normalization.train": lambda: normalization_train(candidate, case.circumstances),
        "normalization.test": lambda: normalization_test(candidate, case.circumstances),
        "augmentation.crop": lambda: augmentation_crop(candidate, case.circumstances),
        "augmentation.flip": lambda: augmentation_flip(candidate, case.circumstances),
        "augmentation.test": lambda: augmentation_test(candidate, case.circumstances),
        "scheduler.each_epoch": lambda: scheduler_each_epoch(candidate, case.circumstances),
        "scheduler.factor": lambda: scheduler_factor(candidate, case.circumstances),
        "dropout.place": lambda: dropout_place(candidate, case.circumstances),
        "dropout.evaluation": lambda: dropout_evaluation(candidate, case.circumstances),
        "batch_norm.place": lambda: batch_norm_place(candidate, case.circumstances),
        "batch_norm.evaluation": lambda: batch_norm_evaluation(candidate, case.circumstances),
        "written": lambda: pending("a person grades the written answers"),
    }
    return kinds[spec.kind]()


def trainings_of(case: Case) -> list[Training]:
    told = [tell(candidate, case.weights, case.assignment.classes) for candidate in case.candidates]
    found = [one for one in told if one is not None]
    return [replace(one, before=epochs_before(one, found)) for one in found]


def doubt_of(one: Training, case: Case) -> str:
    """Classifiers on features are trained on no images."""
    features = one.candidate.backbone is not None or one.candidate.fit is not None
    return "" if features else contradiction(one.candidate, case.assignment.classes)


def epochs_before(one: Training, trainings: Sequence[Training]) -> int:
    """Of the stages of the same module that were run in the same cell before it."""
    total, name = 0, one.candidate.network.goes_on_from
    for other in reversed(trainings):
        if other.candidate.network.id == name and other.place == one.place:
            total, name = total + (other.epochs or 0), other.candidate.network.goes_on_from
    return total


def verdict_of_all(spec: CheckSpec, trainings: Sequence[Training], case: Case) -> Verdict | None:
    """Checks that look at all trainings, or at the outputs, and not at one network. None: it is none of them."""
    around = case.circumstances
    table, file, handed_in = best_table(case.stated, case.again)
    kinds: dict[str, Callable[[], Verdict]] = {
        "from_scratch.mode": lambda: from_scratch_mode(trainings, around),
        "from_scratch.training": lambda: from_scratch_training(trainings, around),
        "feature_extraction.first": lambda: first_network(trainings, "feature_extraction", around),
        "feature_extraction.second": lambda: second_network(trainings, "feature_extraction", around),
        "finetuning.first": lambda: first_network(trainings, "finetuning", around),
        "finetuning.second": lambda: second_network(trainings, "finetuning", around),
        "table.rows": lambda: or_pictured(table_rows(table, file), table, case.stated),
        "table.parameters": lambda: or_pictured(
            table_parameters(table, file, trainings, around), table, case.stated
        ),
        "table.epochs": lambda: table_epochs(trainings, around, case.stated),
        "table.measures": lambda: or_pictured(
            table_measures(
                table, file, handed_in, trainings, bands(case.calibration, case.profile, case.data)
            ),
            table,
            case.stated,
        ),
        "functions": lambda: functions(spec.pieces, case.assignment.pieces, case.functions, around),
        "outputs.stored": lambda: outputs_stored(case.stated, case.again),
    }
    if spec.kind not in kinds:
        return None
    verdict = kinds[spec.kind]()
    return reprinted(verdict, around) if spec.kind.startswith("table.") and not handed_in else verdict


def judge_task(task: TaskSpec, case: Case) -> tuple[TaskResult, Candidate | None]:
    """Judge a task on every candidate; the one that earns most stands for it."""
    whole = [verdict_of_all(spec, trainings_of(case), case) for spec in task.checks]
    if all(verdict is not None for verdict in whole):
        doubt = next(filter(None, (doubt_of(one, case) for one in trainings_of(case))), "")
        verdicts = [
            spared(doubted(v, doubt) if v.basis == "observed" else v, spec.kind, None, case.circumstances)
            for spec, v in zip(task.checks, whole, strict=True)
            if v is not None
        ]
        return result_of(task, verdicts, None), None
    networks = [candidate for candidate in case.candidates if candidate.fit is None]
    tried = [(judge_on(task, candidate, case), candidate) for candidate in networks]
    if not tried:
        return result_of(task, [nothing_seen(spec, case) for spec in task.checks], None), None
    best, candidate = max(tried, key=lambda pair: standing(task, *pair))
    return best, candidate


def standing(task: TaskSpec, result: TaskResult, candidate: Candidate) -> tuple[float, ...]:
    """What makes one candidate stand before another: points, points still possible, its heading, training."""
    own = bool(task.heading) and any(re.search(task.heading, text) for text in candidate.headings)
    open_points = sum(c.max_score for c in result.checks if c.outcome == "undecided")
    steps = candidate.run.steps if candidate.run else 0
    return (
        round(result.score + 0.5 * open_points, 6),
        result.score,
        float(own),
        float(steps > 0),
        float(min(steps, 10**6)),
    )


def judge_on(task: TaskSpec, candidate: Candidate, case: Case) -> TaskResult:
    doubt = contradiction(candidate, case.assignment.classes)
    verdicts = [
        spared(
            doubted(verdict_of(s, candidate, case), doubt, s.kind == "accuracy"),
            s.kind,
            candidate,
            case.circumstances,
        )
        for s in task.checks
    ]
    return result_of(task, verdicts, candidate)


def nothing_seen(spec: CheckSpec, case: Case) -> Verdict:
    """No network was fed images of this lab."""
    if spec.kind == "written":
        return pending("a person grades the written answers")
    if case.circumstances.hidden_by and not case.untouched:
        return undecided(f"no network could be judged; {case.circumstances.hidden_by}")
    if case.untouched:
        return not_attempted("the starter was handed in as it was")
    errors = case.circumstances.errors
    text = "no network was fed images of this lab"
    if errors:
        return not_attempted(f"{text}; the first error was {errors[0][1]}", where=errors[0][0])
    return not_attempted(text, hint="Which line calls the function that trains, and when is it reached?")


def result_of(task: TaskSpec, verdicts: list[Verdict], candidate: Candidate | None) -> TaskResult:
    """Give points, and call `blocked` what a check it requires explains."""
    results: dict[str, CheckResult] = {}
    for spec, verdict in zip(task.checks, verdicts, strict=True):
        outcome = verdict.outcome
        behind = [results[i] for i in spec.requires if i in results and results[i].outcome in NOT_PASSED]
        observed = verdict.observed
        measured = outcome == "undecided" and verdict.basis is not None  # for want of a band, say
        if (outcome in ("failed", "partial") or measured) and behind:
            observed += f" (explained by: {', '.join(b.title for b in behind)})"
            outcome = "blocked"
        results[spec.id] = CheckResult(
            id=spec.id,
            title=spec.title,
            outcome=outcome,
            score=round(verdict.fraction * spec.points, 2),
            max_score=spec.points,
            observed=observed,
            expected=verdict.expected,
            hint=verdict.hint,
            why=spec.why,
            where=verdict.where,
            basis=verdict.basis,
            findings=verdict.findings,
        )
    checks = tuple(results.values())
    return TaskResult(
        id=task.id,
        title=task.title,
        score=round(sum(c.score for c in checks), 2),
        max_score=task.points,
        outcome=task_outcome(checks),
        checks=checks,
        judged_on=candidate.title if candidate else "",
        accuracy=candidate.facts.measured.accuracy if candidate and candidate.facts.measured else None,
        where=candidate.place() if candidate else None,
    )


def task_outcome(checks: tuple[CheckResult, ...]) -> Outcome:
    """One word for a task: undecided and pending before all, then by points."""
    outcomes = {check.outcome for check in checks}
    for special in ("undecided", "pending"):
        if special in outcomes:
            return special
    if outcomes == {"passed"}:
        return "passed"
    if "not_attempted" in outcomes and outcomes <= {"not_attempted", "blocked"}:
        return "not_attempted"
    return "partial" if any(check.score for check in checks) else "failed"


def judge(case: Case) -> tuple[tuple[TaskResult, ...], Candidate | None]:
    """All tasks, and the candidate that the first automatic task was judged on (for the figures)."""
    tasks, shown = [], None
    for task in case.assignment.tasks:
        result, candidate = judge_task(task, case)
        tasks.append(result)
        shown = shown or candidate
    return tuple(tasks), shown


def score_range(tasks: tuple[TaskResult, ...]) -> tuple[float, float]:
    """The score if every undecided point is lost, and if every one is earned. Pending points are in neither."""
    low = sum(c.score for t in tasks for c in t.checks if c.outcome != "undecided")
    high = sum(c.max_score if c.outcome == "undecided" else c.score for t in tasks for c in t.checks)
    return round(low, 2), round(high, 2)


def first_errors(cells: list[tuple[str, int, str]]) -> tuple[tuple[Where, str], ...]:
    """(file, cell counted from 1, message) as places."""
    return tuple((Where(file=file, cell=cell), message) for file, cell, message in cells)
