"""Variant or mutant against check, expected against got, as a table.

    python -m tests.table [--keep DIR] [--steps N] [NAME ...]

NAME: a part of the names that are wanted. With --keep, a second run executes only what has changed.
With --steps the budget is that small, for a quick look; accuracy is then beside the point.
"""

import argparse
import re
import tempfile
from pathlib import Path

from grader import profiles
from tests.harness import checks_of, explain, grade_scripts
from tests.mutants.cases import MUTANTS
from tests.variants.cases import VARIANTS, variant_script

CHECKS = ("architecture", "parameters", "training", "accuracy")
SIGNS = {
    "passed": "ok",
    "failed": "FAIL",
    "partial": "part",
    "blocked": "blkd",
    "undecided": "?",
    "not_attempted": "none",
}


def main(names: list[str], keep: Path | None) -> int:
    scripts = {f"variant-{n}": variant_script(n) for n in VARIANTS}
    scripts |= {f"mutant-{n}": mutant.script() for n, mutant in MUTANTS.items()}
    chosen = {k: text for k, text in scripts.items() if not names or any(n in k for n in names)}
    with tempfile.TemporaryDirectory() as folder:
        results = grade_scripts(chosen, keep or Path(folder))
    wrong = 0
    print(f"{'':45}" + "".join(f"{check:>14}" for check in CHECKS) + "  expected")
    for name, result in sorted((name, results[name]) for name in chosen):
        checks = checks_of(result)
        kind, _, short = name.partition("-")
        expected = MUTANTS[short].fails if kind == "mutant" else frozenset()
        failing = {
            c.id for c in checks.values() if c.outcome in ("failed", "partial", "not_attempted", "undecided")
        }
        good = failing == expected
        if good and kind == "mutant":
            said = " ".join(f"{checks[i].observed} {checks[i].expected} {checks[i].hint}" for i in expected)
            good = bool(re.search(MUTANTS[short].says, said, re.IGNORECASE | re.DOTALL))
        wrong += not good
        row = "".join(f"{SIGNS[checks[check].outcome]:>14}" for check in CHECKS)
        print(f"{name:45}{row}  {'' if good else 'WRONG: '}{', '.join(sorted(expected)) or 'all pass'}")
        if not good:
            print(explain(result))
    print(f"{len(chosen)} notebooks, {wrong} wrong")
    return int(wrong > 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--steps", type=int)
    arguments = parser.parse_args()
    if arguments.steps:
        profiles.QUICK_STEPS["standin"] = arguments.steps
    raise SystemExit(main(arguments.names, arguments.keep))
