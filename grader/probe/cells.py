"""Which cell is running, and which line of it called us."""

import sys
import sysconfig
from pathlib import Path
from types import FrameType, FunctionType
from typing import Any

from grader.probe.bindings import written

LIBRARIES = (
    sysconfig.get_path("stdlib"),
    sysconfig.get_path("platstdlib"),
    str(Path(__file__).parent.parent),  # our own
)


def is_students(file: str) -> bool:
    """Code of this name was written in a cell, or in a file of the student's: it is not installed."""
    if "ipykernel_" in file:
        return True
    return not ("site-packages" in file or "dist-packages" in file or file.startswith(("<", *LIBRARIES)))


def is_beside(file: str) -> bool:
    """In the notebook's folder, or one below it that holds no packages."""
    path = Path(file)
    return path.is_relative_to(Path.cwd()) and not {"site-packages", "dist-packages"} & set(path.parts)


class Cells:
    """Follows IPython's events. Cells are numbered as in the file; nested runs (%run) belong to the outer cell."""

    def __init__(self, order: list[int]) -> None:
        self._order = order
        self._depth = 0
        self._started = -1
        self._cell_of_file: dict[str, int] = {}

    @property
    def current(self) -> int | None:
        return self._order[self._started] if 0 <= self._started < len(self._order) else None

    @property
    def all_run(self) -> bool:
        """The last cell has ended."""
        return self._depth == 0 and self._started == len(self._order) - 1

    @property
    def between(self) -> bool:
        """No cell is running: the one that just ended was not nested in another."""
        return self._depth == 0

    def watch(self, shell: Any) -> None:
        """Register with an InteractiveShell; also learn the file name that each cell's code is compiled under."""
        shell.events.register("pre_run_cell", self._before)
        shell.events.register("post_run_cell", self._after)
        cache = shell.compile.cache

        def remember(*args: Any, **kwargs: Any) -> Any:
            name = cache(*args, **kwargs)
            if self.current is not None:
                self._cell_of_file[name] = self.current
            return name

        shell.compile.cache = remember

    def _before(self, info: Any) -> None:
        self._depth += 1
        if self._depth == 1:
            self._started += 1

    def _after(self, result: Any) -> None:
        self._depth = max(0, self._depth - 1)

    def place_of_class(self, module: Any) -> dict[str, int | None]:
        """Where the notebook defines a module's forward pass; where it is running now, if that is a library's."""
        forward = getattr(type(module).forward, "__wrapped__", type(module).forward)
        code = getattr(forward, "__code__", None)
        defined = self.place_of_code(code) if code is not None else None
        return defined if defined is not None and defined["cell"] is not None else self.here()

    def is_own(self, value: Any) -> bool:
        """A function that a cell has defined, or a module that lies beside the notebook."""
        function = written(value) if callable(value) and not isinstance(value, type) else value
        if not isinstance(function, FunctionType):
            return False
        file = function.__code__.co_filename
        return file in self._cell_of_file or is_beside(file)

    def place_of_code(self, code: Any) -> dict[str, int | None]:
        """Where a code object was written."""
        cell = self._cell_of_file.get(getattr(code, "co_filename", ""))
        return {"cell": cell, "line": code.co_firstlineno if cell is not None else None}

    def here(self) -> dict[str, int | None]:
        """The innermost frame on the stack that lies in a cell."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            cell = self._cell_of_file.get(frame.f_code.co_filename)
            if cell is not None:
                return {"cell": cell, "line": frame.f_lineno}
            frame = frame.f_back
        return {"cell": self.current, "line": None}
