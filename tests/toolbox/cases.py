"""Hand-ins of the lab `training_toolbox` in many styles, and their mutants."""

from dataclasses import replace
from pathlib import Path

from grader.catalog import load_assignment
from tests.mutations import Mutant, read_mutants

NOTEBOOKS = Path(__file__).parent / "notebooks"
MUTANTS_FILE = Path(__file__).with_name("mutants.toml")
CHECKS = frozenset(check.id for task in load_assignment("training_toolbox").tasks for check in task.checks)

VARIANTS: dict[str, str] = {
    "combined_orders": "one function for all batch norms, statistics in place, other orders of arguments, derivatives in a "
    "dictionary; right functions overwritten by an experiment, names of functions given to tensors",
    "course_caches": "outputs with caches, parameters in dictionaries, updates in place; NumPy",
    "francais": "French names and comments",
    "layer_classes": "classes with forward and backward, classes as namespaces",
    "nameless": "f1 to f37",
    "numpy_arrays": "NumPy arrays, x.var() that is divided by n",
    "starter_filled": "the starter",
    "terse_lambdas": "one letter each",
    "typed_decorated": "type hints, decorators, partial, keyword-only and positional-only arguments, named tuples",
}


def notebook_script(name: str) -> str:
    """The notebook as a script with `# %%` cells."""
    return (NOTEBOOKS / f"{name}.py").read_text(encoding="utf-8")


def with_modules(folder: Path) -> str:
    """A notebook that imports its functions, in two ways; writes the modules beside it."""
    head, name, tail = notebook_script("numpy_arrays").partition("def warmup_cosine")
    folder.mkdir(parents=True)
    (folder / "toolbox.py").write_text(head, encoding="utf-8")
    (folder / "schedules.py").write_text("import numpy as np\n\n\n" + name + tail, encoding="utf-8")
    return "# %%\nfrom toolbox import *\nimport schedules as tb\n\n# %%\nprint(tb.step_lr(8, 0.1), relu(np.ones(2)))\n"


def as_script(folder: Path) -> None:
    """A hand-in that is a Python file without cells."""
    folder.mkdir(parents=True)
    text = notebook_script("course_caches").replace("# %%", "#")
    main = 'def main():\n    print(relu_forward(np.ones(2)))\n\n\nif __name__ == "__main__":\n    main()\n'
    (folder / "lab.py").write_text(f"{text}\n\n{main}", encoding="utf-8")


def read_toolbox_mutants() -> dict[str, Mutant]:
    """By name. A mutant passes every check but those it fails."""
    return {
        name: replace(mutant, passes=CHECKS - mutant.fails)
        for name, mutant in read_mutants(MUTANTS_FILE, NOTEBOOKS).items()
    }


MUTANTS = read_toolbox_mutants()
