"""Small questions about tensors."""

import pytest
import torch

from grader.probe.tensors import kind_of_scores


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_scores_are_told_under_any_default_dtype(dtype: torch.dtype) -> None:
    usual = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        scores = torch.randn(4, 10)
        kinds = [kind_of_scores(given) for given in (scores, scores.log_softmax(1), scores.softmax(1))]
    finally:
        torch.set_default_dtype(usual)
    assert kinds == ["logits", "log_probabilities", "probabilities"]
