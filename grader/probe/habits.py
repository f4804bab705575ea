"""Real-life habits that need a network, a keyboard or another machine: made harmless, with a remark.

Shell and pip magics, Drive mounts, `wget` of helper files, input(), exit(), interactive plots, notebook progress bars,
plotting styles that are gone; packages that are not here, in missing.py.
"""

import ast
import builtins
import sys
import types
from pathlib import Path
from typing import Any

from grader.probe import commands, missing
from grader.probe.watcher import Watcher

SHELL_MAGICS = {"pip", "conda", "mamba", "uv", "tensorboard", "system", "sx"}


def install(watcher: Watcher, shell: Any) -> None:
    commands.install(watcher, shell)
    magics(watcher, shell)
    keyboard(watcher, shell)
    missing.install(watcher, shell)
    plots(watcher)
    progress_bars(watcher)


def magics(watcher: Watcher, shell: Any) -> None:
    """Magics that install, and those that do not exist here, say so instead of ending the cell."""
    line, cell = shell.run_line_magic, shell.run_cell_magic

    def run_line_magic(name: str, arguments: str, *args: Any, **kwargs: Any) -> Any:
        if name == "matplotlib" and arguments.strip() not in ("", "inline", "agg"):
            watcher.remark(f"%matplotlib {arguments.strip()}: plots are drawn inline")
            arguments = "inline"
        if name in SHELL_MAGICS or shell.find_line_magic(name) is None:
            watcher.remark(f"not run: %{name} {arguments[:100]}")
            return None
        try:
            return line(name, arguments, *args, **kwargs)
        except (ModuleNotFoundError, ImportError) as error:  # %load_ext of something that is not here
            if name not in ("load_ext", "reload_ext"):
                raise
            watcher.remark(f"not loaded: %{name} {arguments[:100]} ({error})")
            return None

    def run_cell_magic(name: str, arguments: str, body: str) -> Any:
        if name in ("bash", "sh", "script", "shell", "system", "!") and commands.reaches_out(body):
            watcher.remark(f"not run: a %%{name} cell that needs the network or installs")
            return None
        if shell.find_cell_magic(name) is not None:
            return cell(name, arguments, body)
        if name == "shell":  # Colab's name for it
            watcher.remark("%%shell: run as %%bash")
            return cell("bash", "", body)
        return without_magic(name, body)

    def without_magic(name: str, body: str) -> None:
        """A cell under a magic that does not exist here: mostly one that measures or displays its code."""
        try:
            ast.parse(shell.transform_cell(body))
        except SyntaxError:
            watcher.remark(f"not run: a %%{name} cell; there is no such magic here")
            return
        watcher.remark(f"%%{name}: there is no such magic here; the cell was run without it")
        shell.run_cell(body, store_history=False)

    object.__setattr__(shell, "run_line_magic", run_line_magic)
    object.__setattr__(shell, "run_cell_magic", run_cell_magic)


def keyboard(watcher: Watcher, shell: Any) -> None:
    """Nobody sits at the keyboard: input() answers 1; exit() and quit() end the cell, not the kernel."""

    def answer(prompt: object = "") -> str:
        print(prompt, end="")
        print("1")
        watcher.remark("input(): nobody is there to type; it got the answer 1")
        return "1"

    def leave(*_: Any) -> None:
        watcher.remark("exit() or quit(): ended the cell; the next cells were run all the same")
        raise SystemExit(0)

    shell.kernel.raw_input = answer
    builtins.input = answer
    shell.kernel.getpass = answer
    for name in ("exit", "quit"):
        shell.user_ns[name] = leave
        shell.user_ns_hidden[name] = leave
        setattr(builtins, name, leave)


def plots(watcher: Watcher) -> None:
    """Windows that nobody could see; plotting styles that newer matplotlib renamed or dropped."""
    import matplotlib
    from matplotlib import style

    choose, original = matplotlib.use, style.use

    def use_backend(backend: str, *, force: bool = True) -> None:
        try:
            choose(backend, force=force)
        except ImportError:
            watcher.remark(f"matplotlib.use({backend!r}): there is no screen; plots are drawn inline")

    matplotlib.use = use_backend

    def use(name: Any) -> None:
        names = [name] if isinstance(name, str | dict | Path) else list(name)
        for one in names:
            try:
                original(one)
            except OSError:
                renamed = str(one).replace("seaborn", "seaborn-v0_8")
                if renamed in style.available:
                    original(renamed)
                    watcher.remark(f"plotting style {one!r} is called {renamed!r} in this matplotlib")
                else:
                    watcher.remark(
                        f"plotting style {one!r} does not exist in this matplotlib; the default is used"
                    )

    style.use = use  # type: ignore[assignment]
    if hasattr(style, "core"):
        style.core.use = use


def progress_bars(watcher: Watcher) -> None:
    """tqdm's notebook bars need ipywidgets; text bars do not."""
    try:
        import ipywidgets  # type: ignore[import-not-found]  # noqa: F401
    except ImportError:
        try:
            import tqdm
            import tqdm.std
        except ImportError:
            return
        stand_in: Any = types.ModuleType("tqdm.notebook")
        stand_in.tqdm = stand_in.tqdm_notebook = tqdm.std.tqdm
        stand_in.trange = stand_in.tnrange = tqdm.std.trange
        sys.modules["tqdm.notebook"] = stand_in
        tqdm.notebook = stand_in
        automatic: Any = types.ModuleType("tqdm.auto")
        automatic.tqdm, automatic.trange = tqdm.std.tqdm, tqdm.std.trange
        sys.modules["tqdm.auto"] = automatic
        sys.modules["tqdm.autonotebook"] = automatic
        tqdm.auto = tqdm.autonotebook = automatic
        tqdm.tqdm_notebook, tqdm.tnrange = tqdm.std.tqdm, tqdm.std.trange
