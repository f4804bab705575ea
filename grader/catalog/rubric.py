"""One rubric file, read and checked: every mistake with its place, what was found and what is expected."""

import difflib
import graphlib
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from grader.catalog.pieces import mistakes_in_pieces
from grader.schema.assignment import Assignment, CheckSpec, Cue, PieceSpec, TaskSpec

RUBRIC = "assignment.toml"

_MODELS: dict[str, type[BaseModel]] = {
    "tasks": TaskSpec,
    "checks": CheckSpec,
    "recognise": Cue,
    "pieces": PieceSpec,
}


def read_rubric(home: Path) -> tuple[Assignment | None, list[str]]:
    """The assignment, or None, and a sentence for each mistake."""
    try:
        data = tomllib.loads((home / RUBRIC).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return None, [f"not valid TOML: {error}."]
    except OSError as error:
        return None, [f"it cannot be read: {error.strerror}."]
    loaded, mistakes = None, []
    try:
        loaded = Assignment.model_validate(data)
    except ValidationError as error:
        mistakes = _described(error.errors(), data)
    return loaded, [*mistakes, *_contradictions(data, home, loaded)]


def _described(errors: Sequence[ErrorDetails], data: Any) -> list[str]:
    """Mistakes of form; a key that is only misspelt is not reported as missing too."""
    sentences = []
    meant: set[tuple[int | str, ...]] = set()
    for error in errors:
        *inside, key = error["loc"]
        if error["type"] == "extra_forbidden":
            close = difflib.get_close_matches(str(key), _fields(inside), n=1)
            meant.update((*inside, name) for name in close)
            sentences.append(
                f'{_place(inside, data)}unknown key "{key}". {near(str(key), _fields(inside))}'.strip()
            )
    for error in errors:
        *inside, key = error["loc"]
        if error["type"] == "missing" and error["loc"] not in meant:
            sentences.append(f'{_place(inside, data)}"{key}" is missing.')
        elif error["type"] not in ("missing", "extra_forbidden"):
            inside = inside if isinstance(key, str) else inside[:-1]
            name = key if isinstance(key, str) else error["loc"][-2] if len(error["loc"]) > 1 else key
            sentences.append(f"{_place(inside, data)}{name} = {_brief(error['input'])}; {_wanted(error)}")
    return sentences


def _wanted(error: ErrorDetails) -> str:
    if error["type"] == "literal_error":
        allowed = re.findall(r"'([^']*)'", error.get("ctx", {}).get("expected", ""))
        return f"must be one of {_listed(allowed)}. {near(str(error['input']), allowed)}".strip()
    if error["type"] == "string_pattern_mismatch":
        return f"must match {error.get('ctx', {}).get('pattern')}."
    return (
        error["msg"].replace("Input should be", "must be").replace("greater than or equal to 0", "0 or more")
        + "."
    )


def _contradictions(data: dict[str, Any], home: Path, loaded: Assignment | None) -> Iterator[str]:
    """Mistakes between values, looked for in whatever has the right form."""
    if isinstance(data.get("id"), str) and data["id"] != home.name:
        yield f'id = "{data["id"]}"; must be the name of the folder, "{home.name}".'
    tasks = _tables(data.get("tasks"))
    yield from _twice("task", (task.get("id") for task in tasks))
    for number, task in enumerate(tasks):
        place = _place(["tasks", number], data)
        checks = _tables(task.get("checks"))
        yield from (place + sentence for sentence in _twice("check", (check.get("id") for check in checks)))
        yield from (place + sentence for sentence in _broken_requirements(checks))
    points = [check.get("points") for task in tasks for check in _tables(task.get("checks"))]
    numbers = [value for value in points if isinstance(value, int | float)]
    maximum = data.get("max_score")
    if (
        isinstance(maximum, int | float)
        and len(numbers) == len(points)
        and abs(sum(numbers) - maximum) > 1e-9
    ):
        yield f"max_score = {maximum:g}; must be the sum of the points of all checks, {sum(numbers):g}."
    for number, cue in enumerate(_tables(data.get("recognise")), start=1):
        try:
            re.compile(str(cue.get("pattern", "")))
        except re.error as error:
            yield f"recognise {number}: pattern = {_brief(cue['pattern'])}; not a regular expression: {error}."
    if loaded is not None:
        yield from mistakes_in_pieces(loaded)
    files = data.get("helper_files")
    named = [("helper_files", name) for name in files] if isinstance(files, list) else []
    for key, name in (*named, ("starter", data.get("starter"))):
        if isinstance(name, str) and not _inside(home, name):
            hint = near(name, [path.name for path in home.iterdir()])
            yield f'{key}: no file "{name}" in the folder. {hint}'.strip()


def _inside(home: Path, name: str) -> bool:
    return (home / name).is_file() and (home / name).resolve().is_relative_to(home.resolve())


def _broken_requirements(checks: Sequence[dict[str, Any]]) -> Iterator[str]:
    """`requires` that name no check of the task, or that go round in a circle."""
    known = [str(check.get("id")) for check in checks]
    graph: dict[str, set[str]] = {}
    for check in checks:
        listed = check.get("requires")
        wanted = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
        for name in wanted:
            if name not in known:
                hint = near(name, known)
                yield f'check "{check.get("id")}" requires "{name}", no check of this task. {hint}'.strip()
        graph.setdefault(str(check.get("id")), set()).update(name for name in wanted if name in known)
    while True:
        try:
            graphlib.TopologicalSorter(graph).prepare()
            return
        except graphlib.CycleError as error:
            circle: list[str] = error.args[1]
            yield f"checks require each other in a circle: {' <- '.join(circle)}."
            graph[circle[1]].discard(circle[0])


def _twice(kind: str, names: Iterable[Any]) -> Iterator[str]:
    counts = Counter(name for name in names if isinstance(name, str))
    yield from (f'{kind} "{name}" occurs {count} times.' for name, count in counts.items() if count > 1)


def _place(inside: Sequence[int | str], data: Any) -> str:
    """task "network", check "parameters": where a mistake is, by id and else by number from 1."""
    words = []
    here = data
    for list_name, number in zip(inside[::2], inside[1::2], strict=False):
        here = here[list_name][number]
        if isinstance(number, str):
            words.append(f'{list_name} "{number}"')
            continue
        name = here.get("id") if isinstance(here, dict) else None
        kind = {"tasks": "task", "checks": "check", "pieces": "piece", "trials": "trial"}.get(
            str(list_name), str(list_name)
        )
        words.append(f'{kind} "{name}"' if isinstance(name, str) else f"{kind} {int(number) + 1}")
    return ", ".join(words) + ": " if words else ""


def _fields(inside: Sequence[int | str]) -> list[str]:
    names = [step for step in inside if isinstance(step, str)]
    return list((_MODELS[names[-1]] if names else Assignment).model_fields)


def _tables(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _brief(value: Any) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


def near(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f'Did you mean "{close[0]}"?' if close else ""


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def report(home: Path, mistakes: Sequence[str], name: str = RUBRIC) -> str:
    count = "1 problem" if len(mistakes) == 1 else f"{len(mistakes)} problems"
    return f"{home.parent.name}/{home.name}/{name}: {count}. {' '.join(mistakes)}"
