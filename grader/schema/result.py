"""What a student, an instructor and an LMS read. JSON Schema is generated from `Result` and `ClassResult`."""

from typing import Literal

from pydantic import Field

from grader.schema.base import Model
from grader.schema.profile import Profile

SCHEMA_VERSION = "1"

Outcome = Literal["passed", "partial", "failed", "not_attempted", "blocked", "pending", "undecided"]
Basis = Literal["proved", "observed", "claimed"]


class Where(Model):
    """A place in a student's file. Cells count from 1 over all cells of the notebook; lines from 1 in the cell."""

    file: str
    cell: int | None = None
    line: int | None = None


class Finding(Model):
    """One sentence of a check: a condition, whether it holds (None: could not be seen), and what was seen."""

    title: str
    holds: bool | None
    observed: str
    expected: str = ""
    hint: str = ""


class Decision(Model):
    """A person gave a check's points. Kept beside it: what the grader had said before."""

    comment: str = ""
    outcome: Outcome
    score: float = Field(ge=0)


class CheckResult(Model):
    """The verdict on one property. `blocked`: below what is expected, explained by a check it requires."""

    id: str
    title: str
    outcome: Outcome
    score: float = Field(ge=0)  # points
    max_score: float = Field(ge=0)  # points
    observed: str = ""
    expected: str = ""
    hint: str = ""
    why: str = ""
    where: Where | None = None
    basis: Basis | None = None
    findings: tuple[Finding, ...] = ()
    decision: Decision | None = None  # None: the grader decided, or nobody has yet


class TaskResult(Model):
    """A task's points, and which model stood for it."""

    id: str
    title: str
    score: float = Field(ge=0)
    max_score: float = Field(ge=0)
    outcome: Outcome
    checks: tuple[CheckResult, ...]
    judged_on: str = ""  # e.g. "class Net (cell 7), trained in cell 9"
    accuracy: float | None = (
        None  # of that model on held-out images, 0..1; no technique passes or fails by it
    )
    where: Where | None = None


class LayerRow(Model):
    """One line of the layer table, expected against found. Either side is empty for a missing or an extra layer."""

    name: str  # the statement's name, "" for an extra layer
    expected: str
    expected_shape: str
    expected_parameters: int | None
    found: str
    found_shape: str
    found_parameters: int | None
    verdict: Literal["equal", "differs", "missing", "extra"]
    note: str = ""


class Curve(Model):
    """A line of a plot: loss or rate at each recorded step."""

    title: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    x_label: str
    y_label: str


class Confusion(Model):
    """Rows: true class; columns: predicted class; counts of held-out images."""

    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


class Figures(Model):
    """What the feedback page draws, for the model that was judged."""

    layers: tuple[LayerRow, ...] = ()
    curves: tuple[Curve, ...] = ()
    confusion: Confusion | None = None


class CellRun(Model):
    """What became of one code cell."""

    cell: int
    seconds: float | None = None
    status: Literal["ran", "error", "timeout", "killed", "not_run"]
    error: str = ""  # one line: exception name and message; of a cell that ran, what became of its outputs


class FileRun(Model):
    """What became of one notebook or script."""

    file: str
    executed: str  # path of the executed notebook, relative to the student's result folder
    seconds: float
    cells: tuple[CellRun, ...]


class Statement(Model):
    """A number that the handed-in outputs state, beside what was measured. No points depend on it."""

    verdict: Literal["consistent", "contradicted", "absent"]  # contradicted: a person should look
    sentence: str
    where: Where


class Result(Model):
    """One student's result: result.json."""

    schema_version: str = SCHEMA_VERSION
    student: str
    slug: str
    handed_in: str = (
        ""  # digest of the files: tells a person's decision on an earlier hand-in from one on this
    )
    lms_id: str = ""  # Moodle's participant or Canvas's user, where the names of a bulk download told it
    assignment: str
    assignment_title: str
    profile: Profile
    data: str  # a sentence: which images graded the student
    score: float = Field(ge=0)  # points earned so far
    max_score: float = Field(gt=0)  # all points of the rubric
    pending_points: float = Field(ge=0)  # points a person still gives; in max_score, not in score_range
    score_range: tuple[float, float]  # score if every undecided point is lost / earned
    tasks: tuple[TaskResult, ...]
    remarks: tuple[str, ...] = ()
    statements: tuple[Statement, ...] = ()
    files: tuple[FileRun, ...] = ()
    figures: Figures = Figures()
    sandbox: str = "none"
    timings: dict[str, float] = {}  # seconds per stage
    versions: dict[str, str] = {}
    seed: int

    @property
    def decided(self) -> bool:
        """No check is undecided; pending written answers do not count."""
        return all(check.outcome != "undecided" for task in self.tasks for check in task.checks)


class ClassResult(Model):
    """The class: results.json."""

    schema_version: str = SCHEMA_VERSION
    assignment: str
    assignment_title: str
    profile: Profile
    data: str
    results: tuple[Result, ...]
    not_graded: tuple[
        str, ...
    ] = ()  # students of this run without a result of it: a fault of ours, nothing stored
    versions: dict[str, str] = {}
