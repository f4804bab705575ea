"""Mutants: right notebooks with a few characters changed, read from mutants.toml files that explain their fields."""

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mutant:
    """A notebook with a defect: what is wrong, which checks say so in what words, and which pass all the same."""

    wrong: str
    notebook: Path
    edits: tuple[tuple[str, str], ...]
    fails: frozenset[str]
    passes: frozenset[str]
    says: str

    def script(self) -> str:
        """The defective notebook. Raises ValueError for an edit whose old text does not stand there once."""
        text = self.notebook.read_text(encoding="utf-8")
        for old, new in self.edits:
            if text.count(old) != 1:
                raise ValueError(
                    f"{self.notebook}: {old!r} stands there {text.count(old)} times, expected once"
                )
            text = text.replace(old, new)
        return text


def read_mutants(path: Path, notebooks: Path) -> dict[str, Mutant]:
    """By name; `notebooks` is the folder of the right ones."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        name: Mutant(
            wrong=entry["wrong"],
            notebook=notebooks / f"{entry['notebook']}.py",
            edits=tuple((old, new) for old, new in entry["edits"]),
            fails=frozenset(entry["fails"]),
            passes=frozenset(entry.get("passes", ())),
            says=entry["says"],
        )
        for name, entry in entries.items()
    }
