"""Text as a notebook's JSON document: what can be understood is, and the format and language are checked."""

import json
import re
from typing import Any

from grader.errors import SubmissionError
from grader.execution.notebook.text import merge_conflict
from grader.store import printable

_OTHER_KERNELS = re.compile(
    r"(ir|julia|xcpp|cling|bash|javascript|js|node|matlab|octave|scala|java|sas|\.net|sql).*", re.IGNORECASE
)


def _parsed(text: str, name: str, remarks: list[str]) -> Any:
    """The JSON document; NaN and infinities become null, text after its end is left out."""
    constants: list[str] = []
    decoder = json.JSONDecoder(parse_constant=constants.append, strict=False)
    start = len(text) - len(text.lstrip())
    try:
        document, end = decoder.raw_decode(text, start)
        if isinstance(document, str):
            document = decoder.decode(document)
            remarks.append("the notebook was stored as a string inside JSON")
    except json.JSONDecodeError as error:
        raise SubmissionError(f"{name}: {_not_json(text, error)}") from error
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits; brackets without end
        raise SubmissionError(
            f"{name}: its JSON cannot be read ({error}). Save it from Jupyter and hand it in again."
        ) from error
    if constants:
        remarks.append(f"{', '.join(sorted(set(constants)))} are not JSON and became null")
    rest = text[end:].lstrip()
    if rest:
        line = text.count("\n", 0, len(text) - len(rest)) + 1
        remarks.append(f"text after the end of the notebook (line {line}) was left out")
    return document


def _not_json(text: str, error: json.JSONDecodeError) -> str:
    conflict = merge_conflict(text)
    if conflict:
        return conflict
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated"):
        return f"the file ends in the middle, at line {error.lineno}. Save the notebook and hand it in again."
    found = f"line {error.lineno}, column {error.colno}: not a notebook's JSON ({error.msg})"
    hint = (
        "If it is a script, name it .py." if error.pos == 0 else "Save it from Jupyter and hand it in again."
    )
    return f"{found}. {hint}"


def document_of(text: str, name: str, remarks: list[str]) -> dict[str, Any]:
    """The notebook's dictionary, its cells flat in `cells`. Raises SubmissionError."""
    document = _parsed(text, name, remarks)
    for key in ("content", "notebook", "ipynb"):
        inner = document.get(key) if isinstance(document, dict) else None
        if isinstance(inner, dict) and "cells" in inner and "cells" not in document:
            remarks.append(f'the notebook was inside another document, under "{key}"')
            document = inner
    if not isinstance(document, dict) or not ({"cells", "worksheets"} & document.keys()):
        raise SubmissionError(
            f'{name}: no "cells" in it, so it is JSON but not a notebook. Hand in the notebook itself (.ipynb).'
        )
    cells = document.get("cells")
    for part in [document, *(cells if isinstance(cells, list) else [])]:
        if isinstance(part, dict) and "metadata" in part:
            part["metadata"] = printable(part["metadata"])
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        remarks.append("its metadata were missing; taken as a Python 3 notebook")
        metadata = {}
    elif not isinstance(metadata.get("kernelspec"), dict):
        remarks.append("it names no kernel; run with Python 3")
    _refuse_other_languages(metadata, name, remarks)
    widgets = metadata.get("widgets")
    if widgets is not None and not _has_state(widgets):
        remarks.append("widget metadata without a state were removed")
    return _upgraded(document, name, remarks)


def _refuse_other_languages(metadata: dict[str, Any], name: str, remarks: list[str]) -> None:
    spec, info = (metadata.get(key) for key in ("kernelspec", "language_info"))
    spec, info = (part if isinstance(part, dict) else {} for part in (spec, info))
    kernel = str(spec.get("name", ""))
    language = str(spec.get("language") or info.get("name") or "")
    if not language and _OTHER_KERNELS.fullmatch(kernel):
        language = str(spec.get("display_name") or kernel)
    if language and not language.lower().startswith(("python", "ipython")):
        raise SubmissionError(
            f"{name}: its kernel runs {language[:40]}; expected Python. Choose a Python kernel and save it again."
        )
    if kernel == "python2" or str(info.get("version", "")).startswith("2."):
        remarks.append("it was written for Python 2; run with Python 3")


def _has_state(widgets: Any) -> bool:
    return isinstance(widgets, dict) and all(isinstance(w, dict) and "state" in w for w in widgets.values())


def _upgraded(document: dict[str, Any], name: str, remarks: list[str]) -> dict[str, Any]:
    version = document.get("nbformat")
    sheets = document.get("worksheets")
    if "cells" not in document and isinstance(sheets, list):
        remarks.append(f"its format, nbformat {version or 3}, is older than 4; upgraded")
        sheets = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
        return {**document, "cells": [cell for cells in sheets if isinstance(cells, list) for cell in cells]}
    if not isinstance(document["cells"], list):
        raise SubmissionError(
            f'{name}: "cells" is not a list. Open the notebook in Jupyter, save it and hand it in again.'
        )
    minor = document.get("nbformat_minor")
    if version != 4:
        remarks.append(f"its format is nbformat {version}; read as nbformat 4")
    elif isinstance(minor, int) and minor > 5:
        remarks.append(f"its format, nbformat 4.{minor}, is newer than 4.5; read as 4.5")
    return document
