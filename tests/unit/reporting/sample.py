"""Results as real ones look: full marks, a near miss, a crash, an untouched starter, an undecided one."""

from grader.judging.judge import task_outcome
from grader.schema.profile import Profile
from grader.schema.result import (
    CellRun,
    CheckResult,
    ClassResult,
    FileRun,
    Finding,
    Outcome,
    Result,
    TaskResult,
    Where,
)

from .sample_figures import figures

QUICK = Profile(
    name="quick",
    train_steps=300,
    train_samples=38_400,
    eval_samples=2000,
    cell_seconds=120,
    total_seconds=600,
    held_out=2000,
)
DATA = "Graded on 2,000 images of the CIFAR-10 test set that the notebook never saw."

# task id, task title, [(check id, check title, points, why)]
RUBRIC = (
    (
        "network",
        "The network",
        [
            (
                "layers",
                "Layers and their order",
                3.0,
                "The order of the layers decides what each one can learn.",
            ),
            (
                "parameters",
                "Number of parameters",
                1.0,
                "A count that differs means that a layer differs, even where accuracy does not show it.",
            ),
        ],
    ),
    (
        "training",
        "Training",
        [
            ("loop", "Training loop", 2.0, "Gradients add up until they are set to zero."),
            (
                "accuracy",
                "Accuracy on held-out images",
                2.0,
                "Only images not trained on tell what was learnt.",
            ),
        ],
    ),
    (
        "augmentation",
        "Data augmentation",
        [
            (
                "train",
                "Random crop and flip in training",
                1.5,
                "Every epoch should show the network other images.",
            ),
            ("test", "Centre crop in testing", 1.0, "Test images must be the same each time they are seen."),
        ],
    ),
    (
        "batch_norm",
        "Batch normalisation",
        [("place", "After each convolution, before the ReLU", 1.5, "The ReLU should cut centred values.")],
    ),
    ("schedule", "Learning-rate schedule", [("decay", "Rate decays once an epoch", 2.0, "")]),
    ("questions", "Questions 1 to 34", [("written", "Written answers", 6.0, "")]),
)
_FIXED: dict[Outcome, float] = {"passed": 1.0, "partial": 0.5}


def check(task: str, key: str, outcome: Outcome, **fields: object) -> tuple[str, CheckResult]:
    """A check of the rubric with an outcome; a partial one earns half."""
    title, points, why = next((c[1], c[2], c[3]) for t in RUBRIC for c in t[2] if (t[0], c[0]) == (task, key))
    score = points * _FIXED.get(outcome, 0.0)
    made = CheckResult.model_validate(
        {
            "id": f"{task}.{key}",
            "title": title,
            "outcome": outcome,
            "score": score,
            "max_score": points,
            "why": why,
        }
        | fields
    )
    return task, made


def result(
    student: str, slug: str, special: list[tuple[str, CheckResult]], rest: Outcome, **fields: object
) -> Result:
    """A result whose checks are `special`, and `rest` for all others; written answers are pending."""
    given = {one.id: one for _, one in special}
    tasks = []
    for name, title, checks in RUBRIC:
        made = []
        for key, *_ in checks:
            outcome: Outcome = "pending" if name == "questions" and rest != "not_attempted" else rest
            seen = "as asked" if outcome == "passed" else ""
            made.append(given.get(f"{name}.{key}") or check(name, key, outcome, observed=seen)[1])
        done = tuple(made)
        tasks.append(
            TaskResult(
                id=name,
                title=title,
                score=sum(one.score for one in done),
                max_score=sum(one.max_score for one in done),
                outcome=task_outcome(done),
                checks=done,
                judged_on="class `Net` (cell 7), trained in cell 9"
                if rest == "passed" and name != "questions"
                else "",
            )
        )
    every = [one for task in tasks for one in task.checks]
    score = sum(one.score for one in every)
    unsure = sum(one.max_score for one in every if one.outcome == "undecided")
    return Result.model_validate(
        {
            "student": student,
            "slug": slug,
            "assignment": "cifar_cnn",
            "assignment_title": "A convolutional network on CIFAR-10",
            "profile": QUICK,
            "data": DATA,
            "score": score,
            "max_score": 20.0,
            "pending_points": sum(one.max_score for one in every if one.outcome == "pending"),
            "score_range": (score, score + unsure),
            "tasks": tuple(tasks),
            "files": (file_run(),),
            "sandbox": "namespaces, no network, seccomp",
            "timings": {"execute": 71.4, "evaluate": 3.2, "judge": 0.05},
            "versions": {"grader": "0.1.0", "torch": "2.8.0", "python": "3.11.9"},
            "seed": 1234,
        }
        | fields
    )


def file_run(*trouble: CellRun, cells: int = 25) -> FileRun:
    bad = {cell.cell: cell for cell in trouble}
    runs = tuple(bad.get(n, CellRun(cell=n, seconds=0.4, status="ran")) for n in range(1, cells + 1))
    return FileRun(file="lab2.ipynb", executed="executed.ipynb", seconds=71.4, cells=runs)


