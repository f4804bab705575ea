"""Verdicts on functions: the best attempt counts, each piece is a share, and every wrong one is named."""

from grader.judging.candidates import Circumstances
from grader.judging.checks.functions import Attempts, functions
from grader.judging.verdict import Verdict
from grader.schema.assignment import PieceSpec
from grader.schema.evaluation import Part, Tried
from grader.schema.evidence import Place

PIECES = [
    PieceSpec(id=name, title=title, function="m:f", names=name, trials=({"x": 1},))
    for name, title in (("relu", "ReLU"), ("elu", "ELU"))
]


def one(name: str, *held: bool, line: int = 3, **more: object) -> Tried:
    parts = tuple(
        Part(title=f"part {n}", holds=h, observed="right" if h else "off by 2") for n, h in enumerate(held)
    )
    given: dict[str, object] = {"function": name, "place": Place(cell=1, line=line), "named": True}
    return Tried(parts=parts, **(given | more))  # type: ignore[arg-type]


def verdict(circumstances: Circumstances | None = None, **tries: list[Tried]) -> Verdict:
    found: dict[str, Attempts] = {
        name: [("lab.ipynb", tried) for tried in attempts] for name, attempts in tries.items()
    }
    return functions(["relu", "elu"], PIECES, found, circumstances or Circumstances())


def test_all_right_earns_all() -> None:
    found = verdict(relu=[one("relu", True)], elu=[one("elu", True)])
    assert (found.outcome, found.fraction, found.observed) == ("passed", 1, "all of 2 are right")
    assert found.basis == "observed"


def test_each_piece_and_each_part_is_a_share() -> None:
    found = verdict(relu=[one("relu", True)], elu=[one("elu", True, False)])
    assert (found.outcome, found.fraction) == ("partial", 0.75)
    assert found.observed == "1 of 2 are right; ELU: elu: part 1: off by 2"
    assert found.where is not None
    assert (found.where.file, found.where.cell, found.where.line) == ("lab.ipynb", 2, 3)
    assert found.hint == "What should elu give there, worked out by hand?"


def test_the_best_attempt_counts() -> None:
    tries = [one("plot_relu", False), one("relu", True), one("my_relu", False)]
    assert verdict(relu=tries, elu=[one("elu", True)]).fraction == 1


def test_where_two_earn_as_much_the_one_that_is_named_so_stands() -> None:
    tries = [one("f7", False, named=False), one("relu", False, line=9)]
    found = verdict(relu=tries, elu=[one("elu", True)])
    assert found.where is not None
    assert found.where.line == 9


def test_a_known_mistake_is_named() -> None:
    found = verdict(relu=[one("relu", False, mistake="its sign is wrong")], elu=[one("elu", True)])
    assert found.observed.endswith("relu: off by 2. The same numbers come out where its sign is wrong")
    assert found.hint == "Is it so in relu that its sign is wrong?"


def test_a_library_that_does_the_work_is_named() -> None:
    found = verdict(relu=[one("relu", True, library=("relu",))], elu=[one("elu", True)])
    assert found.fraction == 0.5
    assert found.observed.endswith("ReLU: relu leaves the work to PyTorch: relu")


def test_an_attempt_that_raises_is_told_with_its_error() -> None:
    found = verdict(relu=[one("relu", False, error="ValueError: no")], elu=[one("elu", True)])
    assert found.observed.endswith("ReLU: relu: ValueError: no")


def test_what_was_not_written_is_not_attempted() -> None:
    stub = one("relu", False, error="NotImplementedError")
    found = verdict(relu=[stub])
    assert (found.outcome, found.fraction) == ("not_attempted", 0)
    assert found.findings[0].observed == "it raises NotImplementedError: not written yet"
    assert found.findings[1].observed == "no function does this"
    found = verdict(relu=[stub], elu=[one("elu", True)])
    assert (found.outcome, found.fraction) == ("partial", 0.5)


def test_what_an_interrupted_cell_may_have_hidden_is_undecided() -> None:
    stopped = Circumstances(interrupted="lab.ipynb, cell 4: interrupted after 60 s")
    found = verdict(stopped, relu=[one("relu", True)])
    assert found.outcome == "undecided"
    assert found.observed == "lab.ipynb, cell 4: interrupted after 60 s"
    assert [finding.holds for finding in found.findings] == [True, None]
    assert verdict(stopped, relu=[one("relu", True)], elu=[one("elu", False)]).outcome == "partial"
