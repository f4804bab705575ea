"""`grader.check()` in a notebook: runs `grade check` on the saved file, in a process of its own."""

import builtins
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

UNKNOWN = 'grader.check(): which file this notebook is could not be found out. Give its name: grader.check("lab.ipynb")'

GRACE = 5.0  # seconds to clear up in
TERMINAL = ("FORCE_COLOR", "CLICOLOR_FORCE")  # Jupyter's kernels set them, but have no cursor


def check_saved(notebook: str | None) -> None:
    """Prints what `grade check` prints, as it comes."""
    path = notebook or own_file()
    if not path:
        print(UNKNOWN)
        return
    print(f"Checking {path} as it was last saved.", flush=True)
    show(path)


def show(path: str) -> None:
    """Its lines, as plain as in a file, which is what a notebook's output is."""
    # -P: modules that lie beside the notebook are not the grader's
    command = [sys.executable, "-P", "-m", "grader", "check", path]
    surroundings = {name: value for name, value in os.environ.items() if name not in TERMINAL}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace",
        env=surroundings | {"PYTHONIOENCODING": "utf-8"},
    ) as running:  # fmt: skip
        try:
            for line in running.stdout or ():
                print(line, end="", flush=True)
        except KeyboardInterrupt:
            with suppress(subprocess.TimeoutExpired):
                running.wait(GRACE)  # Jupyter interrupts both
            running.terminate()
            raise


def own_file() -> str:
    """The notebook that this kernel belongs to, as Jupyter or VS Code tell it; "" if they name none that is there."""
    ipython: Any = getattr(builtins, "get_ipython", None)
    names: dict[str, Any] = ipython().user_ns if ipython is not None else {}
    said = names.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME", "")
    known = isinstance(said, str) and Path(said).suffix == ".ipynb" and Path(said).is_file()
    return said if known else ""
