"""Texts of students come out harmless."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.reporting.text import clean, one_line, relative_href, shorten


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;http://evil\x07link\x1b]8;;\x07", "link"),
        ("\x1b]0;title\x1b\\x", "x"),
        ("\x9b2Jgone", "gone"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("a\u2066b\u2069\u200b", "ab"),
        ("bell\x07 nul\x00", "bell nul"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("e" + "\u0301" * 40, "e" + "\u0301" * 4),
    ],
)
def test_control_sequences_are_removed(hostile: str, shown: str) -> None:
    assert clean(hostile) == shown


def test_names_in_other_scripts_stay() -> None:
    for name in ("Zoé Lefèvre", "محمد", "陳偉", "Ngọc Ánh", "O'Neill"):
        assert clean(name) == name


@given(st.text())
def test_nothing_but_newlines_controls_the_terminal(text: str) -> None:
    assert not {unicodedata.category(c) for c in clean(text) if c != "\n"} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert "\n" not in one_line(text)


@given(st.text(), st.integers(min_value=2, max_value=60))
def test_shortened_text_keeps_to_its_limit(text: str, limit: int) -> None:
    assert len(one_line(text, limit)) <= limit
    assert shorten(text, limit) == text or shorten(text, limit).endswith("…")


@pytest.mark.parametrize(
    ("path", "href"),
    [
        ("executed.ipynb", "./executed.ipynb"),
        ("a b/é.ipynb", "./a%20b/%C3%A9.ipynb"),
        ("javascript:alert(1)", "./javascript%3Aalert%281%29"),
        ('"><script>', "./%22%3E%3Cscript%3E"),
        ("../other/feedback.html", ""),
        ("//host/x", ""),
        ("/etc/passwd", ""),
        ("a\\..\\b", ""),
        ("", ""),
    ],
)
def test_links_stay_below_the_page(path: str, href: str) -> None:
    assert relative_href(path) == href
