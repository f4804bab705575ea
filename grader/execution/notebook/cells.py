"""Cells of format 4.5 made from whatever a notebook's document holds."""

import re
from collections.abc import Iterator
from typing import Any

_CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")  # nbformat 4.5
_CELL_TYPES = {"code": "code", "markdown": "markdown", "raw": "raw", "heading": "markdown", "html": "raw"}


def notebook_cells(document: dict[str, Any], remarks: list[str]) -> list[dict[str, Any]]:
    """Cells without outputs; what cannot be understood stays as an empty cell, so that numbers hold."""
    cells: list[dict[str, Any]] = []
    minor = document.get("nbformat_minor")
    with_ids = isinstance(minor, int) and minor >= 5
    attachments = bad_ids = bad_outputs = 0
    taken: set[str] = set()
    for number, raw in enumerate(document["cells"], start=1):
        place = f"cell {number}"
        if not isinstance(raw, dict):
            remarks.append(f"{place}: not a cell but {type(raw).__name__}; left empty")
            raw = {"cell_type": "raw", "source": "", "id": f"cell-{number}"}
        kind = _cell_type(raw, place, remarks)
        identity = raw.get("id")
        if not isinstance(identity, str) or not _CELL_ID.fullmatch(identity) or identity in taken:
            bad_ids += 1
            identity = next(i for i in _fresh_ids(number) if i not in taken)
        taken.add(identity)
        cell: dict[str, Any] = {
            "cell_type": kind,
            "id": identity,
            "metadata": _tags(raw),
            "source": _source(raw, place, remarks),
        }
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
            bad_outputs += not _well_formed(raw.get("outputs", []))
        attachments += bool(raw.get("attachments"))
        cells.append(cell)
    if bad_ids and with_ids:
        remarks.append(f"cells without an id of their own ({bad_ids}) were given one")
    if bad_outputs:
        remarks.append(f"malformed stored outputs were dropped ({_cells(bad_outputs)})")
    if attachments:
        remarks.append(f"attached images are in the original file only ({_cells(attachments)})")
    return cells


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count} cells"


def _fresh_ids(number: int) -> Iterator[str]:
    yield f"cell-{number}"
    yield from (f"cell-{number}-{again}" for again in range(2, 10**6))


def _cell_type(raw: dict[str, Any], place: str, remarks: list[str]) -> str:
    written = str(raw.get("cell_type", "")).lower()
    if written in _CELL_TYPES:
        return _CELL_TYPES[written]
    kind = "code" if "outputs" in raw or "execution_count" in raw or "input" in raw else "raw"
    remarks.append(f"{place}: unknown cell type {written[:20]!r}; taken as {kind}")
    return kind


def _source(raw: dict[str, Any], place: str, remarks: list[str]) -> str:
    """The cell's text. Format 3 has code in `input`, and headings with a level."""
    source = raw.get("source", raw.get("input"))
    if isinstance(source, list):
        lines = [line for line in source if isinstance(line, str)]
        if len(lines) > 1 and not any("\n" in line for line in lines):
            remarks.append(f"{place}: its lines had no line ends; they were put back")
            source = "\n".join(lines)
        else:
            source = "".join(lines)
    if not isinstance(source, str):
        remarks.append(f"{place}: no source; taken as empty")
        return ""
    if any("\ud800" <= letter <= "\udfff" for letter in source):
        remarks.append(f"{place}: characters that are not text were replaced by ?")
        source = source.encode("utf-8", "replace").decode()
    if raw.get("cell_type") == "heading":
        level = raw.get("level")
        return "#" * (level if isinstance(level, int) and 1 <= level <= 6 else 1) + " " + source
    return source.replace("\r\n", "\n").replace("\r", "\n")


def _tags(raw: dict[str, Any]) -> dict[str, Any]:
    """Only the tags of a cell's metadata: nbclient heeds raises-exception. It skips cells of a tag that we leave out."""
    metadata = raw.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    if not isinstance(tags, list):
        return {}
    kept = {tag for tag in tags if isinstance(tag, str) and re.fullmatch(r"[^,]+", tag)}
    return {"tags": sorted(kept - {"skip-execution"})}


def _well_formed(outputs: Any) -> bool:
    return isinstance(outputs, list) and all(isinstance(o, dict) and "output_type" in o for o in outputs)
