"""Real-life habits that need a network, a keyboard or another machine: made harmless, with a remark.

Shell and pip magics, Drive mounts, `wget` of helper files, input(), exit(), interactive plots, notebook progress bars,
plotting styles that are gone, packages that only display.
"""

import builtins
import importlib.abc
import importlib.machinery
import shlex
import sys
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from grader.probe.watcher import Watcher

NOT_RUN = {
    "pip", "pip3", "conda", "mamba", "apt", "apt-get", "sudo", "wget", "curl", "git", "gdown", "kaggle", "npm",
    "nvidia-smi", "jupyter", "tensorboard", "uv", "brew", "ssh", "scp", "rsync",
}  # fmt: skip
SHELL_MAGICS = {"pip", "conda", "mamba", "uv", "tensorboard", "system", "sx"}
DISPLAY_ONLY = (
    "torchsummary",
    "torchviz",
    "wandb",
    "tensorboard",
    "tensorboardX",
    "visdom",
    "netron",
    "hiddenlayer",
    "livelossplot",
)


def install(watcher: Watcher, shell: Any) -> None:
    shell_commands(watcher, shell)
    magics(watcher, shell)
    keyboard(watcher, shell)
    fake_modules(watcher)
    plots(watcher)
    progress_bars(watcher)


def first_word(command: str) -> str:
    try:
        words = shlex.split(command.strip())
    except ValueError:
        words = command.split()
    while words and "=" in words[0] and not words[0].startswith("-"):
        words = words[1:]  # VARIABLE=value before the command
    if words[:2] in (["python", "-m"], ["python3", "-m"]):
        words = words[2:]
    return Path(words[0]).name if words else ""


def shell_commands(watcher: Watcher, shell: Any) -> None:
    """`!command`: what would reach for the network or install is not run; the rest is."""
    course_files = {Path(name).name for name in watcher.config.helper_files}

    def allowed(command: str) -> bool:
        word = first_word(command)
        if word not in NOT_RUN:
            return True
        fetched = [name for name in course_files if name in command]
        extra = f"; the course's own {', '.join(fetched)} lies beside the notebook" if fetched else ""
        watcher.remark(f"not run: !{command.strip()[:120]}{extra}")
        return False

    for name in ("system", "system_raw", "system_piped"):
        original = getattr(shell, name, None)
        if original is not None:

            def run(command: str, original: Any = original) -> Any:
                return original(command) if allowed(command) else None

            object.__setattr__(shell, name, run)
    getoutput = shell.getoutput

    def output_of(command: str, *args: Any, **kwargs: Any) -> Any:
        return getoutput(command, *args, **kwargs) if allowed(command) else []

    object.__setattr__(shell, "getoutput", output_of)


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
        if name in ("bash", "sh", "script") and any(first_word(row) in NOT_RUN for row in body.splitlines()):
            watcher.remark(f"not run: a %%{name} cell that needs the network or installs")
            return None
        return cell(name, arguments, body)

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


class Nothing(types.ModuleType):
    """A module or object whose every attribute can be called and does nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Nothing(f"{self.__name__}.{name}")

    def __call__(self, *_: Any, **__: Any) -> "Nothing":
        return self

    def __enter__(self) -> "Nothing":
        return self

    def __exit__(self, *_: Any) -> None:
        return None

    def __iter__(self) -> Any:
        return iter(())

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {}


class Missing(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Last finder: Colab's modules and packages that only display become `Nothing`; others are noted as missing."""

    def __init__(self, watcher: Watcher) -> None:
        self.watcher = watcher

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        top = name.partition(".")[0]
        if name.startswith("google.colab") or top in DISPLAY_ONLY:
            self.watcher.remark(f"{name}: not available here; its calls do nothing")
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        if name == "google":
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        if "." not in name and asked_by_student():
            self.watcher.missing_modules.setdefault(name[:200])
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        module = Nothing(spec.name)
        module.__path__ = []
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        return None


def asked_by_student() -> bool:
    """The import statement stands in a cell or in a file of the student, not inside an installed package."""
    frame: Any = sys._getframe(2)
    while frame is not None and (
        "importlib" in frame.f_code.co_filename or "frozen" in frame.f_code.co_filename
    ):
        frame = frame.f_back
    if frame is None:
        return False
    name = frame.f_code.co_filename
    return "ipykernel_" in name or name.startswith(str(Path.cwd()))


def fake_modules(watcher: Watcher) -> None:
    sys.meta_path.append(Missing(watcher))


def plots(watcher: Watcher) -> None:
    """Plotting styles that newer matplotlib renamed or dropped."""
    from matplotlib import style

    original = style.use

    def use(name: Any) -> None:
        names = [name] if isinstance(name, str | dict | Path) else list(name)
        for one in names:
            try:
                original(one)
            except OSError:
                renamed = str(one).replace("seaborn", "seaborn-v0_8")
                if renamed in style.available:
                    original(renamed)
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
