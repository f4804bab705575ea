"""A network as data: torch.export's list of ATen calls as JSON, and its weights as safetensors.

Export runs on a copy that shares the weights, with output silenced and every random generator put back, so that the
student's module is as it was.
"""

import contextlib
import copy
import io
import json
import logging
import random
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn
from torch.fx.experimental.proxy_tensor import make_fx

from grader.probe.tensors import first_tensor

MAX_NODES = 20_000
NO_VALUE = frozenset(  # calls for their effect on PyTorch or as assertions
    {
        "torch._C._set_grad_enabled",
        "torch.amp.autocast_mode._enter_autocast",  # replayed in float32
        "torch.amp.autocast_mode._exit_autocast",
        "aten._assert_scalar.default",
        "aten._assert_tensor_metadata.default",
    }
)


@contextlib.contextmanager
def invisibly() -> Iterator[None]:
    """Nothing printed, nothing logged, no random number used, gradients off."""
    cuda_state = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
    torch_state, numpy_state, python_state = torch.get_rng_state(), np.random.get_state(), random.getstate()
    out, err, level = sys.stdout, sys.stderr, logging.root.manager.disable
    sys.stdout = sys.stderr = io.StringIO()
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.stdout, sys.stderr = out, err
        logging.disable(level)
        torch.set_rng_state(torch_state)
        if cuda_state:
            torch.cuda.set_rng_state_all(cuda_state)
        np.random.set_state(numpy_state)
        random.setstate(python_state)


def twin(module: nn.Module, training: bool | None) -> nn.Module:
    """A copy with the same tensors, without the student's hooks, in the wanted mode (None: as it is)."""
    shared: dict[int, Any] = {id(tensor): tensor for tensor in (*module.parameters(), *module.buffers())}
    other = copy.deepcopy(module, shared)
    for part in other.modules():
        part._forward_hooks.clear()
        part._forward_pre_hooks.clear()
        if training is not None:
            part.training = training
    return other


def encode(value: Any) -> Any:
    """An argument of an ATen call as JSON: {"n": node}, {"f": float}, {"t": torch constant}, or itself."""
    if isinstance(value, torch.fx.Node):
        return {"n": value.name}
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    if isinstance(value, float):
        return {"f": repr(value)}
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, torch.dtype | torch.device | torch.layout | torch.memory_format):
        return {"t": str(value)}
    raise TypeError(f"an argument of type {type(value).__name__} cannot be written down")


def shape_of(node: torch.fx.Node) -> list[int] | None:
    value = node.meta.get("val")
    if isinstance(value, tuple | list) and value:
        value = value[0]  # of a pooling that also gives indices: its values
    return [int(size) for size in value.shape] if isinstance(value, torch.Tensor) else None


def dtype_of(node: torch.fx.Node) -> str | None:
    value = node.meta.get("val")
    return str(value.dtype) if isinstance(value, torch.Tensor) else None


def operation(target: Any) -> str:
    if isinstance(target, torch._ops.OpOverload):
        return str(target)
    return f"{target.__module__}.{target.__name__}"


def graph_of(
    module: nn.Module, example: torch.Tensor, mode: str
) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """The graph as a JSON object, and the constants it needs beside the state, named with the mode in front."""
    program = torch.export.export(module, (example,), strict=False)
    state, constants = program.state_dict, dict[str, torch.Tensor]()
    names = first_names(module)
    sources: list[list[str | None]] = []
    for spec in program.graph_signature.input_specs:
        target = spec.target
        value = program.constants.get(target) if target is not None and target not in state else None
        if isinstance(value, torch.Tensor):
            target = f"{mode}:{target}"
            constants[target] = value.detach()
        sources.append([spec.kind.name, names.get(target, target)])
    mutated = len(program.graph_signature.buffers_to_mutate)
    return written(program.graph_module, sources, mutated, constants, mode), constants


def first_names(module: nn.Module) -> dict[str | None, str]:
    """Of weights that layers share, by each of their names: the one that named_parameters() gives."""
    first = {id(parameter): name for name, parameter in module.named_parameters()}
    return {name: first[id(p)] for name, p in module.named_parameters(remove_duplicate=False)}


