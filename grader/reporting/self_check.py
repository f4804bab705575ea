"""What `grade check` prints: one hand-in, check by check, and what to look at next. Students' texts are never markup."""

from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.reporting.feedback import Step, next_steps
from grader.reporting.terminal import glyph, shown
from grader.reporting.wording import OUTCOME_NOTES, cell_trouble, in_points, place, plural, points, standing
from grader.schema.result import Result

LONGEST = 600  # characters of one sentence
MOST_CELLS = 3  # in trouble, that are named; all are on the page


def print_check(console: Console, result: Result, page: Path) -> None:
    """From 60 columns on."""
    said = standing(result)
    console.print(Text(shown(console, result.assignment_title, 70), "bold"))
    console.print(f"{said.sentence}.", highlight=False)
    console.print(_table(console, result))
    _print_cells(console, result)
    steps = next_steps(result)
    if steps:
        console.print(Text("Look at next", "bold"))
    for number, step in enumerate(steps, start=1):
        _print_step(console, number, step)
    for sentence in (said.undecided, said.pending):
        if sentence:
            console.print(Text(sentence, "dim"))
    if not steps and result.decided:
        console.print("Nothing is missing that the grader can see.")
    images = (f"Images: {result.data}",) if result.data else ()
    for remark in (*images, *result.remarks):
        console.print(Text(shown(console, remark, LONGEST), "dim"))
    console.print(
        Text("All of it, with figures: ").append(shown(console, str(page), 1000), "bold"), soft_wrap=True
    )


def _table(console: Console, result: Result) -> Padding:
    """A line for each check, below its task; one for a task of which nothing was seen."""
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    table.add_column(justify="right", no_wrap=True)
    for task in result.tasks:
        title = Text(shown(console, task.title, 100), "bold")
        if task.accuracy is not None and task.outcome not in ("not_attempted", "pending"):
            title.append(f"  {100 * task.accuracy:.1f} % of images it had not seen", "not bold dim")
        if task.outcome == "not_attempted":
            title.append("  not attempted", "not bold dim")
        if task.outcome == "not_attempted" or len(task.checks) == 1:
            table.add_row(Text(*glyph(console, task.outcome)), title, _share(task.score, task.max_score))
            continue
        table.add_row("", title, Text(_share(task.score, task.max_score), "bold"))
        for check in task.checks:
            line = Text(shown(console, check.title, 100))
            table.add_row(Text(*glyph(console, check.outcome)), line, _share(check.score, check.max_score))
    return Padding(table, (1, 0))


def _share(score: float, most: float) -> str:
    return f"{points(score)}/{points(most)}"


def _print_cells(console: Console, result: Result) -> None:
    """Cells in trouble: often they explain all the rest."""
    troubled = [
        (run.file, cell)
        for run in result.files
        for cell in run.cells
        if cell.status not in ("ran", "not_run")
    ]
    for file, cell in troubled[:MOST_CELLS]:
        line = f"{file}, cell {cell.cell} {cell_trouble(cell)}"
        console.print(Text(shown(console, line, LONGEST), "red"))
    if len(troubled) > MOST_CELLS:
        console.print(Text(f"and {plural(len(troubled) - MOST_CELLS, 'more cell')} like that", "red"))
    if troubled:
        console.print()


def _print_step(console: Console, number: int, step: Step) -> None:
    check = step.check
    title = step.task if step.whole else f"{step.task}: {check.title}"
    console.print(
        Text(f"{number}  {shown(console, title, 160)}"),
        Text(f"({in_points(step.lost)})", "dim"),
    )
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(ratio=1)
    observed = check.observed or OUTCOME_NOTES.get(check.outcome, "")
    rows = {"seen": observed, "expected": check.expected, "hint": check.hint}
    rows |= {"why": "" if check.hint else check.why, "where": place(check.where)}
    for name, text in rows.items():
        if text:
            table.add_row(name, Text(shown(console, text, LONGEST)))
    console.print(Padding(table, (0, 0, 1, 3)))
