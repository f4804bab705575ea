"""Commands that a notebook starts: what installs or needs the network is not run.

`!python script.py` runs inside the kernel, so that what it trains is seen and bounded.
"""

import os
import re
import runpy
import shlex
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grader.probe import archive
from grader.probe.watcher import Watcher

NOT_RUN = {
    "pip", "pip3", "conda", "mamba", "apt", "apt-get", "sudo", "wget", "curl", "git", "gdown", "kaggle", "npm",
    "nvidia-smi", "jupyter", "tensorboard", "uv", "brew", "ssh", "scp", "rsync",
}  # fmt: skip
_PYTHON = re.compile(r"python(3(\.\d+)?)?(\.exe)?")
_NEXT_COMMAND = re.compile(r"&&|\|\||[;|\n]")


def words_of(command: str) -> list[str]:
    """A command's words from its name on; the module is the name where Python runs one with -m."""
    try:
        words = shlex.split(command.strip())
    except ValueError:
        words = command.split()
    while words and "=" in words[0] and not words[0].startswith("-"):
        words = words[1:]  # VARIABLE=value before the command
    if words and Path(words[0]).name == "env":
        words = words[1:]
    if len(words) > 2 and words[1] == "-m" and _PYTHON.fullmatch(Path(words[0]).name):
        words = words[2:]
    return [Path(words[0]).name, *words[1:]] if words else []


def reaches_out(command: str) -> bool:
    """Whether any part of a shell command installs something or needs the network."""
    return any(words_of(part)[:1] in [[name] for name in NOT_RUN] for part in _NEXT_COMMAND.split(command))


def script_in(command: str) -> list[str] | None:
    """[script, arguments...] of `python script.py arguments`; None for any other command."""
    if _NEXT_COMMAND.search(command) or set("<>&$`") & set(command):
        return None
    words = words_of(command)
    if not words or not _PYTHON.fullmatch(words[0]):
        return None
    words = words[1:]
    while words and words[0] in ("-u", "-B", "-O"):
        words = words[1:]
    return words if words and words[0].endswith(".py") and Path(words[0]).is_file() else None


def install(watcher: Watcher, shell: Any) -> None:
    images = watcher.config.images
    course_files = {Path(name).name for name in watcher.config.helper_files}

    def allowed(command: str, written: str = "") -> bool:
        if not reaches_out(command):
            return True
        if archive.NAME in command and words_of(command)[:1] in (["wget"], ["curl"]) and "cifar10" in images:
            archive.put(watcher, archive.destination(command))
            return False
        fetched = [name for name in course_files if name in command]
        extra = f"; the course's own {', '.join(fetched)} lies beside the notebook" if fetched else ""
        watcher.remark(f"not run: {written}{command.strip()[:120]}{extra}")
        return False

    def expanded(command: str) -> str:
        return str(shell.var_expand(command, depth=2))

    for name in ("system", "system_raw", "system_piped"):
        original = getattr(shell, name, None)
        if original is not None:

            def run(command: str, original: Any = original) -> Any:
                whole = expanded(command)
                if not allowed(whole, "!"):
                    return None
                script = script_in(whole)
                return run_script(script) if script else original(command)

            object.__setattr__(shell, name, run)
    getoutput = shell.getoutput

    def output_of(command: str, *args: Any, **kwargs: Any) -> Any:
        return getoutput(command, *args, **kwargs) if allowed(expanded(command), "!") else []

    object.__setattr__(shell, "getoutput", output_of)
    started_by_python(allowed)


def run_script(script: list[str]) -> None:
    """`!python script.py` as a part of this process, so that what it trains is seen and bounded."""
    arguments, path = sys.argv, list(sys.path)
    sys.argv = script
    sys.path.insert(0, str(Path(script[0]).resolve().parent))
    try:
        runpy.run_path(script[0], run_name="__main__")
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
    except Exception:  # as in a shell: it is printed, and the cell goes on
        traceback.print_exc()
    finally:
        sys.argv, sys.path[:] = arguments, path


def started_by_python(allowed: Callable[[str], bool]) -> None:
    """subprocess and os.system: a command that must not run does nothing and succeeds."""
    start, system, popen = subprocess.Popen.__init__, os.system, os.popen

    def start_allowed(self: Any, args: Any, *rest: Any, **kwargs: Any) -> None:
        words = [args] if isinstance(args, str | bytes | os.PathLike) else list(args)
        command = os.fsdecode(words[0]) if len(words) == 1 else shlex.join(map(os.fsdecode, words))
        if not allowed(command):
            args = "true" if kwargs.get("shell") else ["true"]
            kwargs.pop("executable", None)
        start(self, args, *rest, **kwargs)

    subprocess.Popen.__init__ = start_allowed  # type: ignore[assignment]
    os.system = lambda command: system(command) if allowed(os.fsdecode(command)) else 0
    os.popen = lambda command, *rest, **kw: popen(command if allowed(command) else "true", *rest, **kw)
