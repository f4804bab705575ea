"""Paths of Colab and Kaggle, which exist nowhere else, made relative to the working folder."""

import re
from typing import Any

_HOSTED = re.compile(r"/(?:content|kaggle/(?:working|input))(?=[/\"'\s\\);,&|`]|$)")
_ENTERS = re.compile(r"(\bcd|chdir\()\s*[rf]?[\"']?$")  # the path is a folder that is gone into
_BASE = re.compile(r"content(/g?drive(/(MyDrive|My Drive))?|/kaggle/(working|input))?(?=/|$)")
_NOT_A_NAME = re.compile(r"[{}*?$<>|\[\]\"'`;&()\\\x00-\x1f]|^\.\.?$")  # a pattern, a variable, a way out
_SHELL_CELLS = ("%%bash", "%%sh", "%%script", "%%writefile")
LONGEST_LINE = 2_000  # characters; longer ones are data, and hostile ones would cost their square
MOST_DIRECTORIES = 100
LONGEST_NAME = 100  # characters
DEEPEST = 12


def make_relative(cells: list[dict[str, Any]], remarks: list[str]) -> list[str]:
    """Rewrites paths in code cells, /content/x to ./content/x and /kaggle/x to ./content/kaggle/x, line by line.

    Returns the directories that would exist there, relative and without `..`: the roots of the drives, the folders
    of files that are named, and folders that the code changes into.
    Catches: paths at the start of a string, after a blank in one, in shell lines, magics and shell cells.
    Misses: a path that is put together from parts, or after a blank in a string of several lines. A relative path
    after the working folder was changed means another folder.
    """
    directories: set[str] = set()
    changed = []
    for number, cell in enumerate(cells, start=1):
        if cell["cell_type"] != "code" or not _HOSTED.search(cell["source"]):
            continue
        source = _rewritten(cell["source"], directories)
        if source != cell["source"]:
            cell["source"] = source
            changed.append(str(number))
    if changed:
        where = ("cell " if len(changed) == 1 else "cells ") + ", ".join(changed)
        remarks.append(f"paths of Colab or Kaggle were made relative ({where}): /content became ./content")
    return sorted(directories)[:MOST_DIRECTORIES]


def _rewritten(source: str, directories: set[str]) -> str:
    lines = []
    shell_cell = source.lstrip().startswith(_SHELL_CELLS)
    continued = False
    for line in source.split("\n"):
        shell = shell_cell or continued or line.lstrip().startswith(("!", "%"))
        continued = shell and line.endswith("\\")
        written, done = "", 0
        for found in _HOSTED.finditer(line) if len(line) <= LONGEST_LINE else ():
            if _begins_a_path(line[: found.start()], shell):
                folder = found[0].removeprefix("/") if found[0] == "/content" else "content" + found[0]
                written += line[done : found.start()] + "./" + folder
                done = found.end()
                directories.update(_directories(folder, line[: found.start()], line[done:]))
        lines.append(written + line[done:])
    return "\n".join(lines)


def _begins_a_path(before: str, shell: bool) -> bool:
    """Whether a slash after this beginning of a line starts a path rather than dividing or going on with one."""
    if before.endswith(('"', "'", "`")):
        return True
    in_string = before.count('"') % 2 == 1 or before.count("'") % 2 == 1
    return (shell or in_string) and (not before or before[-1] in " \t=,>")


def _directories(folder: str, before: str, after: str) -> set[str]:
    """The directories that the path `folder` + the beginning of `after` expects to be there."""
    quote = before[-1:] if before[-1:] in {'"', "'", "`"} else ""
    end = re.search(re.escape(quote) if quote else r"(?<!\\)[\s\"'`;&|)]", after)
    path = folder + (after[: end.start()] if end else after).replace("\\ ", " ")
    names = path.split("/")
    known = next((at for at, name in enumerate(names) if _NOT_A_NAME.search(name)), None)
    if known is not None:
        names = names[:known]
    elif not _ENTERS.search(before):
        names = names[:-1]  # a file, or a folder that the code makes; a slash at the end leaves "" here
    base = _BASE.match(path)
    found = {base[0]} if base else set()
    if base and base[0].endswith("drive"):
        found.add(f"{base[0]}/MyDrive")
    names = [name for name in names if name]
    below = names[:1] == ["content"]  # and not a folder whose name only begins so: /content\ old
    if below and len(names) <= DEEPEST and all(len(name) <= LONGEST_NAME for name in names):
        found.add("/".join(names))
    return found - {""}