def full_marks() -> Result:
    special = [
        check(
            "network",
            "layers",
            "passed",
            observed="8 of 8 layers as asked",
            expected="the 8 layers of the table",
            basis="proved",
            where=Where(file="lab2.ipynb", cell=7),
        ),
        check(
            "training",
            "accuracy",
            "passed",
            observed="62.4 % of 2,000 images",
            expected="54 % or more under this profile",
            basis="proved",
        ),
    ]
    return result("Zoé Lefèvre", "zoe-lefevre", special, "passed", figures=figures(right=True))


def near_miss() -> Result:
    special = [
        check(
            "network",
            "layers",
            "partial",
            observed="conv3 has padding 0: the image shrinks from 8 x 8 to 4 x 4",
            expected="padding 2, so that only pooling changes the size",
            basis="proved",
            where=Where(file="lab2.ipynb", cell=7, line=6),
            hint="What is the output size of a 5x5 convolution on an 8 x 8 image without padding?",
            findings=(
                Finding(title="3 convolutions of 5x5", holds=True, observed="32, 64 and 64 filters"),
                Finding(
                    title="Every convolution keeps the size",
                    holds=False,
                    observed="conv3: 8 to 4",
                    expected="8 to 8",
                ),
                Finding(
                    title="No layer after fc5",
                    holds=False,
                    observed="softmax",
                    hint="What does `nn.CrossEntropyLoss` do to its input first?",
                ),
            ),
        ),
        check(
            "network",
            "parameters",
            "blocked",
            observed="423,170 parameters",
            expected="1,191,170 parameters",
            basis="proved",
            where=Where(file="lab2.ipynb", cell=7),
        ),
        check(
            "batch_norm",
            "place",
            "failed",
            observed="conv2 is followed by ReLU; the batch norm comes after it",
            expected="convolution, batch norm, ReLU",
            basis="proved",
            where=Where(file="lab2.ipynb", cell=14, line=3),
            hint="Which values should be normalised, those before or after the ReLU?",
        ),
        check(
            "schedule",
            "decay",
            "failed",
            observed="the rate stays 0.1 in all 6 epochs",
            expected="x 0.95 per epoch",
            basis="observed",
            where=Where(file="lab2.ipynb", cell=12, line=21),
            hint="How often, and where, is `scheduler.step()` called?",
        ),
        check("augmentation", "test", "not_attempted"),
    ]
    remarks = (
        "The table in cell 20 says 71 % for the base network; 58.3 % was measured under this profile.",
    )
    return result(
        "Alice Martin", "alice-martin", special, "passed", figures=figures(right=False), remarks=remarks
    )


def crash() -> Result:
    error = "NameError: name 'optimzer' is not defined"
    trouble = [
        CellRun(cell=9, seconds=0.1, status="error", error=error),
        CellRun(cell=17, seconds=120.0, status="timeout"),
    ]
    trouble += [CellRun(cell=n, status="not_run") for n in range(18, 26)]
    special = [
        check(
            "training",
            "loop",
            "failed",
            observed=f"no training step was made; cell 9 stopped: {error}",
            expected="optimizer steps on the training images",
            basis="observed",
            where=Where(file="lab2.ipynb", cell=9, line=4),
            hint="Where is the name in line 4 first given a value?",
        ),
        check("training", "accuracy", "blocked", observed="9.8 % of 2,000 images", expected="54 % or more"),
        check("augmentation", "train", "not_attempted"),
        check("augmentation", "test", "not_attempted"),
        check("batch_norm", "place", "not_attempted"),
        check("schedule", "decay", "not_attempted"),
    ]
    return result("Björn O'Neill", "bjorn-o-neill", special, "passed", files=(file_run(*trouble),))


def untouched_starter() -> Result:
    return result("Chen Wei", "chen-wei", [], "not_attempted")


def undecided() -> Result:
    killed = CellRun(cell=9, seconds=212.0, status="killed", error="kernel killed at 15.8 of 16.0 GiB")
    special = [
        check(
            "training",
            "loop",
            "undecided",
            observed="the kernel was killed in cell 9 after 212 s at 15.8 of 16.0 GiB",
        ),
        check("training", "accuracy", "undecided", observed="no trained weights were left to measure"),
        check(
            "schedule",
            "decay",
            "failed",
            observed="the scheduler steps once per batch",
            expected="once per epoch",
            basis="observed",
            hint="What does one call of `scheduler.step()` stand for?",
        ),
    ]
    return result("Dana Ahmadi-Rahimi-Esfahani", "dana-ahmadi", special, "passed", files=(file_run(killed),))


ALL = (full_marks, near_miss, crash, untouched_starter, undecided)


def class_result(*results: Result) -> ClassResult:
    chosen = results or tuple(make() for make in ALL)
    first = chosen[0]
    return ClassResult(
        assignment=first.assignment,
        assignment_title=first.assignment_title,
        profile=first.profile,
        data=first.data,
        results=chosen,
        versions=first.versions,
    )