def traced_graph_of(
    module: nn.Module, example: torch.Tensor, mode: str
) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """The same by running the network once, for what export refuses: branches on values, no_grad regions."""
    parameters = {name: tensor.detach() for name, tensor in module.named_parameters()}
    buffers = {name: tensor.detach().clone() for name, tensor in module.named_buffers()}

    def call(parameters: Any, buffers: Any, images: torch.Tensor) -> Any:
        given = torch.func.functional_call(module, (parameters, buffers), (images,))
        return given if isinstance(given, torch.Tensor | tuple | list | dict) else first_tensor(given)

    trace = make_fx(call, tracing_mode="real", pre_dispatch=True, _error_on_data_dependent_ops=False)
    traced = trace(parameters, buffers, example.detach().clone())
    traced.graph.eliminate_dead_code()
    sources: list[list[str | None]] = [["PARAMETER", name] for name in parameters]
    sources += [["BUFFER", name] for name in buffers]
    sources.append(["USER_INPUT", None])
    constants: dict[str, torch.Tensor] = {}
    return written(traced, sources, 0, constants, mode), constants


def written(
    module: torch.fx.GraphModule,
    sources: list[list[str | None]],
    mutated: int,
    constants: dict[str, torch.Tensor],
    mode: str,
) -> dict[str, Any]:
    """All nodes as JSON. The first `mutated` outputs are buffers, not scores; attributes become constants."""
    if len(module.graph.nodes) > MAX_NODES:
        raise ValueError(f"more than {MAX_NODES} operations")
    nodes: list[dict[str, Any]] = []
    inputs = iter(sources)
    for node in module.graph.nodes:
        entry: dict[str, Any] = {"name": node.name, "shape": shape_of(node)}
        if node.op == "placeholder":
            entry |= {"op": "input", "source": next(inputs), "dtype": dtype_of(node)}
        elif node.op == "get_attr" and isinstance(getattr(module, node.target, None), torch.Tensor):
            constants[f"{mode}:{node.target}"] = getattr(module, node.target).detach()
            entry |= {"op": "input", "source": ["CONSTANT", f"{mode}:{node.target}"]}
        elif node.op == "call_function":
            if operation(node.target) in NO_VALUE:
                continue
            kwargs = {key: encode(value) for key, value in node.kwargs.items()}
            entry |= {"op": operation(node.target), "args": encode(node.args), "kwargs": kwargs}
        elif node.op == "output":
            results = node.args[0] if isinstance(node.args[0], list | tuple) else [node.args[0]]
            entry |= {"op": "output", "args": encode(list(results)[mutated:])}
        else:
            raise TypeError(f"a {node.op} node cannot be written down")
        nodes.append(entry)
    return {"nodes": nodes}


def write_graph(module: nn.Module, example: torch.Tensor, mode: str, path: Path) -> dict[str, torch.Tensor]:
    """Export one mode into `path`. Train mode keeps the modules' own flags: what the student really trained with."""
    with invisibly():
        try:
            copied = twin(module, None if mode == "train" else False)
        except Exception:  # a module that cannot be copied is exported itself, and its flags put back
            copied = module
        flags = [(part, part.training) for part in copied.modules()]
        try:
            if mode == "eval":
                for part, _ in flags:
                    part.training = False
            try:
                graph, constants = graph_of(copied, example, mode)
            except Exception as refused:
                try:
                    graph, constants = traced_graph_of(copied, example, mode)
                except Exception:
                    raise refused from None
        finally:
            for part, flag in flags:
                part.training = flag
    path.write_text(json.dumps(graph))
    return constants


def write_tensors(tensors: dict[str, torch.Tensor], path: Path) -> None:
    """Safetensors, written beside and moved into place, so that a killed kernel leaves a whole file or the old one."""
    whole = {name: tensor.detach().to("cpu").contiguous().clone() for name, tensor in tensors.items()}
    draft = path.with_suffix(".part")
    save_file(whole, draft)
    draft.replace(path)
