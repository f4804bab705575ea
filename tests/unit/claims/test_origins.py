"""Printed lines and the code they must come from."""

import pytest

from grader.claims.comparing import compare
from grader.claims.reading import read_claims
from grader.schema.claims import Claims
from tests.unit.claims.notebooks import code, notebook, stream

FOREIGN = "Validation score of the residual network: 0.93\n"


def read(source: str, printed: str) -> Claims:
    return read_claims(notebook(code(stream(printed), source=source)), "lab.ipynb")


def doubts(handed_in: Claims, again: Claims | None, **how: object) -> list[str]:
    rerun = [] if again is None else [again]
    found = compare([handed_in], [], rerun=rerun, **how)  # type: ignore[arg-type]
    return [c.sentence for c in found if "neither the code nor" in c.sentence]


def test_a_line_of_another_notebook_is_shown_to_a_person() -> None:
    source = "print('loss', 0.4)"
    (sentence,) = doubts(read(source, FOREIGN + FOREIGN.upper()), read(source, "loss 0.4\n"))
    assert (
        "lab.ipynb, cell 1: the output has the line “Validation score of the residual network: 0.93”"
        in sentence
    )
    assert "has the words validation, score, residual, network" in sentence


@pytest.mark.parametrize(
    ("source", "printed", "again"),
    [
        ("print('Validation score of the residual network:', x)", FOREIGN, ""),
        ("show(net)", FOREIGN, FOREIGN.replace("0.93", "0.41")),
        ("VALIDATION_SCORE = 'residual'; network = f(of='the')", FOREIGN, ""),
        ("!cat results.txt\nprint(1)", FOREIGN, ""),
        ("data = CIFAR10(download=True)", "Files already downloaded and verified\n", ""),
        ("print(device)", "Using NVIDIA GeForce RTX 3080\n", ""),
        ("print(x)", "Genauigkeit 0.93\n", ""),
        ("print('Précision de la validation', p)", "PRÉCISION de la Validation 0.3\n", ""),
    ],
)
def test_lines_that_the_code_a_library_or_a_machine_prints(source: str, printed: str, again: str) -> None:
    assert doubts(read(source, printed), read(source, again)) == []


def test_nothing_is_said_of_code_that_was_not_run_to_its_end() -> None:
    foreign = read("print(1)", FOREIGN)
    assert doubts(foreign, None) == []
    assert doubts(foreign, read("print(1)", "1\n"), not_seen={"lab.ipynb"}) == []
    assert doubts(foreign.model_copy(update={"code": FOREIGN.lower()}), read("print(1)", "1\n")) == []


def test_lines_are_bounded() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    many = "".join(f"word{a}{b}{c} other{c}{b}{a}\n" for a in letters for b in letters for c in letters)
    assert len(read("print(1)", many).printed) == 400
