"""How outcomes, points, durations, places and limits are said; shared by pages and terminal."""

from typing import NamedTuple

from grader.schema.profile import Profile
from grader.schema.result import Basis, CellRun, CheckResult, Outcome, Result, Where


class Sign(NamedTuple):
    """An outcome for readers: never by colour alone."""

    symbol: str
    word: str
    ascii: str  # one character, for terminals that have no other
    colour: str  # rich style


SIGNS: dict[Outcome, Sign] = {
    "passed": Sign("✓", "passed", "+", "green"),
    "partial": Sign("~", "partly", "~", "yellow"),
    "failed": Sign("✗", "failed", "x", "red"),
    "not_attempted": Sign("·", "not attempted", ".", "dim"),
    "blocked": Sign("!", "blocked", "!", "red"),
    "pending": Sign("…", "for a person", "_", "blue"),
    "undecided": Sign("?", "undecided", "?", "magenta"),
}

OUTCOME_NOTES: dict[Outcome, str] = {
    "blocked": "Another check of this task explains this one. Put that right first, then look here again.",
    "not_attempted": "Nothing was found for this check in what you handed in.",
    "pending": "A person reads and grades this answer.",
    "undecided": "This could not be decided by the grader and is not counted as lost. A person looks at it.",
}

BASIS: dict[Basis, str] = {
    "proved": "Proved: your network was taken out of the notebook with its weights and examined on its own.",
    "observed": "Observed: seen while your notebook ran.",
    "claimed": "Claimed: read in your notebook's text, tables or figures and compared with what was measured.",
}

CELL_STATUS = {
    "ran": "ran",
    "error": "stopped with an error",
    "timeout": "stopped at the time limit",
    "killed": "the kernel ended while it ran",
    "not_run": "not run",
}


class Standing(NamedTuple):
    """A result's score in words. `earned` is a range while a check is undecided."""

    earned: str
    maximum: str  # points that the grader itself can give
    so_far: bool
    undecided: str  # "" or a sentence
    pending: str  # "" or a sentence

    @property
    def sentence(self) -> str:
        return f"{self.earned} of {self.maximum} points" + (" so far" if self.so_far else "")


def points(value: float) -> str:
    """2 -> "2", 1.5 -> "1.5", 1/3 -> "0.33"."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def in_points(value: float) -> str:
    """1 point, 1.5 points."""
    return f"{points(value)} {'point' if value == 1 else 'points'}"


def plural(count: int, one: str, many: str = "") -> str:
    """1 check, 2 checks."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def seconds(value: float) -> str:
    """4.2 s, 42 s, 3 min 32 s, 1 h 12 min."""
    if value < 9.95:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 120:
        return f"{whole} s"
    if whole < 7200:
        return f"{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def decided_maximum(result: Result) -> float:
    """Points that need no person, from 0."""
    return max(0.0, result.max_score - result.pending_points)


def checks_of(result: Result) -> list[CheckResult]:
    return [check for task in result.tasks for check in task.checks]


def standing(result: Result) -> Standing:
    """The score as a student reads it, written points apart."""
    low, high = result.score_range
    earned, undecided, pending = points(result.score), "", ""
    if not result.decided:
        if high > low:
            earned = f"{points(low)} to {points(high)}"
        count = sum(check.outcome == "undecided" for check in checks_of(result))
        undecided = (
            f"{plural(count, 'check')}, worth up to {in_points(high - low)}, could not be decided. "
            "A person looks at that; it is not counted as lost."
        )
    if result.pending_points > 0:
        verb = "is" if result.pending_points == 1 else "are"
        pending = f"{points(result.pending_points)} more {verb} given by a person, who reads your answers."
    so_far = bool(undecided or pending)
    return Standing(earned, points(decided_maximum(result)), so_far, undecided, pending)


def place(where: Where | None) -> str:
    """lab2.ipynb, cell 14, line 3"""
    if where is None:
        return ""
    parts = [where.file]
    if where.cell is not None:
        parts.append(f"cell {where.cell}")
    if where.line is not None:
        parts.append(f"line {where.line}")
    return ", ".join(part for part in parts if part)


def cell_trouble(cell: CellRun) -> str:
    """What became of a cell, for a sentence: "stopped with an error: NameError: ..."."""
    return CELL_STATUS[cell.status] + (f": {cell.error}" if cell.error else "")


def limits(profile: Profile) -> list[str]:
    """The profile's bounds, one sentence each."""
    said = []
    if profile.train_steps is None and profile.train_samples is None:
        said.append("Every training run went on as long as the notebook asked.")
    else:
        bounds = []
        if profile.train_steps is not None:
            bounds.append(f"{profile.train_steps:,} optimizer steps")
        if profile.train_samples is not None:
            bounds.append(f"{profile.train_samples:,} images")
        if profile.train_seconds is not None:
            bounds.append(f"{seconds(profile.train_seconds)} (but three steps)")
        first = ", whichever came first" if len(bounds) > 1 else ""
        said.append(
            f"Each training run had {' or '.join(bounds)} at its own batch size{first}; "
            f"after that every epoch was one batch of {profile.tiny_batch} images."
        )
        if profile.later_share < 1:
            said.append(
                f"After the first {profile.full_runs} runs of a notebook, each further one had "
                f"{profile.later_share:.0%} of that; its accuracy is not compared with a reference."
            )
    if profile.batch_pixels is not None:
        rows = profile.batch_pixels // 224**2
        said.append(
            f"A training batch held as many pixels as {rows} images of 224 x 224 at most, a pass over test images "
            "four times that."
        )
    if profile.eval_samples is not None:
        said.append(f"Each pass over test images stopped after {profile.eval_samples:,} images.")
    said.append(
        f"A cell had at most {seconds(profile.cell_seconds)}, a notebook {seconds(profile.total_seconds)}."
    )
    said.append(f"Accuracy was measured on {profile.held_out:,} held-out images.")
    return said
