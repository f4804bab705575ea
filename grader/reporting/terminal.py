"""What `grade` shows while it works, and its table at the end. Students' texts are never taken as markup."""

import threading
import time
from pathlib import Path
from types import TracebackType

from rich import box
from rich.console import Console, Group, OverflowMethod, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from grader.reporting import overview
from grader.reporting.text import one_line
from grader.reporting.wording import (
    SIGNS,
    cell_trouble,
    checks_of,
    plural,
    points,
    seconds,
    standing,
)
from grader.schema.result import ClassResult, Outcome, Result

NAME_WIDTH = 18  # columns of a student's name
GLYPH_WIDTH = 21  # columns for one glyph a check; wider rubrics get one glyph a task
OTHER_COLUMNS = 54  # columns of the table that what to look at does not have


class ProgressDisplay:
    """Submissions in progress, told by many threads. A live table in a terminal, plain lines elsewhere."""

    def __init__(self, total: int, console: Console | None = None) -> None:
        self.total = total
        self.console = console or Console(stderr=True)
        self._lock = threading.Lock()
        self._active: dict[str, tuple[float, str]] = {}  # student -> (start in seconds, message)
        self._done = 0
        self._live: Live | None = None

    def __enter__(self) -> "ProgressDisplay":
        if self.console.is_terminal and not self.console.is_dumb_terminal:
            self._live = Live(
                console=self.console, get_renderable=self._table, refresh_per_second=4, transient=True
            )
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def started(self, student: str) -> None:
        """A submission's run begins; its clock starts."""
        with self._lock:
            self._active[student] = (time.monotonic(), "started")
        self._plain(student, "started")

    def update(self, student: str, message: str) -> None:
        """What happens to it now, in a few words; shown in a terminal only, a log needs no line for each cell."""
        with self._lock:
            start, _ = self._active.get(student, (time.monotonic(), ""))
            self._active[student] = (start, message)

    def finished(self, result: Result | None, student: str, note: str = "") -> None:
        """A submission is done; None: it could not be graded, and `note` says why."""
        with self._lock:
            start, _ = self._active.pop(student, (time.monotonic(), ""))
            self._done += 1
            done = self._done
        took = seconds(time.monotonic() - start)
        said = "not graded" if result is None else standing(result).sentence
        if result is not None and not result.decided:
            said += ", undecided"
        said += f" ({took})" + (f": {note}" if note else "")
        if self._live is None:
            self._plain(student, said, f"[{done}/{self.total}] ")
            return
        style = "red" if result is None else "green" if result.decided else "magenta"
        line = Text.assemble((f"[{done}/{self.total}] ", "dim"), (shown(self.console, student, 40), style))
        self.console.print(line.append(f"  {shown(self.console, said, 160)}"))

    def _plain(self, student: str, said: str, before: str = "") -> None:
        if self._live is None:
            line = f"{before}{shown(self.console, student, 60)}: {shown(self.console, said, 200)}"
            with self._lock:
                self.console.print(Text(line), soft_wrap=True)

    def _table(self) -> RenderableType:
        with self._lock:
            active, done = list(self._active.items()), self._done
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True, max_width=30)
        table.add_column(justify="right", no_wrap=True)
        table.add_column(no_wrap=True, overflow="ellipsis")
        now = time.monotonic()
        for student, (start, message) in active:
            name, doing = shown(self.console, student, 30), shown(self.console, message, 100)
            table.add_row(Text(name, "bold"), Text(seconds(now - start), "cyan"), Text(doing, "dim"))
        bar = Table.grid(padding=(0, 2))
        bar.add_row(
            ProgressBar(total=max(self.total, 1), completed=done, width=30),
            Text(f"{done} of {plural(self.total, 'submission')} done, {len(active)} running"),
        )
        return Group(table, bar)


def shown(console: Console, text: str, limit: int) -> str:
    """One harmless line, in characters that the terminal's encoding has."""
    line = one_line(text, limit)
    return line.encode(console.encoding, "replace").decode(console.encoding)


def _unicode(console: Console) -> bool:
    return console.encoding.startswith("utf")


def glyph(console: Console, outcome: Outcome) -> tuple[str, str]:
    sign = SIGNS[outcome]
    return (sign.symbol if _unicode(console) else sign.ascii), sign.colour


def _glyphs(console: Console, result: Result, per_check: bool) -> Text:
    """One glyph a check, tasks apart by a space; or one glyph a task."""
    if not per_check:
        return Text.assemble(*(glyph(console, task.outcome) for task in result.tasks))
    tasks = [
        Text.assemble(*(glyph(console, check.outcome) for check in task.checks)) for task in result.tasks
    ]
    return Text(" ").join(tasks)


