"""An assignment: what students are asked for, and how it is marked. Read from assignments/<id>/assignment.toml."""

from typing import Literal

from pydantic import Field, TypeAdapter

from grader.schema.base import Model

CheckKind = Literal[
    "architecture",
    "parameters",
    "training",
    "accuracy",
    "normalization.train",
    "normalization.test",
    "augmentation.crop",
    "augmentation.flip",
    "augmentation.test",
    "scheduler.each_epoch",
    "scheduler.factor",
    "dropout.place",
    "dropout.evaluation",
    "batch_norm.place",
    "batch_norm.evaluation",
    "from_scratch.mode",
    "from_scratch.training",
    "feature_extraction.first",
    "feature_extraction.second",
    "finetuning.first",
    "finetuning.second",
    "table.rows",
    "table.parameters",
    "table.epochs",
    "table.measures",
    "outputs.stored",
    "functions",
    "written",
]
RandomKind = Literal["dropout", "mixup", "xavier_linear", "xavier_conv"]
FUNCTION = r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$"  # module:function, importable
TrialValue = bool | int | float | str  # a number, or a recipe for a tensor (datasets/trials.py)


class CheckSpec(Model):
    """One property that is marked. `kind` names the judge's function; `why` tells a student why it matters."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_.]*$")
    title: str
    kind: CheckKind
    points: float = Field(ge=0)
    why: str = ""
    requires: tuple[str, ...] = ()  # ids of checks in the same task whose failure explains this one's
    pieces: tuple[str, ...] = ()  # of kind "functions": the pieces that it is the sum of


class PieceSpec(Model):
    """A function that students write, told by what it does. The first trial's keys are its arguments, in order."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    function: str = Field(pattern=FUNCTION)  # what is right
    accept: tuple[str, ...] = ()  # and what is as right
    names: str  # regular expression: a function that is called so is meant as this piece
    trials: tuple[dict[str, TrialValue], ...] = Field(min_length=1, max_length=20)
    also: dict[
        str, TrialValue
    ] = {}  # arguments that a function may ask for beside these; words: probe/arrays.py
    outputs: tuple[str, ...] = ("result",)  # what the function returns, in words
    random: RandomKind | None = None  # what it gives is drawn: its properties are looked at, not its values
    repeats: int = Field(default=1, ge=1, le=500)  # calls with each trial
    library: tuple[
        str, ...
    ] = ()  # functions of PyTorch that do the piece's work: it is to be written without them
    mistakes: tuple[str, ...] = ()  # functions whose docstring says what is wrong with them


class TaskSpec(Model):
    """A task carries points: the sum of its checks."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    heading: str = (
        ""  # regular expression: among equally good networks, one trained under such a heading stands for it
    )
    checks: tuple[CheckSpec, ...] = Field(min_length=1)

    @property
    def points(self) -> float:
        return sum(check.points for check in self.checks)


class Cue(Model):
    """A regular expression over a notebook's code and text that speaks for this assignment."""

    pattern: str
    weight: float = Field(gt=0)


class LayerName(Model):
    """The name the statement gives to one unit of the reference network, in order."""

    name: str
    unit: str = ""


class Assignment(Model):
    """The whole rubric of one lab."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    dataset: Literal["cifar10", "mnist"]
    reference: str | None = Field(
        default=None, pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$"
    )  # module:class, importable, no arguments; None: the lab asks for no network in particular
    comparison: str | None = Field(
        default=None, pattern=r"^[A-Za-z_][\w.]*$"
    )  # module whose `compare` trains the lab's approaches and whose `approaches` says which, for `grade calibrate`
    classes: int = Field(ge=2)
    layers: tuple[str, ...] = ()  # the statement's names for the reference's units, in order
    pretrained: bool = False  # large networks with published weights: the quick profile gives them few steps
    max_score: float = Field(gt=0)
    ceiling: float | None = Field(
        default=None, gt=0, le=1
    )  # no network of this lab is expected to reach more
    recognise: tuple[Cue, ...] = Field(min_length=1)
    pieces: tuple[PieceSpec, ...] = ()
    roles: dict[str, tuple[str, ...]] = {}  # of arguments of pieces: other names
    tasks: tuple[TaskSpec, ...] = Field(min_length=1)
    helper_files: tuple[
        str, ...
    ] = ()  # files of the assignment folder that students may expect beside a notebook
    starter: str | None = None  # the starter notebook, for recognising an untouched hand-in

    @property
    def looks_at_images(self) -> bool:
        """Some mark depends on the course's images."""
        kinds = {check.kind for task in self.tasks for check in task.checks}
        return bool(kinds - {"functions", "written", "outputs.stored"})


_PIECES = TypeAdapter(tuple[PieceSpec, ...])


def pieces_of(assignment: Assignment) -> str:
    """Its pieces as JSON, for the process that evaluates."""
    return _PIECES.dump_json(assignment.pieces).decode()


def pieces_in(text: str) -> tuple[PieceSpec, ...]:
    return _PIECES.validate_json(text)
