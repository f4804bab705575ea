"""Writes the JSON Schemas of result.json and results.json: `python -m grader.schema.generate`."""

import json
from pathlib import Path

from pydantic import BaseModel

from grader.schema.result import ClassResult, Result

FOLDER = Path(__file__).parent / "json"
MODELS: dict[str, type[BaseModel]] = {"result.schema.json": Result, "results.schema.json": ClassResult}


def text_of(model: type[BaseModel]) -> str:
    """The schema of what is written (computed fields and defaults included), as the shipped file holds it."""
    return json.dumps(model.model_json_schema(mode="serialization"), indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, model in MODELS.items():
        (FOLDER / name).write_text(text_of(model), encoding="utf-8")


if __name__ == "__main__":
    main()
