"""Which functions of PyTorch are called, and those of other libraries that do a piece's work."""

import sys
from collections.abc import Callable
from typing import Any, Self

from torch.optim.optimizer import register_optimizer_step_post_hook
from torch.overrides import TorchFunctionMode

ELSEWHERE = (("numpy", "tanh"), ("math", "tanh"), ("scipy.special", "expit"), ("scipy.special", "softmax"))
TELLING = ("label_smoothing",)  # arguments that make another function of one
MOST_NAMES = 100


class Called(TorchFunctionMode):
    """By name; those with a telling argument as cross_entropy(label_smoothing), optimizers by their class."""

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, None] = {}

    def note(self, name: str) -> None:
        if name and len(self.names) < MOST_NAMES:
            self.names.setdefault(name[:200])

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "")
        self.note(name)
        for telling in TELLING:
            if kwargs and kwargs.get(telling):
                self.note(f"{name}({telling})")
        return func(*args, **(kwargs or {}))

    def __enter__(self) -> Self:
        self._hook = register_optimizer_step_post_hook(lambda one, *_: self.note(type(one).__name__))
        modules = [(sys.modules.get(module), name) for module, name in ELSEWHERE]
        self._replaced = [(module, name, getattr(module, name)) for module, name in modules if module]
        for module, name, function in self._replaced:
            setattr(module, name, self.noting(name, function))
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *failure: Any) -> None:
        super().__exit__(*failure)  # type: ignore[no-untyped-call]
        for module, name, function in self._replaced:
            setattr(module, name, function)
        self._hook.remove()

    def noting(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*args: Any, **kwargs: Any) -> Any:
            self.note(name)
            return function(*args, **kwargs)

        return noted
