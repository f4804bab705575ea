"""A cell of a table as the words it shows: without marks of Markdown, HTML and LaTeX."""

import html
import re
import unicodedata

LONGEST_CELL = 300  # characters
_SUPERSCRIPTS = str.maketrans({raised: f"^{n}" for n, raised in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")})
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>|<!--|-->")
_LINK = re.compile(r"\[([^\[\]]{0,200})\]\([^()]{0,300}\)")
_COLUMNS = re.compile(r"\\multi(?:column|row)\s*\{[^{}]{0,20}\}\s*\{[^{}]{0,20}\}")
_SIGN = {"times": " x ", "cdot": " x ", "pm": "±", "approx": "~", "simeq": "~", "sim": "~"}
_COMMAND = re.compile(r"\\([a-zA-Z]{1,30})\*?")
_BLANK_COMMAND = re.compile(r"\\[,;:! \\]")
_ESCAPED = re.compile(r"\\(?=[%_#&$|*-])")
_POWER = re.compile(r"(10)\s*\*\*\s*(?=[0-9])")
_QUOTES = re.compile(r"\*\*+|`+|~~|'''+|\$")
_STYLE = re.compile(r"^\s*(?:(?:style|align|class|scope)=\"[^\"]{0,100}\"\s*\|?|[_<>=]{1,2}\.\s)")


def plain(cell: str) -> str:
    """`**94 %**`, `$94\\,\\%$`, `<b>94&nbsp;%</b>` as `94 %`; blanks of all widths as one blank."""
    text = _STYLE.sub("", cell[:LONGEST_CELL])
    if not text.isalnum():
        text = html.unescape(_TAG.sub(" ", _LINK.sub(r"\1", text)))
        if "\\" in text:
            text = _BLANK_COMMAND.sub(" ", _ESCAPED.sub("", _COLUMNS.sub("", text)))
            text = _COMMAND.sub(lambda command: _SIGN.get(command[1], " "), text)
        text = _QUOTES.sub("", _POWER.sub(r"\1^", text)).replace("{", "").replace("}", "")
        text = text.strip().strip("*").strip("_") if text.strip(" *_") else ""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_SUPERSCRIPTS))
    return " ".join(text.split())[:LONGEST_CELL]
