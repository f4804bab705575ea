"""Published weights without a network: the course's files, or stand-ins of the same form.

torchvision and torch.hub ask for a file by its published name. Where the course has it, that file is loaded; where it has
not, a network of that name with random weights of ours stands in, always the same ones, so that the notebook runs on.
"""

import functools
import os
import sys
import time
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import torch
import torchvision

from grader.probe.graphs import invisibly
from grader.probe.tensors import is_constant
from grader.probe.watcher import Watcher

REPOSITORY = "pytorch/vision"  # for torch.hub.load
JITTER = 0.1  # of what every new network has alike: biases of 0, scales of 1


def install(watcher: Watcher, folder: Path | None) -> None:
    """Answer every way to ask for published weights, and remember what was handed out."""
    hub = torch.hub
    started = time.time()  # files that are younger were written by the notebook itself
    original_load, original_hub = torch.load, hub.load

    @functools.wraps(hub.load_state_dict_from_url)
    def load_state_dict_from_url(
        url: str,
        model_dir: str | None = None,
        map_location: Any = None,
        progress: bool = True,
        check_hash: bool = False,
        file_name: str | None = None,
        weights_only: bool = False,
    ) -> dict[str, Any]:
        name = file_name or Path(urlparse(url).path).name
        path = folder / name if folder is not None else None
        if path is not None and path.is_file():
            state = original_load(path, map_location="cpu", weights_only=True)
            kind = "course"
        else:
            network = network_named(name)
            if network is None:
                raise FileNotFoundError(
                    f"{name}: there is no network here, this file is not among the course's weights, and no torchvision "
                    "network is known by that name"
                )
            state, kind = stand_in(network, name), "standin"
        watcher.weights_loaded(name, kind, state)
        return dict(state) if map_location is None else moved(state, map_location)

    @functools.wraps(original_hub)
    def load(repo_or_dir: str, model: str, *args: Any, **kwargs: Any) -> Any:
        if not str(repo_or_dir).startswith(REPOSITORY):
            return original_hub(repo_or_dir, model, *args, **kwargs)  # type: ignore[no-untyped-call]
        for word in ("source", "trust_repo", "force_reload", "verbose", "skip_validation"):
            kwargs.pop(word, None)
        built: Any = getattr(torchvision.models, model)
        return built(*args, **kwargs)

    @functools.wraps(original_load)
    def watched_load(f: Any, *args: Any, **kwargs: Any) -> Any:
        state = original_load(f, *args, **kwargs)
        if isinstance(f, str | os.PathLike) and Path(f).stat().st_mtime < started:
            watcher.weights_loaded(Path(f).name, "own", state)
        return state

    replace_everywhere(hub.load_state_dict_from_url, load_state_dict_from_url)
    replace_everywhere(hub.load, load)
    torch.load = watched_load


def replace_everywhere(original: Any, other: Any) -> None:
    """In every module of PyTorch that has imported the function by name."""
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] in ("torch", "torchvision"):
            for attribute, value in list(vars(module).items()):
                if value is original:
                    setattr(module, attribute, other)


@functools.cache
def published_files() -> dict[str, str]:
    """torchvision's networks by the names of their files."""
    found: dict[str, str] = {}
    for name in torchvision.models.list_models(module=torchvision.models):
        for weights in torchvision.models.get_model_weights(name):
            found[Path(urlparse(weights.url).path).name] = name
    return found


def network_named(file: str) -> str | None:
    """The torchvision network of a published file, also of an older one: resnet18-5c106cde.pth."""
    known = published_files()
    if file in known:
        return known[file]
    stem = file.partition("-")[0].partition(".")[0]
    return stem if stem in set(known.values()) else None


def stand_in(network: str, file: str) -> dict[str, torch.Tensor]:
    """Random weights in the form of published ones, the same ones for every kernel."""
    with invisibly():
        torch.manual_seed(zlib.crc32(file.encode()))
        state: dict[str, torch.Tensor] = torchvision.models.get_model(network, weights=None).state_dict()
        for tensor in state.values():
            if is_constant(tensor):
                tensor += JITTER * torch.rand_like(tensor)
    return state


def moved(state: dict[str, Any], location: Any) -> dict[str, Any]:
    device = location if isinstance(location, str | torch.device) else "cpu"
    return {name: t.to(device) if isinstance(t, torch.Tensor) else t for name, t in state.items()}
