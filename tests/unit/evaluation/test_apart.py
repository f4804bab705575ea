"""A function that is right as one piece does not hide that another one is wrong."""

from grader.evaluation.functions import apart
from grader.schema.evaluation import Part, Tried
from grader.schema.evidence import Place


def tried(function: str, holds: bool, named: bool) -> Tried:
    part = Part(title="result", holds=holds, observed="")
    return Tried(function=function, place=Place(cell=0, line=1), named=named, parts=(part,))


WRONG, DROPOUT = tried("drop_connect", False, True), tried("dropout", True, False)
AS_DROPOUT = {"dropout": [tried("dropout", True, True)]}


def test_a_right_dropout_is_no_drop_connect_beside_a_wrong_one() -> None:
    assert apart("drop_connect", {"drop_connect": [WRONG, DROPOUT], **AS_DROPOUT}) == [WRONG]


def test_it_is_one_where_nothing_else_is_called_so() -> None:
    assert apart("drop_connect", {"drop_connect": [DROPOUT], **AS_DROPOUT}) == [DROPOUT]


def test_a_function_that_only_sounds_like_another_piece_counts() -> None:
    check, relu_dx = tried("check_grad_relu", False, True), tried("relu_dx", True, False)
    found = {"relu_grad": [check, relu_dx], "relu": [tried("relu_dx", False, True)]}
    assert apart("relu_grad", found) == [check, relu_dx]
