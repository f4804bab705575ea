"""A hostile string in every field of a result stays text on every page."""

import re
from typing import get_args

import pytest

from grader.reporting.class_page import render_class
from grader.reporting.feedback import render_feedback
from grader.schema.profile import ProfileName
from grader.schema.result import Basis, CellRun, Outcome, Result

from . import sample
from .page_reader import PageReader

WORDS = {*get_args(Outcome), *get_args(Basis), *get_args(ProfileName), "equal", "differs", "missing", "extra"}
WORDS |= set(get_args(CellRun.model_fields["status"].annotation))
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "</style></title></svg><script>alert(1)</script>",
    "`<script>alert(1)</script>`",
    "{{ 7 * 7 }}{% raw %}",
)


def poisoned(value: object, text: str) -> object:
    """The same structure with `text` for every free string, keys of tables included."""
    if isinstance(value, str):
        return value if value in WORDS else text
    if isinstance(value, list | tuple):
        return [poisoned(item, text) for item in value]
    if isinstance(value, dict):
        return {key: poisoned(item, text) for key, item in value.items()}
    return value


def poisoned_result(text: str) -> Result:
    data = poisoned(sample.near_miss().model_dump(), text)
    assert isinstance(data, dict)
    return Result.model_validate(data | {"versions": {text: text}, "timings": {text: 1.0}})


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_inert_in_feedback(text: str) -> None:
    source = render_feedback(poisoned_result(text))
    page = PageReader(source)
    assert page.problems == []
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert not [name for name in page.attributes if name.startswith("on")]
    assert all(link.startswith(("#", "./", "data:,")) for link in page.links)
    assert "<script>alert" not in source
    assert not re.search(r"\b49\b", page.text)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_inert_on_the_class_page(text: str) -> None:
    one = poisoned_result(text)
    page = PageReader(
        render_class(sample.class_result(one, sample.undecided().model_copy(update={"student": text})))
    )
    assert page.problems == []
    assert page.tags.count("script") == 1
    assert "alert" not in page.inline["script"]
    assert not [name for name in page.attributes if name.startswith("on")]
    assert all(link.startswith(("#", "./", "data:,")) for link in page.links)


def test_hostile_text_is_readable_as_text() -> None:
    assert "<script>alert(1)</script>" in PageReader(render_feedback(poisoned_result(HOSTILE[0]))).text


def test_control_and_bidi_characters_never_reach_a_page() -> None:
    source = render_feedback(poisoned_result("a\x1b[31m\u202eb\x00\u2066"))
    assert not set(source) & set("\x1b\u202e\x00\u2066")
