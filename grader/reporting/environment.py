"""The jinja2 environment of both pages: escaped, cleaned, strict, under a policy that forbids all else."""

import base64
import hashlib
import re
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from grader.reporting import wording
from grader.reporting.text import clean, one_line, relative_href

_TEMPLATES = Path(__file__).parent / "templates"


def source_hash(source: str) -> str:
    """The CSP source expression that allows exactly this inline style or script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


def policy(style: str, script: str = "") -> str:
    """Content-Security-Policy: no network, no forms, only our own inline style and, where given, script."""
    rules = ["default-src 'none'", f"style-src {source_hash(style)}", "img-src data:"]
    if script:
        rules.append(f"script-src {source_hash(script)}")
    return "; ".join([*rules, "base-uri 'none'", "form-action 'none'"])


def prose(text: str) -> Markup:
    """Text of a message: escaped, and `code` in backticks set as code."""
    return Markup(re.sub(r"`([^`\n]+)`", r"<code>\1</code>", str(escape(clean(text)))))


def _finalize(value: object) -> object:
    """Every text that a template puts out is cleaned; what is Markup already was."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@lru_cache(maxsize=1)
def environment() -> Environment:
    env = Environment(
        loader=PackageLoader("grader.reporting", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(
        points=wording.points,
        in_points=wording.in_points,
        seconds=wording.seconds,
        place=wording.place,
        prose=prose,
        one_line=one_line,
        thousands=lambda number: f"{number:,}",
    )
    env.globals.update(
        signs=wording.SIGNS,
        outcome_notes=wording.OUTCOME_NOTES,
        basis_words=wording.BASIS,
        cell_status=wording.CELL_STATUS,
        plural=wording.plural,
        relative_href=relative_href,
    )
    return env


def render(template: str, script: str = "", **values: object) -> str:
    """One self-contained page. `script` names a file of templates/ to be put inline."""
    style = (_TEMPLATES / "style.css").read_text(encoding="utf-8")
    code = (_TEMPLATES / script).read_text(encoding="utf-8") if script else ""
    return (
        environment()
        .get_template(template)
        .render(style=Markup(style), script=Markup(code), policy=policy(style, code), **values)
    )
