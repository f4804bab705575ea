"""A dropout that returns more than its output."""

import torch

from grader.evaluation.properties import dropout


def test_what_was_given_may_come_back_beside_the_output() -> None:
    x = 1 + torch.rand(100, 100, generator=torch.Generator().manual_seed(0)).double()
    kept = (torch.rand(100, 100, generator=torch.Generator().manual_seed(1)) >= 0.3).double()
    values = [{"x": x, "p": 0.3, "training": True}, {"x": x, "p": 0.3, "training": False}]
    for given in ([x * kept / 0.7, x, kept], [x, kept / 0.7, x * kept / 0.7]):
        assert all(part.holds for part in dropout(values, [given, [x, x]]))


def test_a_dropout_that_drops_nothing_is_told_so() -> None:
    x = torch.ones(100, 100).double()
    values = [{"x": x, "p": 0.3, "training": True}, {"x": x, "p": 0.3, "training": False}]
    assert not dropout(values, [[x], [x]])[0].holds
