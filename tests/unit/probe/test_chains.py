"""Networks that are called in parts."""

import torch
from torch import nn

from grader.probe.chains import Chains, mode_of, mode_of_layers


def joined(body: nn.Module, head: nn.Module) -> nn.Module:
    chains, images = Chains(), torch.rand(2, 3, 4, 4)
    features = body(images)
    chains.called(body, images, features, None)
    call = chains.joined(head, features.flatten(1), known=True)
    assert call is not None
    return call.module


def test_a_chain_has_the_mode_of_its_parts() -> None:
    body, head = nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU()), nn.Sequential(nn.Linear(8, 4), nn.Dropout())
    chain = joined(body, head)
    assert (chain.training, mode_of(chain)) == (True, True)
    chain = joined(body.eval(), head)
    assert (chain.training, mode_of(chain)) == (True, None)
    chain = joined(body, head.eval())
    assert (chain.training, mode_of(chain)) == (False, False)


def test_layers_that_are_alike_in_both_modes_do_not_disagree() -> None:
    chain = joined(nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU()).eval(), nn.Linear(8, 4))
    assert mode_of(chain) is False
    assert mode_of(nn.Linear(2, 2)) is True


def test_layers_of_one_kind_have_a_mode_of_their_own() -> None:
    network = nn.Sequential(nn.BatchNorm2d(3), nn.Dropout(), nn.Sequential(nn.Dropout2d())).eval()
    network[1].train()
    kinds = (nn.modules.batchnorm._BatchNorm, nn.modules.dropout._DropoutNd, nn.Linear)
    assert [mode_of_layers(network, kind) for kind in kinds] == [False, None, None]
