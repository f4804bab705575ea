"""Variant or mutant against check, expected against got, as a table.

    python -m tests.table [--keep DIR] [--steps N] [NAME ...]

NAME: a part of the names that are wanted. With --keep, a second run executes only what has changed.
With --steps the budget is that small, for a quick look; accuracy is then beside the point. Techniques are always graded with
the small budget of their tests: they are judged by behaviour. So are the notebooks of the transfer lab, but with --whole.
"""

import argparse
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from nbformat import NotebookNode

from grader import profiles
from grader.schema.result import CheckResult
from tests.harness import checks_of, grade_scripts
from tests.mutants.cases import MUTANTS
from tests.techniques import cases as techniques
from tests.transfer import cases as transfer
from tests.variants.cases import VARIANTS, variant_script

NETWORK = ("architecture", "parameters", "training", "accuracy")
TECHNIQUES = (
    *(
        "normalization.train",
        "normalization.test",
        "augmentation.crop",
        "augmentation.flip",
        "augmentation.test",
    ),
    *("scheduler.each_epoch", "scheduler.factor", "dropout.place", "dropout.evaluation"),
    *("batch_norm.place", "batch_norm.evaluation"),
)
SIGNS = {
    "passed": "ok",
    "failed": "FAIL",
    "partial": "part",
    "blocked": "blkd",
    "undecided": "?",
    "not_attempted": "-",
}
BELOW = ("failed", "partial")


@dataclass(frozen=True)
class Row:
    """A notebook, the checks that must fail, those that must pass (None: all others), and what must be said."""

    script: str | NotebookNode
    fails: frozenset[str] = frozenset()
    passes: frozenset[str] | None = None
    says: str = ""
    undecided: frozenset[str] = frozenset()

    def wrong(self, checks: Mapping[str, CheckResult]) -> bool:
        said = " ".join(f"{checks[id].observed} {checks[id].expected} {checks[id].hint}" for id in self.fails)
        spoken = not self.fails or bool(re.search(self.says, said, re.IGNORECASE | re.DOTALL))
        return not spoken or self.differs(checks)

    def differs(self, checks: Mapping[str, CheckResult]) -> bool:
        outcomes = {id: check.outcome for id, check in checks.items()}
        below = {id for id, outcome in outcomes.items() if outcome in BELOW}
        passed = {id for id, outcome in outcomes.items() if outcome == "passed"}
        if self.passes is None:
            right = all(outcomes[id] in ("passed", "blocked") for id in outcomes.keys() - self.fails)
        else:
            doubts = {id for id, outcome in outcomes.items() if outcome == "undecided"}
            right = passed == self.passes and doubts == self.undecided
        return below != self.fails or not right


class TransferRow(Row):
    """`fails`: the checks that do not get full points, were they not attempted; `passes`: those that get them."""

    def differs(self, checks: Mapping[str, CheckResult]) -> bool:
        passed = {id for id, check in checks.items() if check.outcome == "passed"}
        return bool(passed & self.fails) or not (self.passes or frozenset()) <= passed


def network_rows() -> dict[str, Row]:
    rows = {f"variant-{name}": Row(variant_script(name)) for name in VARIANTS}
    return rows | {f"mutant-{n}": Row(m.script(), m.fails, says=m.says) for n, m in MUTANTS.items()}


def technique_rows() -> dict[str, Row]:
    rows = {
        f"technique-{name}": Row(techniques.notebook_script(name), passes=one.passes, undecided=one.undecided)
        for name, one in techniques.TECHNIQUES.items()
    }
    return rows | {
        f"defect-{name}": Row(one.script(), one.fails, one.passes, one.says)
        for name, one in techniques.MUTANTS.items()
    }


def transfer_rows() -> dict[str, Row]:
    rows: dict[str, Row] = {
        f"transfer-{name}": TransferRow(
            transfer.handed_in(transfer.notebook_script(name)), passes=transfer.CHECKS
        )
        for name in transfer.VARIANTS
    }
    return rows | {
        f"misled-{name}": TransferRow(transfer.handed_in(one.script()), one.fails, one.passes, one.says)
        for name, one in transfer.MUTANTS.items()
    }


def show(
    rows: Mapping[str, Row],
    columns: tuple[str, ...],
    steps: int | None,
    keep: Path | None,
    assignment: str = "cifar_cnn",
) -> int:
    """Grade, print a line for each notebook and the details of the wrong ones; how many are wrong."""
    if not rows:
        return 0
    before = profiles.QUICK_STEPS["standin"]
    profiles.QUICK_STEPS["standin"] = steps or before
    with tempfile.TemporaryDirectory() as folder:
        scripts = {name: row.script for name, row in rows.items()}
        results = grade_scripts(scripts, keep or Path(folder), assignment=assignment)
    profiles.QUICK_STEPS["standin"] = before
    wrong = 0
    print(f"{'':45}" + "".join(f"{short(name):>9}" for name in columns) + "  must fail")
    for name, row in sorted(rows.items()):
        checks = {
            id: c
            for task in results[name].tasks
            for id, c in checks_of(results[name], task.id).items()
            if id in columns
        }
        bad = row.wrong(checks)
        wrong += bad
        signs = "".join(f"{SIGNS[checks[id].outcome]:>9}" for id in columns)
        print(f"{name:45}{signs}  {'WRONG: ' if bad else ''}{', '.join(sorted(row.fails)) or 'nothing'}")
        if bad:
            for id in columns:
                print(f"    {id}: {checks[id].outcome} {checks[id].observed} | {checks[id].expected}")
    print(f"{len(rows)} notebooks, {wrong} wrong\n")
    return wrong


def short(name: str) -> str:
    """normalization.train -> norm.tra: nine columns wide at most."""
    first, _, last = name.partition(".")
    return f"{first[:4]}.{last[:3]}" if last else first[:8]


def main(names: list[str], keep: Path | None, steps: int | None, whole: bool) -> int:
    def chosen(rows: dict[str, Row]) -> dict[str, Row]:
        return {name: row for name, row in rows.items() if not names or any(part in name for part in names)}

    wrong = show(chosen(network_rows()), NETWORK, steps, keep and keep / "network")
    wrong += show(
        chosen(technique_rows()), TECHNIQUES, steps or techniques.STEPS, keep and keep / "techniques"
    )
    with pytest.MonkeyPatch.context() as patch:
        if not whole:
            transfer.small_budget(patch)
        kept = keep and keep / "transfer"
        wrong += show(chosen(transfer_rows()), tuple(sorted(transfer.CHECKS)), None, kept, "transfer")
    return int(wrong > 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keep", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--whole", action="store_true", help="the transfer lab at its own budget")
    arguments = parser.parse_args()
    raise SystemExit(main(arguments.names, arguments.keep, arguments.steps, arguments.whole))
