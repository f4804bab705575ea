"""One defect each: the check in `fails` sees it, every other check of the task passes or is blocked by it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from tests.variants.cases import variant_script


@dataclass(frozen=True)
class Mutant:
    """A variant with a defect; the fields are explained in mutants.toml."""

    wrong: str
    variant: str
    edits: tuple[tuple[str, str], ...]
    fails: frozenset[str]
    says: str

    def script(self) -> str:
        text = variant_script(self.variant)
        for old, new in self.edits:
            if text.count(old) != 1:
                raise ValueError(
                    f"{self.variant}: {old!r} stands there {text.count(old)} times, expected once"
                )
            text = text.replace(old, new)
        return text


def read(path: Path) -> dict[str, Mutant]:
    entries = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        name: Mutant(
            entry["wrong"],
            entry["variant"],
            tuple((old, new) for old, new in entry["edits"]),
            frozenset(entry["fails"]),
            entry["says"],
        )
        for name, entry in entries.items()
    }


MUTANTS = read(Path(__file__).with_name("mutants.toml"))
