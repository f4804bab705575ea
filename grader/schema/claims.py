"""What the submitted outputs state, read before anything is run. A student's words: nothing here is proved."""

from typing import Annotated, Literal

from pydantic import Field

from grader.schema.base import Model

Quantity = Literal["accuracy", "loss", "parameters", "epochs", "rate"]
Split = Literal["train", "test", "validation"]
Mode = Literal["from_scratch", "feature_extraction", "finetuning"]
Column = Literal["trainable", "accuracy", "seconds"]
ExecutionOrder = Literal["in order", "out of order", "not run"]

MOST_CLAIMS = 10_000  # of one file
LONGEST_TEXT = 160  # characters of an excerpt
MOST_TABLE_ROWS = 40


class Claim(Model):
    """A number that an output or a table of a text cell states."""

    file: str
    cell: int = Field(ge=0)  # from 0, as in the file
    quantity: Quantity
    split: Split | None  # None: not said
    value: float  # accuracies as share 0..1; parameters and epochs as whole numbers
    text: str = Field(max_length=LONGEST_TEXT)  # the line or table row, without control characters
    epoch: int | None = None  # as written (from 0 or from 1), or the n-th of equal lines, from 0
    written: bool = False  # stands in a text cell, so no code need have printed it
    at_least: bool = False  # epochs: the log shows this many; it was cut, thinned or interrupted


class Printed(Model):
    """A line that a cell's standard output holds."""

    cell: int = Field(ge=0)  # from 0, as in the file
    text: str = Field(max_length=LONGEST_TEXT)


class TableRow(Model):
    """A row of the table that compares approaches, as the student wrote it."""

    cell: int = Field(ge=0)  # from 0, as in the file
    written: bool = False  # stands in a text cell
    text: str = Field(max_length=LONGEST_TEXT)  # the row
    label: str = Field(max_length=LONGEST_TEXT)  # its name cells
    mode: Mode | None  # None: not told from its label
    network: str | None  # torchvision's name if the label names one exactly, else its family; None: not named
    trainable: tuple[int, int] | None  # smallest and largest count that the written number can stand for
    accuracy: float | None  # as share 0..1; above 1 where more than 100 % is written
    seconds: float | None  # per epoch


class ComparisonTable(Model):
    """The table that compares approaches: the best one of a file."""

    cell: int = Field(ge=0)  # from 0, as in the file
    written: bool = False  # stands in a text cell
    columns: tuple[Column, ...]  # found by their headings
    rows: Annotated[tuple[TableRow, ...], Field(max_length=MOST_TABLE_ROWS)]


class Claims(Model):
    """Everything one file states."""

    file: str
    cells_without_output: tuple[int, ...] = ()  # code cells that print or plot and hold no output
    cells_with_output: tuple[int, ...] = ()  # code cells with an output that is more than a warning
    claims: Annotated[tuple[Claim, ...], Field(max_length=MOST_CLAIMS)] = ()  # by cell, then as they appear
    table: ComparisonTable | None = None  # the best one
    pictured: int | None = None  # cell that shows a picture, which may be that table
    execution_order: ExecutionOrder = "not run"
    printed: Annotated[tuple[Printed, ...], Field(max_length=400)] = ()  # lines of words of their own
    code: str = ""  # all sources, folded: where printed words may come from
    shown: str = ""  # all outputs, folded
