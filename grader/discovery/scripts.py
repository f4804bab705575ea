"""Which scripts are the work, which are helpers that the work imports, and which are never run."""

import ast
import json
import re
import warnings
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

_HELPER_NAME = re.compile(r"setup|conftest|__init__|utils?|helpers?|utilities|config|settings|constants")
_HELPER_AFFIX = re.compile(r"(utils?|test|helpers?)_.*|.*_(utils?|test|helpers?)")
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+([.\w]+)[ \t]+import[ \t]+([^\n#]*)|import[ \t]+([\w., \t]+))", re.MULTILINE
)
_MAIN_GUARD = re.compile(r"^if\s+\(?\s*__name__\s*==\s*['\"]__main__['\"]", re.MULTILINE)
LARGEST_SYNTAX_TREE = 2_000_000  # characters; a tree takes some hundred times the memory of its text
_TRAINS = re.compile(r"\.backward\s*\(|\.step\s*\(\s*\)")


def has_main_guard(text: str) -> bool:
    return bool(_MAIN_GUARD.search(text))


def trains(text: str) -> bool:
    return bool(_TRAINS.search(text))


def read(path: Path) -> str:
    """The file as text, whatever its encoding: only looked through, never run from here."""
    return path.read_bytes().decode("utf-8", "replace")


def notebook_code(path: Path) -> str:
    """The code of a notebook, or its bare text where it is not valid JSON."""
    text = read(path)
    try:
        document = json.loads(text)
        sheets = document.get("worksheets") or [document]
        cells = [cell for sheet in sheets for cell in sheet["cells"] if cell.get("cell_type") == "code"]
        sources = [cell.get("source") or cell.get("input") or "" for cell in cells]
        return "\n".join(source if isinstance(source, str) else "".join(source) for source in sources)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return text.replace("\\n", "\n").replace('\\"', '"')


@lru_cache(maxsize=64)
def imported(text: str) -> frozenset[str]:
    """Every module that `text` may import, also by its dotted beginnings; syntax errors are tolerated."""
    names: set[str] = set()
    try:
        if len(text) > LARGEST_SYNTAX_TREE:
            raise MemoryError
        with warnings.catch_warnings():  # invalid escapes of students are no concern of ours
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        for module, attributes, modules in _IMPORT.findall(text):
            listed = [
                part.split()[0] for part in (modules or attributes).strip(" ()").split(",") if part.split()
            ]
            names.update([module, *(f"{module}.{name}" for name in listed)] if module else listed)
    else:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                names.update(f"{node.module or ''}.{alias.name}" for alias in node.names)
    parts = [name.strip(".").split(".") for name in names]
    return frozenset(".".join(part[:length]) for part in parts for length in range(1, len(part) + 1))


def uses(text: str, file: Path, root: Path) -> bool:
    """Whether code imports, runs or names this file below `root`."""
    if file.name in text and re.search(rf"(?<![\w.-]){re.escape(file.name)}(?![\w-])", text):
        return True
    if file.suffix.lower() != ".py":
        return False
    if "%run" in text and re.search(rf"^[ \t]*%run[ \t][^\n]*\b{re.escape(file.stem)}\b", text, re.MULTILINE):
        return True
    return not imported(text).isdisjoint(_modules(file, root))


def needed(text: str, candidates: Mapping[Path, str], root: Path) -> list[Path]:
    """The candidates that code uses, directly or through each other, in the order of the mapping."""
    found: set[Path] = set()
    waiting = [text]
    while waiting:
        code = waiting.pop()
        fresh = [path for path in candidates if path not in found and uses(code, path, root)]
        found.update(fresh)
        waiting.extend(candidates[path] for path in fresh)
    return [path for path in candidates if path in found]


def is_helper_name(path: Path) -> bool:
    return bool(_HELPER_NAME.fullmatch(path.stem.lower()))


def choose(scripts: Mapping[Path, str], root: Path) -> list[Path]:
    """The scripts that are the work, in the order of the mapping.

    A script that another one imports, or that is named like one (utils, setup, conftest, test_*), is a
    helper. Where that leaves none, those with a __main__ part are the work; where there is none either,
    all but setup and conftest.
    """
    modules = {path: imported(text) for path, text in scripts.items()}
    importers = Counter(name for names in modules.values() for name in names)
    helpers = {
        path
        for path in scripts
        if is_helper_name(path)
        or _HELPER_AFFIX.fullmatch(path.stem.lower())
        or any(importers[name] > (name in modules[path]) for name in _modules(path, root))
    }
    guarded = [path for path in scripts if has_main_guard(scripts[path])]
    rest = [path for path in scripts if path.stem not in {"setup", "conftest", "__init__"}]
    return [path for path in scripts if path not in helpers] or guarded or rest


def _modules(file: Path, root: Path) -> set[str]:
    """Names under which a script below `root` can be imported: model, src.model."""
    parts = file.relative_to(root).with_suffix("").parts
    return {".".join(parts[start:]) for start in range(len(parts))}