def look_at(result: Result) -> str:
    """What a person should see first: what is undecided, a cell in trouble, or a check not passed."""
    checks = checks_of(result)
    for outcome in ("undecided", "failed", "partial"):
        for check in checks:
            if check.outcome == outcome:
                return check.observed or check.title
        if outcome == "undecided":
            for cell in (cell for run in result.files for cell in run.cells):
                if cell.status not in ("ran", "not_run"):
                    return f"cell {cell.cell} {cell_trouble(cell)}"
    if checks and all(check.outcome == "not_attempted" for check in checks):
        return "nothing of the lab attempted"
    missing = [task.title for task in result.tasks if task.outcome == "not_attempted"]
    if missing:
        return "not attempted: " + ", ".join(missing)
    return result.remarks[0] if result.remarks else ""


def _legend(console: Console, results: tuple[Result, ...], per_check: bool) -> Text:
    used = {check.outcome for result in results for check in checks_of(result)}
    used |= {task.outcome for result in results for task in result.tasks}
    legend = Text()
    for outcome, sign in SIGNS.items():
        if outcome in used:
            legend.append(*glyph(console, outcome)).append(f" {sign.word}   ", "dim")
    titles = [shown(console, title, 40) for title in overview.task_titles(results).values()]
    unit = "a glyph a check, a group a task" if per_check else "a glyph a task"
    return legend.append(f"\nColumn Checks: {unit}: {', '.join(titles)}", "dim")


def print_summary(console: Console, class_result: ClassResult, out_dir: Path) -> None:
    """The table at the end, from 80 columns on, then what the class has in common."""
    results = class_result.results
    per_check = all(len(_glyphs(console, result, True)) <= GLYPH_WIDTH for result in results)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False, title_justify="left", expand=False)
    cut: OverflowMethod = "ellipsis" if _unicode(console) else "crop"
    table.add_column("Student", max_width=NAME_WIDTH, no_wrap=True, overflow=cut)
    table.add_column("Score", justify="right", no_wrap=True)
    table.add_column("Checks", no_wrap=True)
    table.add_column("Look at", ratio=1)
    look_width = min(2 * max(console.width - OTHER_COLUMNS, 24), 140)  # two lines of the last column, about
    for result in results:
        said = standing(result)
        score = Text(
            f"{said.earned.replace(' to ', '-')}/{said.maximum}", "" if result.decided else "magenta"
        )
        if result.pending_points:
            score.append(f" +{points(result.pending_points)}", "blue")
        name = Text(shown(console, result.student, 60), "" if result.decided else "bold magenta")
        look = Text(shown(console, look_at(result), look_width))
        table.add_row(name, score, _glyphs(console, result, per_check), look)
    console.print(Text(shown(console, class_result.assignment_title, 70), "bold"))
    console.print(table)
    console.print(_legend(console, results, per_check))
    for line in _class_lines(console, class_result):
        console.print(line)
    waiting = sum(c.outcome in ("pending", "undecided") for result in results for c in checks_of(result))
    if waiting:
        marks = f"{plural(waiting, 'mark')} for a person, in {out_dir / 'review.csv'}"
        how = f"{marks}: write points in, then run grade review {out_dir}"
        console.print(Text(shown(console, how, 1000), "dim"))
    console.print(
        Text("Open ").append(shown(console, str(out_dir / "index.html"), 1000), "bold"), soft_wrap=True
    )


def _class_lines(console: Console, class_result: ClassResult) -> list[Text]:
    results = class_result.results
    lines = []
    if any(result.pending_points for result in results):
        lines.append(Text("+ points of written answers, which a person gives.", "dim"))
    if len(results) > 1:
        middle, highest = overview.middle_score(results), overview.usual_maximum(results)
        lines.append(
            Text(
                f"{plural(len(results), 'submission')}; median {points(middle)} of {points(highest)} points."
            )
        )
        missed = overview.most_missed(results)
        if missed and missed[0].short:
            title = shown(console, f"{missed[0].task}: {missed[0].check}", 90)
            lines.append(
                Text(f"Most failed: {title} ({missed[0].short} of {missed[0].judged} short of full points).")
            )
    unsure = [result.student for result, _ in overview.doubts(results)]
    if unsure:
        names = ", ".join(shown(console, name, 40) for name in unsure[:5])
        more = f" and {len(unsure) - 5} more" if len(unsure) > 5 else ""
        lines.append(Text(f"Undecided, a person must look: {names}{more}.", "magenta"))
    if class_result.not_graded:
        names = ", ".join(shown(console, name, 40) for name in class_result.not_graded[:5])
        more = f" and {len(class_result.not_graded) - 5} more" if len(class_result.not_graded) > 5 else ""
        lines.append(Text(f"Not graded in this run: {names}{more}.", "red"))
    return lines
