"""One defect each: the check in `fails` sees it, every other check of the task passes or is blocked by it."""

from pathlib import Path

from tests.mutations import read_mutants
from tests.variants.cases import NOTEBOOKS

MUTANTS = read_mutants(Path(__file__).with_name("mutants.toml"), NOTEBOOKS)
