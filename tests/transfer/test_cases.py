"""The hand-ins and mutants themselves: they parse, edits apply, outputs are stored where something is printed."""

import ast
import re
from collections.abc import Iterator

import nbformat
import pytest

from tests.transfer.cases import (
    CHECKS,
    MUTANTS,
    NOTEBOOKS,
    VARIANTS,
    as_plain,
    handed_in,
    notebook_script,
)


def test_every_notebook_is_listed() -> None:
    assert {path.stem for path in NOTEBOOKS.glob("*.py")} == set(VARIANTS)
    assert len(VARIANTS) >= 15
    assert len(MUTANTS) >= 20


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_notebook_parses_and_is_valid(name: str) -> None:
    script = notebook_script(name)
    ast.parse(script)
    notebook = handed_in(script)
    nbformat.validate(notebook)
    outputs = sum(len(cell.get("outputs", [])) for cell in notebook.cells)
    assert outputs == len(re.findall(r"^# %% \[output", script, re.MULTILINE))


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_cells_that_print_have_their_outputs(name: str) -> None:
    for cell in handed_in(notebook_script(name)).cells:
        if cell.cell_type == "code" and any(map(prints, statements(ast.parse(cell.source)))):
            assert cell.outputs, cell.source


def statements(tree: ast.AST) -> Iterator[ast.AST]:
    """What is executed with the cell: everything but the bodies of functions and classes."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda):
            yield node
            yield from statements(node)


def prints(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_table_states_what_was_trained(name: str) -> None:
    notebook = handed_in(notebook_script(name))
    written = " ".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    shown = " ".join(str(output) for cell in notebook.cells for output in cell.get("outputs", []))
    for count in VARIANTS[name].parameters:
        assert re.search(spellings(count), written + shown), count


def spellings(count: int) -> str:
    """Regular expression for a number that is exact, in groups of three digits, or rounded."""
    exact = f"{count:,}".replace(",", "[,. ]?")
    short = [f"{count / unit:.{d}f} ?{sign}" for unit, sign in ((1e6, "M"), (1e3, "k")) for d in (0, 1, 2, 4)]
    return "|".join([exact, *(s.replace(".", "[.,]") for s in short), re.escape(f"{count:.4g}")])


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_networks_are_of_two_families(name: str) -> None:
    families = {re.match("[a-z]+", network)[0] for network in VARIANTS[name].networks}  # type: ignore[index]
    assert len(families) == 2
    assert families <= {"squeezenet", "alexnet", "vgg", "resnet"}


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_edits_of_mutant_change_the_hand_in(name: str) -> None:
    mutant = MUTANTS[name]
    ast.parse(mutant.script())
    changed, right = handed_in(mutant.script()), handed_in(notebook_script(mutant.notebook.stem))
    nbformat.validate(changed)
    assert changed != right


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_mutant_fails_known_checks_in_words(name: str) -> None:
    mutant = MUTANTS[name]
    assert mutant.fails
    assert mutant.fails <= CHECKS
    re.compile(mutant.says)


def test_each_check_has_a_mutant_that_fails_no_other() -> None:
    """Where one of two networks is right, it is the first one."""
    alone = {next(iter(m.fails)) for m in MUTANTS.values() if len(m.fails) == 1}
    assert alone == {check for check in CHECKS if not check.endswith(".first")}


def test_an_output_needs_a_code_cell() -> None:
    with pytest.raises(ValueError, match="without a code cell"):
        handed_in("# %% [markdown]\n# text\n# %% [output]\n# 1\n")
    with pytest.raises(ValueError, match="cannot come as"):
        handed_in("# %%\nprint(1)\n# %% [output somehow]\n# 1\n")


def test_outputs_are_stored_as_they_came() -> None:
    script = "# %%\nprint(1)\n\n# %% [output]\n# 1\n#   2\n# %% [output stderr]\n# hm\n# %% [output result]\n# <b>3</b>\n"
    stream, error, value = handed_in(script).cells[0].outputs
    assert (stream.name, stream.text) == ("stdout", "1\n  2\n")
    assert (error.name, error.text) == ("stderr", "hm\n")
    assert value.data["text/html"] == "<b>3</b>"
    assert value.execution_count == 1


def test_cleared_cells_have_no_number() -> None:
    cells = handed_in("# %%\n1\n# %% [output]\n# 1\n# %%\n2\n# %% [cleared]\n# 2\n").cells
    assert [cell.execution_count for cell in cells] == [1, None]
    assert cells[1].outputs == []


def test_html_table_as_text() -> None:
    html = "<table><tr><th></th><th>n</th></tr><tr><td>ab</td><td>10</td></tr></table>"
    assert as_plain(html) == "     n\nab  10"
